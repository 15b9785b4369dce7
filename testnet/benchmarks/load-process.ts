/**
 * The load generator as a process: started, waited for, let go, and read.
 *
 * @module
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { NodeError } from '../../node/errors.ts'
import { LineSplitter } from '../cluster/line-splitter.ts'

/** What the load generator says in the end. */
export interface LoadReport {
  readonly taken: number
  readonly refused: number
  readonly busy: number
  readonly requests: number
  readonly seconds: number
  readonly dryAfterSeconds: number | null
  readonly bytesPerMessage: number
}

/** A load generator that has signed its messages and waits. */
export interface ReadyLoad {
  readonly pid: number
  /** Lets it pour. */
  readonly go: () => void
  /** @throws NodeError REQUEST_FAILED when it ends without a report */
  readonly report: () => Promise<LoadReport>
  readonly kill: () => void
}

const LOAD_ENTRY = fileURLToPath(new URL('./load.js', import.meta.url))
const READY_LINE = 'ready'

const reportShape = z.object({
  taken: z.number(),
  refused: z.number(),
  busy: z.number(),
  requests: z.number(),
  seconds: z.number(),
  dryAfterSeconds: z.number().nullable(),
  bytesPerMessage: z.number()
})

/**
 * Starts a load generator and waits until it is ready.
 *
 * @throws {@link NodeError} REQUEST_FAILED when it ends first
 */
export async function startLoad(
  options: Readonly<Record<string, string | number>>
): Promise<ReadyLoad> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn(process.execPath, [LOAD_ENTRY, ...args], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const ended = endOf(child)
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (bytes: Buffer) => {
      if (bytes.toString().startsWith(READY_LINE)) resolve()
    })
  })
  const last = lastLineOf(child.stdout)
  await Promise.race([ready, ended.then(failed)])
  return {
    pid: child.pid as number,
    go: () => void child.stdin.write('go\n'),
    report: async () => {
      const code = await ended
      const line = await last
      if (code !== 0) return failed(code)
      return reportShape.parse(JSON.parse(line))
    },
    kill: () => void child.kill('SIGKILL')
  }
}

type LoadChild = ChildProcessByStdio<Writable, Readable, null>

function endOf(child: LoadChild): Promise<number | null> {
  child.stdin.on('error', () => {
    // It ended before it was let go, which its exit code tells.
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code))
  })
}

async function lastLineOf(stream: Readable): Promise<string> {
  const splitter = new LineSplitter()
  let last = ''
  for await (const bytes of stream) last = splitter.push(bytes as Buffer).at(-1) ?? last
  return splitter.end().at(-1) ?? last
}

function failed(code: number | null): never {
  throw new NodeError(
    'REQUEST_FAILED',
    `the load generator ended with ${code === null ? 'a signal' : `exit code ${code}`}`
  )
}

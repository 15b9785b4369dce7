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
import { toHex } from '../../protocol/index.ts'
import { LineSplitter } from '../cluster/line-splitter.ts'
import type { BusyReport } from './busy-answers.ts'

/** What a load generator shall do. */
export interface LoadOptions {
  readonly urls: readonly string[]
  /** Path of the genesis file. */
  readonly genesis: string
  /** Of makers that the network has granted something and that have never acted. */
  readonly makerSeeds: readonly Uint8Array[]
  readonly devices: number
  /** Signed for each device. */
  readonly messages: number
  /** Requests under way at each node. */
  readonly inflight: number
  readonly seconds: number
  /** Messages a second that are offered whatever becomes of them; as many as are taken unless said. */
  readonly rate?: number
  /** Messages of one device in a request. */
  readonly depth?: number
  /** Messages in a request. */
  readonly batch?: number
  /** What each maker's class is granted. */
  readonly classRate?: number
  /** A file for the ids of what was taken. */
  readonly taken?: string
}

/** What the load generator says in the end. */
export interface LoadReport {
  readonly taken: number
  readonly refused: number
  readonly busy: number
  readonly requests: number
  readonly offered: number
  readonly seconds: number
  readonly dryAfterSeconds: number | null
  readonly bytesPerMessage: number
  readonly busyAnswers: BusyReport
}

/** A load generator that has signed its messages and waits. */
export interface ReadyLoad {
  readonly pid: number
  /** Lets it pour; at this many messages a second, if said. */
  readonly go: (rate?: number) => void
  /** @throws NodeError REQUEST_FAILED when it ends without a report */
  readonly report: () => Promise<LoadReport>
  readonly kill: () => void
}

const LOAD_ENTRY = fileURLToPath(new URL('./load.js', import.meta.url))
const READY_LINE = 'ready'

const reportShape: z.ZodType<LoadReport> = z.object({
  taken: z.number(),
  refused: z.number(),
  busy: z.number(),
  requests: z.number(),
  offered: z.number(),
  seconds: z.number(),
  dryAfterSeconds: z.number().nullable(),
  bytesPerMessage: z.number(),
  busyAnswers: z.object({
    answers: z.number(),
    p50Ms: z.number().nullable(),
    p99Ms: z.number().nullable(),
    maxMs: z.number().nullable(),
    codes: z.record(z.string(), z.number()),
    retryAfterSeconds: z
      .object({ least: z.number(), median: z.number(), most: z.number() })
      .nullable(),
    withoutRetryAfter: z.number()
  })
})

/**
 * Starts a load generator and waits until it is ready.
 *
 * @throws {@link NodeError} REQUEST_FAILED when it ends first
 */
export async function startLoad(options: LoadOptions): Promise<ReadyLoad> {
  const child = spawn(process.execPath, [LOAD_ENTRY, ...argumentsOf(options)], {
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
    go: (rate) => void child.stdin.write(rate === undefined ? 'go\n' : `go ${Math.ceil(rate)}\n`),
    report: async () => {
      const code = await ended
      const line = await last
      if (code !== 0) return failed(code)
      return reportShape.parse(JSON.parse(line))
    },
    kill: () => void child.kill('SIGKILL')
  }
}

function argumentsOf({ urls, makerSeeds, ...options }: LoadOptions): string[] {
  const { classRate, ...named } = options
  const flags = {
    ...named,
    'class-rate': classRate,
    'maker-seeds': makerSeeds.map(toHex).join(',')
  }
  return [
    '--json',
    '--await-go',
    ...urls.flatMap((url) => ['--url', url]),
    ...Object.entries(flags).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)]
    )
  ]
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

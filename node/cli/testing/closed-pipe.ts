/**
 * Programs whose output a shell leads into a pipe that is closed too early.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import * as assert from 'uvu/assert'

/** How a program at the writing end of a pipe ended. */
export interface PipedRun {
  readonly code: number
  /** What the reader took. */
  readonly stdout: string
  /** What the program said beside it. */
  readonly stderr: string
}

const DEADLINE_MS = 30_000
/** The exit code of the writer goes round the pipe, by a third stream. */
const WRITER = '{ "$0" "$@"; echo "$?" >&3; }'

/** Runs a program into a pipe that nobody reads. */
export function runIntoClosedPipe(entry: string, args: readonly string[]): Promise<PipedRun> {
  return runShell(`${WRITER} | :`, entry, args)
}

/** Runs a program whose reader goes after some lines. */
export function leaveAfter(
  entry: string,
  args: readonly string[],
  lines: number
): Promise<PipedRun> {
  return runShell(`${WRITER} | head -n ${lines}`, entry, args)
}

/** Nothing was said but, perhaps, the one line of the trouble that the program itself ran into. */
export function assertLeftQuietly({ stderr }: PipedRun, what: string): void {
  assert.not.match(stderr, /EPIPE|\bat .*:\d+:\d+|node:|a bug of/, `${what}: ${stderr}`)
}

function runShell(script: string, entry: string, args: readonly string[]): Promise<PipedRun> {
  const { PATH = '' } = process.env
  const child = spawn('sh', ['-c', script, process.execPath, entry, ...args], {
    env: { PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: DEADLINE_MS
  })
  const texts = ['', '', '', '']
  for (const place of [1, 2, 3])
    child.stdio[place]?.on('data', (part: Buffer) => {
      texts[place] += part.toString('utf8')
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      const [, stdout = '', stderr = '', code = ''] = texts
      resolve({ code: code === '' ? Number.NaN : Number(code), stdout, stderr })
    })
  })
}

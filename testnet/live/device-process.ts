/**
 * A device that runs as a process and is fed with numbered readings, for live tests.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { ENTRY } from '../../node/cli/testing/run-program.ts'

/** Something that a running device told. */
export interface ToldEvent {
  readonly event: string
  readonly number?: number | null
  readonly code?: string
  readonly text?: string
  readonly resultCode?: number
  readonly message?: string
}

/** A running device. */
export interface DeviceProcess {
  /** Everything that it told, oldest first. */
  readonly events: readonly ToldEvent[]
  readonly stderr: () => string
  /** Has it say numbered readings, in which the number is the value. */
  readonly feed: (from: number, to: number) => void
  /** Ends it at once, wherever it is. */
  readonly kill: () => Promise<void>
  /** Asks it to end; its exit code. */
  readonly stop: () => Promise<number | null>
}

/** Starts a device. */
export function runDevice(args: readonly string[]): DeviceProcess {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [ENTRY, 'device', 'run', ...args, '--json'], {
    env: { PATH },
    stdio: ['pipe', 'pipe', 'pipe']
  })
  const ended = once(child, 'close')
  const events: ToldEvent[] = []
  let rest = ''
  let err = ''
  child.stdout.on('data', (part: Buffer) => {
    const lines = (rest + part.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) events.push(JSON.parse(line))
  })
  child.stderr.on('data', (part: Buffer) => {
    err += part.toString('utf8')
  })
  // It is killed while it is fed: that is the point.
  child.stdin.on('error', () => undefined)
  return {
    events,
    stderr: () => err,
    feed: (from, to) => {
      for (let number = from; number <= to; number++)
        child.stdin.write(`${JSON.stringify({ number, reading: { level: number } })}\n`)
    },
    kill: () => end(child, 'SIGKILL', ended),
    stop: async () => {
      await end(child, 'SIGTERM', ended)
      return child.exitCode
    }
  }
}

async function end(
  child: ChildProcess,
  signal: NodeJS.Signals,
  ended: Promise<unknown>
): Promise<void> {
  child.kill(signal)
  await ended
}

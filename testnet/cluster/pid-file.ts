/**
 * The pid file: finds a node that an earlier testnet left running, and nobody else's process.
 *
 * Process ids are reused, so the file keeps the start time beside the id; only the process with
 * both is the one we started.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { signalProcessGroup } from './signal.ts'

const run = promisify(execFile)

/** Where the process id of a node is kept. */
export function pidFilePath(folder: string): string {
  return join(folder, 'node.pid')
}

/** Remembers a running process. */
export async function writePidFile(folder: string, pid: number): Promise<void> {
  await writeFile(pidFilePath(folder), `${pid} ${(await startTimeOf(pid)) ?? ''}\n`, {
    mode: 0o600
  })
}

/** Forgets the process, which has ended. */
export async function removePidFile(folder: string): Promise<void> {
  await rm(pidFilePath(folder), { force: true })
}

/**
 * Ends the process group that the pid file names, if it still runs.
 *
 * @returns whether there was one
 */
export async function endLeftover(folder: string): Promise<boolean> {
  const text = await readFile(pidFilePath(folder), 'utf8').catch(() => '')
  const [, digits, startTime] = /^(\d{1,10}) (.+)\n$/.exec(text) ?? []
  if (digits === undefined) return false
  const pid = Number(digits)
  // Groups 0 and 1 mean oneself and everybody to the kernel; no node ever leads them.
  const ours = pid > 1 && startTime === (await startTimeOf(pid))
  if (ours) {
    signalProcessGroup(pid, 'SIGKILL')
    while ((await startTimeOf(pid)) === startTime)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await removePidFile(folder)
  return ours
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
    })
    const [, state, startTime] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? []
    // A zombie has ended and waits only for its parent to notice.
    return state?.startsWith('Z') ? undefined : startTime
  } catch {
    // No such process, or no ps here: either way there is nothing we may call our own.
    return undefined
  }
}

/**
 * The lock file: one process per data directory, and the next one told which.
 *
 * LevelDB's own lock, which the kernel drops with its holder, is what makes
 * two holders impossible; this file names the holder, and guards the folder
 * before its databases exist.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { readFile, unlink, writeFile } from 'node:fs/promises'
import * as z from 'zod'
import { NodeError } from '../errors.ts'
import { hasErrno, writeFailure } from './disk-errors.ts'

/** A lock file held by this process. */
export interface HeldLock {
  release(): Promise<void>
}

const TAKEOVERS_MAX = 3

const holderShape = z.object({
  pid: z.int().positive(),
  bootId: z.string(),
  startedAtTicks: z.string()
})
type Holder = z.infer<typeof holderShape>

/**
 * Takes the lock, also from a process that is dead or of another boot.
 *
 * @throws NodeError DATA_DIRECTORY_LOCKED naming the process that holds it
 */
export async function takeLock(path: string): Promise<HeldLock> {
  const own = holderOf(process.pid)
  const content = `${JSON.stringify(own)}\n`
  for (let attempt = 0; attempt < TAKEOVERS_MAX; attempt++) {
    if (await createExclusively(path, content)) return { release: () => releaseLock(path, content) }
    const holder = await readHolder(path)
    if (holder !== undefined && isRunning(holder)) throw lockedBy(path, holder.pid)
    await unlinkIfThere(path)
  }
  throw new NodeError('DATA_DIRECTORY_LOCKED', `${path}: other processes are just taking it`)
}

/** The error for a data directory that another process uses. */
function lockedBy(path: string, pid: number): NodeError {
  return new NodeError('DATA_DIRECTORY_LOCKED', `${path}: process ${pid} uses this data directory`)
}

async function createExclusively(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false
    throw writeFailure(path, error)
  }
}

/** Undefined for a lock that is gone, or was cut short when its writer died. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return holderShape.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError || hasErrno(error, 'ENOENT')) return undefined
    throw writeFailure(path, error)
  }
}

async function releaseLock(path: string, content: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => '') // gone already: nothing to release
  if (found === content) await unlinkIfThere(path)
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw writeFailure(path, error)
  }
}

function isRunning(holder: Holder): boolean {
  if (holder.bootId !== bootId()) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // EPERM: it lives, under another user
    if (!hasErrno(error, 'EPERM')) return false
  }
  // a container that starts again has the same pid, and a long-lived host uses pids twice
  return holder.startedAtTicks === startedAtTicks(holder.pid)
}

function holderOf(pid: number): Holder {
  return { pid, bootId: bootId(), startedAtTicks: startedAtTicks(pid) }
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id')
}

/** When a process started, in clock ticks since boot: field 22, behind a name that may hold spaces. */
function startedAtTicks(pid: number): string {
  const stat = readProc(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** Empty where there is no /proc: then the pid alone must do. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    // not Linux, or the process is gone
    return ''
  }
}

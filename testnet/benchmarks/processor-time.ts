/**
 * Processor time: how much of the machine was ours, how much somebody else's, how much nobody's.
 *
 * A benchmark on a machine that others use as well says little; so the time that all processors
 * were busy is set against the time that our own processes took. Linux only; elsewhere the shares
 * are unknown, which is said.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

/** What all processors did since the machine started. */
export interface MachineTime {
  /** In programs, for whomever, and taken away by the host of a virtual machine. */
  readonly busyMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** One look at the clock, the machine and our own processes. */
export interface ProcessorSample {
  readonly atMs: number
  /** Undefined where the system does not tell. */
  readonly machine: MachineTime | undefined
  /** By process id; one that is gone is missing. */
  readonly ownMs: ReadonlyMap<number, number>
}

/** What happened between two samples; shares are of the whole machine. */
export interface ProcessorUse {
  readonly seconds: number
  readonly foreignShare: number | null
  readonly idleShare: number | null
  readonly ownShare: number | null
  /** By process id. */
  readonly ownMs: ReadonlyMap<number, number>
}

// USER_HZ, the unit of these files, is 100 on every Linux that Node.js runs on.
const TICK_MS = 10

/** Looks at the processors, and at the processes with these ids. */
export function sampleProcessors(pids: readonly number[]): ProcessorSample {
  const machine = parseMachineTime(readText('/proc/stat'))
  const ownMs = new Map<number, number>()
  for (const pid of pids) {
    const timeMs = parseProcessTimeMs(readText(`/proc/${pid}/stat`))
    if (timeMs !== undefined) ownMs.set(pid, timeMs)
  }
  return { atMs: performance.now(), machine, ownMs }
}

/** Sets two samples against each other. */
export function processorUse(before: ProcessorSample, after: ProcessorSample): ProcessorUse {
  const seconds = (after.atMs - before.atMs) / 1000
  const ownMs = new Map<number, number>()
  for (const [pid, timeMs] of after.ownMs) ownMs.set(pid, timeMs - (before.ownMs.get(pid) ?? 0))
  const shares = sharesOf(before.machine, after.machine, sumOf([...ownMs.values()]))
  return { seconds, ...shares, ownMs }
}

/** Reads the first line of `/proc/stat`. */
export function parseMachineTime(text: string): MachineTime | undefined {
  const line = /^cpu +(.+)$/m.exec(text)?.[1]
  if (line === undefined) return undefined
  const ticks = line.split(/ +/).map(Number)
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, hard = 0, soft = 0, stolen = 0] = ticks
  // Interrupts are nobody's: most of them carry our own packets over the loopback.
  const busyMs = TICK_MS * (user + nice + system + stolen)
  const idleMs = TICK_MS * (idle + wait)
  return { busyMs, idleMs, totalMs: busyMs + idleMs + TICK_MS * (hard + soft) }
}

/** Reads `/proc/<pid>/stat`: the time of the process in all its threads. */
export function parseProcessTimeMs(text: string): number | undefined {
  // The name stands in parentheses and may hold anything, a parenthesis too.
  const end = text.lastIndexOf(') ')
  if (end < 0) return undefined
  const fields = text.slice(end + 2).split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  const timeMs = TICK_MS * (userTicks + systemTicks)
  return Number.isFinite(timeMs) ? timeMs : undefined
}

function sharesOf(
  before: MachineTime | undefined,
  after: MachineTime | undefined,
  ownMs: number
): Pick<ProcessorUse, 'foreignShare' | 'idleShare' | 'ownShare'> {
  const totalMs = (after?.totalMs ?? 0) - (before?.totalMs ?? 0)
  if (before === undefined || after === undefined || totalMs <= 0)
    return { foreignShare: null, idleShare: null, ownShare: null }
  return {
    // Ticks are coarse: on a quiet machine ours may come out as more than all.
    foreignShare: Math.max(0, after.busyMs - before.busyMs - ownMs) / totalMs,
    idleShare: (after.idleMs - before.idleMs) / totalMs,
    ownShare: ownMs / totalMs
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // No such process any more, or a system without these files: the sample says so.
    return ''
  }
}

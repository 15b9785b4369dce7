/**
 * What the benchmark of joining says: its figures, and a table of them for people.
 *
 * @module
 */

import { whole } from './bench-text.ts'
import type { BoundReport } from './signature-bound.ts'

/** What was measured. */
export interface SyncReport {
  readonly valid: boolean
  readonly transactions: number
  readonly devices: number
  readonly height: number
  /** While the ledger was built, on all members together with the load on one machine. */
  readonly livePerSecond: number
  /** Processor time of one member for one transaction. */
  readonly liveCpuUs: number
  readonly bySnapshot: {
    /** Parts of the snapshot that were there when the node was killed, of all of them. */
    readonly partsAtKill: number
    readonly parts: number
    readonly snapshotBytes: number
    readonly snapshotHeight: number
    /** From the second start until it stood where the members stand. */
    readonly secondsAfterRestart: number
    /** From the first start, without the time that it lay dead. */
    readonly seconds: number
    readonly transactionsPerSecond: number
    /** Blocks that it did not have to execute, and those that it did. */
    readonly blocksSpared: number
    readonly blocksTaken: number
  }
  readonly byBlocks: {
    readonly seconds: number
    readonly transactionsPerSecond: number
    readonly timesLive: number
    /** Processor time of the late node for one transaction, serving not included. */
    readonly cpuUs: number
  }
  readonly rootsEqual: boolean
  readonly stateRoots: Readonly<Record<string, string | null>>
}

/** What was measured, for people. */
export function syncTable(
  report: SyncReport,
  { verifyUs }: Pick<BoundReport, 'verifyUs'>
): readonly string[] {
  const { bySnapshot, byBlocks } = report
  const blocks = bySnapshot.blocksSpared + bySnapshot.blocksTaken
  const share = Math.round((100 * bySnapshot.blocksSpared) / Math.max(1, blocks))
  return [
    `ledger       ${whole(report.transactions)} transactions of ${whole(report.devices)} devices in ${whole(report.height)} blocks, at ${whole(report.livePerSecond)}/s`,
    `by snapshot  ${bySnapshot.seconds.toFixed(1)} s in all, ${bySnapshot.secondsAfterRestart.toFixed(1)} s of them after the kill: ${whole(bySnapshot.transactionsPerSecond)} transactions/s`,
    `             killed ${bySnapshot.partsAtKill < bySnapshot.parts ? 'midway, ' : ''}with ${bySnapshot.partsAtKill} of ${bySnapshot.parts} parts; ${(bySnapshot.snapshotBytes / 1e6).toFixed(1)} MB at height ${whole(bySnapshot.snapshotHeight)}`,
    `             ${share} % of the blocks by snapshot, ${whole(bySnapshot.blocksTaken)} blocks one by one`,
    `by blocks    ${byBlocks.seconds.toFixed(1)} s: ${whole(byBlocks.transactionsPerSecond)} transactions/s, ${byBlocks.timesLive.toFixed(1)} times the rate at which they came`,
    `             ${whole(byBlocks.cpuUs)} µs of processor time each, a member had ${whole(report.liveCpuUs)} µs when they came`,
    `bound        ${verifyUs.toFixed(1)} µs for the verification alone: by blocks ${(byBlocks.cpuUs / verifyUs).toFixed(2)} times as much`,
    `roots        ${report.rootsEqual ? 'equal on all nodes' : 'NOT EQUAL'}`
  ]
}

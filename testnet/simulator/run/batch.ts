/**
 * A batch: many seeds, in worker processes, some of them with real crypto, some of them twice.
 *
 * Which seeds those are follows from the seeds alone, so a seed is the same run in every batch.
 *
 * @module
 */

import type { Failure } from '../run-plan.ts'
import { hashOf } from '../virtual/dice.ts'
import { missingMarks, RUNS_THAT_HIT_ALL } from './expected-marks.ts'
import type { TimedReport } from './job.ts'
import { forEachAtOnce, type WorkerPool } from './worker-pool.ts'

/** By which crypto a run goes. */
export type CryptoName = 'stub' | 'real'

/** Which seeds, and how. */
export interface BatchOptions {
  readonly from: number
  readonly seeds: number
  readonly seconds: number
  /** Whether the members put motions to the vote in every run. */
  readonly isChurning: boolean
  /** One seed in so many runs with real crypto; 0 for none. */
  readonly realCryptoEvery: number
  /** One seed in so many runs twice; 0 for none. */
  readonly twiceEvery: number
}

/** What a batch needs of others. */
export interface BatchPorts {
  readonly pools: Readonly<Record<CryptoName, WorkerPool>>
  /** Called after each run. */
  readonly onProgress: (report: BatchReport) => void
  /** Called as soon as a run has failed: the others may take an hour yet. */
  readonly onFailure: (failed: FailedSeed) => void
}

/** Runs that went by one crypto. */
export interface Tally {
  runs: number
  nodeSeconds: number
  /** What the workers needed, added up. */
  workerMs: number
  /** What the processor spent on them: the same however busy the machine is. */
  processorMs: number
}

/** A seed that failed. */
export interface FailedSeed {
  readonly seed: number
  readonly crypto: CryptoName
  readonly failure: Failure
}

/** How a batch went. */
export interface BatchReport {
  readonly tallies: Readonly<Record<CryptoName, Tally>>
  readonly twice: number
  readonly failed: readonly FailedSeed[]
  readonly marks: Readonly<Record<string, number>>
  /** Expected marks that were not hit; only asked of a batch that is large enough. */
  readonly missing: readonly string[]
}

interface Work {
  readonly seed: number
  readonly isTwice: boolean
}

/** Runs a batch. */
export async function runBatch(options: BatchOptions, ports: BatchPorts): Promise<BatchReport> {
  const { from, seeds, realCryptoEvery, twiceEvery, seconds, isChurning } = options
  const all = Array.from({ length: seeds }, (_, at) => from + at)
  const isReal = (seed: number): boolean => isChosen(seed, 'real', realCryptoEvery)
  const report = {
    tallies: { stub: emptyTally(), real: emptyTally() },
    twice: 0,
    failed: [] as FailedSeed[],
    marks: {} as Record<string, number>,
    missing: [] as readonly string[]
  }
  for (const crypto of ['stub', 'real'] as const) {
    const pool = ports.pools[crypto]
    const works = all
      .filter((seed) => isReal(seed) === (crypto === 'real'))
      .map((seed): Work => ({ seed, isTwice: isChosen(seed, 'twice', twiceEvery) }))
    await forEachAtOnce(works, pool.size, async ({ seed, isTwice }) => {
      try {
        const timed = await pool.do({ kind: 'seed', seed, seconds, isTwice, isChurning })
        count(report, crypto, timed)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        report.failed.push({ seed, crypto, failure: { invariant: 'WORKER', message, atMs: 0 } })
      }
      const failed = report.failed.at(-1)
      if (failed?.seed === seed) ports.onFailure(failed)
      if (isTwice) report.twice++
      ports.onProgress(report)
    })
  }
  if (seeds >= RUNS_THAT_HIT_ALL) report.missing = missingMarks(report.marks)
  report.failed.sort((a, b) => a.seed - b.seed)
  return report
}

/** Whether a seed is one of those that something is done with. */
function isChosen(seed: number, what: string, every: number): boolean {
  return every > 0 && hashOf(`${what}/${seed}`) % every === 0
}

/** Simulated node-seconds for each second of one worker, by the wall clock or of the processor. */
export function nodeSecondsPerSecond(
  { nodeSeconds, workerMs, processorMs }: Tally,
  by: 'wall' | 'processor'
): number {
  const spentMs = by === 'wall' ? workerMs : processorMs
  return spentMs === 0 ? 0 : (1000 * nodeSeconds) / spentMs
}

function count(
  batch: {
    readonly tallies: Readonly<Record<CryptoName, Tally>>
    readonly failed: FailedSeed[]
    readonly marks: Record<string, number>
  },
  crypto: CryptoName,
  { report, wallMs, processorMs }: TimedReport
): void {
  const tally = batch.tallies[crypto]
  tally.runs++
  tally.nodeSeconds += report.nodeSeconds
  tally.workerMs += wallMs
  tally.processorMs += processorMs
  for (const [name, times] of Object.entries(report.marks))
    batch.marks[name] = (batch.marks[name] ?? 0) + times
  if (report.failure !== null)
    batch.failed.push({ seed: report.seed, crypto, failure: report.failure })
}

function emptyTally(): Tally {
  return { runs: 0, nodeSeconds: 0, workerMs: 0, processorMs: 0 }
}

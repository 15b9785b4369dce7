/**
 * The sweep of twins: every schedule of four members, and samples of seven, shared among workers.
 *
 * @module
 */

import type { TwinFailure, TwinRange, TwinReport } from '../twins/run-twins.ts'
import { EXHAUSTIVE_COUNT } from '../twins/schedules.ts'
import { forEachAtOnce, type WorkerPool } from './worker-pool.ts'

/** What is run. */
export interface TwinWish {
  /** The exhaustive sweep takes every n-th scenario; 1 for all. */
  readonly stride: number
  readonly samples: number
}

/** How the sweep went. */
export interface TwinSweep {
  readonly exhaustive: number
  readonly exhaustiveOf: number
  readonly sampled: number
  readonly failed: number
  readonly failures: readonly TwinFailure[]
}

/** Scenarios that a worker is given at once. */
const RANGE = 1_024

/** Runs everything; `onProgress` hears how many scenarios are done. */
export async function sweepTwins(
  { stride, samples }: TwinWish,
  ports: { readonly pool: WorkerPool; readonly onProgress: (done: number, failed: number) => void }
): Promise<TwinSweep> {
  const exhaustive = Math.ceil(EXHAUSTIVE_COUNT / stride)
  const ranges = [
    ...rangesOf({ kind: 'exhaustive', count: exhaustive, stride }),
    ...rangesOf({ kind: 'sampled', count: samples, stride: 1 })
  ]
  const failures: TwinFailure[] = []
  let failed = 0
  let done = 0
  await forEachAtOnce(ranges, ports.pool.size, async (range) => {
    const report: TwinReport = await ports.pool.do({ kind: 'twins', range })
    done += report.count
    failed += report.failed
    failures.push(...report.failures)
    ports.onProgress(done, failed)
  })
  return { exhaustive, exhaustiveOf: EXHAUSTIVE_COUNT, sampled: samples, failed, failures }
}

function rangesOf(all: {
  readonly kind: TwinRange['kind']
  readonly count: number
  readonly stride: number
}): TwinRange[] {
  const { kind, count, stride } = all
  return Array.from({ length: Math.ceil(count / RANGE) }, (_, at) => ({
    kind,
    stride,
    from: at * RANGE,
    to: Math.min(count, (at + 1) * RANGE)
  }))
}

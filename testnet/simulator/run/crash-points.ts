/**
 * Crash points: the power of one node is cut at its k-th write or send, for every k.
 *
 * Up to that point all these runs are the same, so each k is another moment of one history.
 *
 * @module
 */

import { invariant } from '../../../protocol/index.ts'
import { runPlan } from '../run-plan.ts'
import type { Fault, Plan } from '../world/plan.ts'

/** Whose power is cut, and in which run. */
export interface CrashSweep {
  readonly plan: Plan
  readonly node: number
  /** Points are counted until then. */
  readonly untilMs: number
}

/** Members listen for a while before they vote; then there is a lot to do. */
const COUNTED_MS = 9_000
/** Long enough for every promise about liveness to be asked for. */
const END_MS = 70_000
const DARK_MS = 1_000

/** The sweep: four members and a few devices in fair weather. */
export const CRASH_SWEEP: CrashSweep = {
  node: 1,
  untilMs: COUNTED_MS,
  plan: {
    seed: 4,
    weights: [1, 1, 1, 1],
    faultModel: 'byzantine',
    vices: [],
    baseMs: [5, 20],
    tailMs: 2,
    clockOffsetsMs: [0, 0, 0, 0],
    driftsPpm: [0, 0, 0, 0],
    devices: 2,
    pauseMs: 2_000,
    churnMs: 0,
    snapshots: null,
    healMs: COUNTED_MS,
    endMs: END_MS,
    faults: []
  }
}

/** The points that are tried: all of them, or every n-th when there are more than may be tried. */
export function chosenPoints(
  points: number,
  triesMax: number
): { readonly stride: number; readonly chosen: readonly number[] } {
  const stride = Math.max(1, Math.ceil(points / triesMax))
  const chosen = Array.from({ length: Math.ceil(points / stride) }, (_, at) => 1 + at * stride)
  return { stride, chosen }
}

/** The plan of the sweep with a power cut at one point, counted from 1. */
export function cutAtPoint({ plan, node }: CrashSweep, point: number): Plan {
  const cut: Fault = {
    kind: 'crash',
    atMs: 0,
    node,
    ending: 'power',
    downMs: DARK_MS,
    atPoint: point
  }
  return { ...plan, faults: [cut] }
}

/** How many writes and sends a node makes, once it is open, until a time. */
export async function countPoints({ plan, node, untilMs }: CrashSweep): Promise<number> {
  let first = 0
  let last = 0
  const report = await runPlan(
    { ...plan, endMs: untilMs },
    {
      prepare: (world) => world.at(0, () => (first = world.nodes[node]?.points ?? 0)),
      look: (world) => (last = world.nodes[node]?.points ?? 0)
    }
  )
  invariant(report.failure === null, `the run without a cut fails: ${report.failure?.message}`)
  return last - first
}

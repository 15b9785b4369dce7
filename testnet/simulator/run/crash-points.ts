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

/** Whose power is cut, in which run, and when. */
export interface CrashSweep {
  /** What is going on, in a few words. */
  readonly name: string
  readonly plan: Plan
  readonly node: number
  /** Points are counted from then on. */
  readonly fromMs: number
  /** Points are counted until then. */
  readonly untilMs: number
}

/** Members listen for a while before they vote; then there is a lot to do. */
const COUNTED_MS = 9_000
/** Long enough for every promise about liveness to be asked for. */
const END_MS = 70_000
const DARK_MS = 1_000

/** Four members and a few devices in fair weather. */
export const CRASH_SWEEP: CrashSweep = {
  name: 'a member at its daily work',
  node: 1,
  fromMs: 0,
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
    things: null,
    healMs: COUNTED_MS,
    endMs: END_MS,
    faults: []
  }
}

/** When it is back from where it was: the operator looks every two seconds. */
const BACK_MS = 22_001
const JOINED_MS = 24_000

/** One of them was away, and comes back by a snapshot while the others prune. */
const JOIN_SWEEP: CrashSweep = {
  name: 'a member that comes back by a snapshot',
  node: 1,
  fromMs: BACK_MS,
  untilMs: JOINED_MS,
  plan: {
    ...CRASH_SWEEP.plan,
    devices: 4,
    pauseMs: 600,
    snapshots: { everyBlocks: 8, keep: 2, joinBehindBlocks: 4, keepBlocks: 8 },
    healMs: JOINED_MS,
    endMs: JOINED_MS + END_MS - COUNTED_MS,
    faults: [{ kind: 'crash', atMs: 9_000, node: 1, ending: 'power', downMs: 12_000, atPoint: 0 }]
  }
}

/** What is swept. */
export const CRASH_SWEEPS: readonly CrashSweep[] = [CRASH_SWEEP, JOIN_SWEEP]

/** The points that are tried: all of them, or every n-th when there are more than may be tried. */
export function chosenPoints(
  points: number,
  triesMax: number
): { readonly stride: number; readonly chosen: readonly number[] } {
  const stride = Math.max(1, Math.ceil(points / triesMax))
  const chosen = Array.from({ length: Math.ceil(points / stride) }, (_, at) => 1 + at * stride)
  return { stride, chosen }
}

/** The plan of a sweep with a power cut at one point, counted from 1. */
export function cutAtPoint({ plan, node, fromMs }: CrashSweep, point: number): Plan {
  const cut: Fault = {
    kind: 'crash',
    atMs: fromMs,
    node,
    ending: 'power',
    downMs: DARK_MS,
    atPoint: point
  }
  return { ...plan, faults: [...plan.faults, cut] }
}

/** How many writes and sends a node makes, once it is open, from one time until another. */
export async function countPoints({
  plan,
  node,
  fromMs,
  untilMs
}: Omit<CrashSweep, 'name'>): Promise<number> {
  let first = 0
  let last = 0
  const report = await runPlan(
    { ...plan, endMs: untilMs },
    {
      prepare: (world) => world.at(fromMs, () => (first = world.nodes[node]?.points ?? 0)),
      look: (world) => (last = world.nodes[node]?.points ?? 0)
    }
  )
  invariant(report.failure === null, `the run without a cut fails: ${report.failure?.message}`)
  return last - first
}

/**
 * Drawing what a run does with snapshots: half of all runs make them, take them and forget what is below.
 *
 * It has dice of its own: the rest of a plan is what it would be without.
 *
 * @module
 */

import { Dice } from '../virtual/dice.ts'
import type { Fault, Plan, SnapshotPlan } from './plan.ts'

/** Whose disks may be damaged, and which vices there are. */
export interface SnapshotField {
  readonly damaged: readonly number[]
  readonly vices: readonly string[]
}

/** The vice that lies about snapshots. */
const LIAR = 'sync-liar'
const FIRST_FAULT_MS = 3_000

/**
 * Makes the plan of a seed one with snapshots, if the dice say so.
 *
 * In many of these runs somebody is away for long, loses its ledger, or lies about snapshots: else too
 * few of them would be taken.
 */
export function drawSnapshots(plan: Plan, { damaged, vices }: SnapshotField): Plan {
  const dice = new Dice(plan.seed, 'snapshots')
  if (!dice.happens(500)) return plan
  const snapshots = drawNumbers(dice)
  // Nothing is amiss where nothing was: fair weather stays fair.
  if (plan.faults.length === 0 && plan.vices.length === 0) return { ...plan, snapshots }
  const absences = dice.happens(500) ? [drawAbsence(plan, dice)] : []
  const losses = damaged.length > 0 && dice.happens(500) ? [drawLoss(plan, damaged, dice)] : []
  const isLying = dice.happens(500) && vices.includes(LIAR)
  return {
    ...plan,
    snapshots,
    vices: plan.vices.map((sinner, place) =>
      place === 0 && isLying ? { ...sinner, vice: LIAR } : sinner
    ),
    faults: [...plan.faults, ...absences, ...losses].sort((a, b) => a.atMs - b.atMs)
  }
}

/** Numbers so small that a run of two minutes sees snapshots made, taken and forgotten. */
function drawNumbers(dice: Dice): SnapshotPlan {
  const everyBlocks = dice.between(8, 32)
  return {
    everyBlocks,
    keep: 2,
    joinBehindBlocks: dice.between(4, everyBlocks),
    keepBlocks: dice.pick([0, 1, 1, 2]) * everyBlocks
  }
}

/** So long that the others have made snapshots meanwhile. */
function drawAbsence({ weights, healMs }: Plan, dice: Dice): Fault {
  const atMs = dice.between(FIRST_FAULT_MS, Math.max(FIRST_FAULT_MS, Math.floor(healMs / 3)))
  return {
    kind: 'crash',
    atMs,
    node: dice.below(weights.length),
    ending: dice.pick(['kill', 'power']),
    downMs: dice.between(Math.floor(healMs / 3), healMs),
    atPoint: 0
  }
}

/** Late enough that there are snapshots to come back by. */
function drawLoss({ healMs }: Plan, damaged: readonly number[], dice: Dice): Fault {
  return {
    kind: dice.pick(['log-hole', 'marker-lost']),
    atMs: dice.between(Math.floor(healMs / 2), healMs - 1_000),
    node: dice.pick(damaged),
    where: 'ledger',
    downMs: dice.between(500, 5_000)
  }
}

/**
 * What a large batch of runs must have seen: a fault that is never met is never tried.
 *
 * @module
 */

import { VICE_NAMES } from '../adversaries/vices.ts'
import type { Fault } from '../world/plan.ts'

/** So many runs must hit every expected mark. */
export const RUNS_THAT_HIT_ALL = 500

/** Forget a kind of fault and this no longer compiles. */
const FAULTS: Readonly<Record<Fault['kind'], true>> = {
  crash: true,
  cut: true,
  weather: true,
  clog: true,
  'slow-disk': true,
  'full-disk': true,
  'refusing-disk': true,
  'log-hole': true,
  'marker-lost': true,
  'bit-flip': true,
  'clock-jump': true
}

/** Why a node may refuse to come up, or end, under the faults that are drawn. */
const REFUSALS: readonly string[] = [
  'DISK_FULL',
  'DISK_WRITE_FAILED',
  'STORAGE_DAMAGED',
  'STORAGE_MISSING',
  'VOTE_LOG_MISSING'
]

/** What the members decide, and that epochs come of it. */
const GOVERNANCE: readonly string[] = [
  'epoch',
  'application',
  'motion:remove',
  'motion:reweigh',
  'motion:change-parameter'
]

/** What becomes of snapshots and of what stands below them. */
const SNAPSHOTS: readonly string[] = [
  'snapshot:made',
  'snapshot:joining',
  'snapshot:installed',
  'pruned'
]

/** What becomes of devices and owners, and of those who mean them ill. */
const THINGS: readonly string[] = [
  'begun',
  'begun-anew',
  'died',
  'wallet-died',
  'spoilt',
  'replayed',
  'doubled',
  'held-back',
  'outcome-proved',
  'anchor-false',
  'void/ANCHOR_FALSE',
  'void/RATCHET_OVERDUE',
  'ordered/lost',
  'ordered/quarantine',
  'ordered/rotate',
  'ordered/recover',
  'cloned',
  'clone-spoke-first',
  'clone-spoke-late',
  'jumped',
  'fork-shown',
  'device-fork',
  'key-misuse',
  'offered-twice',
  'offered-by-two',
  'sold',
  'sold-again',
  'restored-twice',
  'two-wallets-act',
  'owner-fork'
]

/** The marks that are expected. */
const EXPECTED_MARKS: readonly string[] = [
  ...Object.keys(FAULTS).map((kind) => `fault:${kind}`),
  ...VICE_NAMES.map((vice) => `vice:${vice}`),
  ...REFUSALS.map((code) => `refused:${code}`),
  ...GOVERNANCE,
  ...SNAPSHOTS,
  ...THINGS.map((name) => `things:${name}`),
  'view:nullified',
  'light-client:taken',
  'light-client:refused',
  'beyond-repair'
]

/** The expected marks that were not hit. */
export function missingMarks(marks: Readonly<Record<string, number>>): string[] {
  return EXPECTED_MARKS.filter((name) => (marks[name] ?? 0) === 0)
}

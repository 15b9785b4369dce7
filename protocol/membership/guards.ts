/**
 * Guards: which steps from one electorate to the next are too large, whoever voted for them.
 *
 * Removals by proof are exempt from all of them but one: an electorate is never empty.
 *
 * @see SPEC.md §7.5 Guards
 * @module
 */

import { toHex } from '../foundation/bytes.ts'
import { MEMBERS_MAX, WEIGHT_TOTAL_MAX } from '../foundation/limits.ts'
import type { FaultModel } from '../types.ts'
import { quorumWeightOf, type Seat } from './electorate.ts'

/** The rule that a step would break. */
export type GuardFault =
  /** Nobody would be left. */
  | 'ELECTORATE_EMPTY'
  /** More members or weight than an electorate holds. */
  | 'ELECTORATE_TOO_LARGE'
  /** Fewer members than the network's minimum. */
  | 'MEMBERS_TOO_FEW'
  /** More than a third of the weight would change in one epoch. */
  | 'CHANGE_TOO_LARGE'
  /** Below four members one membership changes in one epoch. */
  | 'ONE_AT_A_TIME'
  /** One member would hold a third of the weight or more. */
  | 'SHARE_TOO_LARGE'
  /** Those who are left and not overdue would be less than a quorum. */
  | 'QUORUM_AT_RISK'

/** An electorate in the making: who would be seated, under which fault model. */
export interface Roster {
  readonly faultModel: FaultModel
  /** By lower-case hex id. */
  readonly seats: ReadonlyMap<string, Seat>
}

/** What a step is judged by. */
export interface GuardOptions {
  readonly membersMin: number
  /** Whether the motion says that large shares and changes are meant. */
  readonly isLargeMeant: boolean
  /** Members whose renewal is overdue, by lower-case hex id. */
  readonly overdue: ReadonlySet<string>
}

/** From so many members on, steps are measured by weight. */
const MEASURED_FROM_MEMBERS = 4

/** The total weight of a roster. */
export function rosterWeight({ seats }: Roster): number {
  let weight = 0
  for (const seat of seats.values()) weight += seat.weight
  return weight
}

/** A roster of the seats of an electorate. */
export function rosterOf(faultModel: FaultModel, seats: readonly Seat[]): Roster {
  return { faultModel, seats: new Map(seats.map((seat) => [toHex(seat.memberId), seat])) }
}

/**
 * Judges a step from the electorate in force to a roster.
 *
 * @param before - the seats of the electorate in force, without those removed by proof
 * @param after  - the roster with the motion carried out
 * @returns the rule that it breaks, or undefined
 */
export function judgeStep(
  before: Roster,
  after: Roster,
  options: GuardOptions
): GuardFault | undefined {
  const weight = rosterWeight(after)
  if (after.seats.size === 0) return 'ELECTORATE_EMPTY'
  if (after.seats.size > MEMBERS_MAX || weight > WEIGHT_TOTAL_MAX) return 'ELECTORATE_TOO_LARGE'
  const isShrinking = after.seats.size < before.seats.size
  if (isShrinking && after.seats.size < options.membersMin) return 'MEMBERS_TOO_FEW'
  if (!options.isLargeMeant) {
    const fault = judgeSize(before, after)
    if (fault !== undefined) return fault
  }
  // One for another is a removal too: whoever comes may make up the number, and not the weight.
  const isRemoval = [...before.seats.keys()].some((id) => !after.seats.has(id))
  return isRemoval && liveWeight(after, options.overdue) < quorumOf(after)
    ? 'QUORUM_AT_RISK'
    : undefined
}

/** The weight that changes hands between two rosters. */
export function changedWeight(before: Roster, after: Roster): number {
  const ids = new Set([...before.seats.keys(), ...after.seats.keys()])
  let changed = 0
  for (const id of ids)
    changed += Math.abs((after.seats.get(id)?.weight ?? 0) - (before.seats.get(id)?.weight ?? 0))
  return changed
}

function judgeSize(before: Roster, after: Roster): GuardFault | undefined {
  if (before.seats.size < MEASURED_FROM_MEMBERS) {
    if (changedMembers(before, after) > 1) return 'ONE_AT_A_TIME'
  } else if (3 * changedWeight(before, after) > rosterWeight(before)) return 'CHANGE_TOO_LARGE'
  if (after.seats.size < MEASURED_FROM_MEMBERS) return undefined
  const weight = rosterWeight(after)
  for (const [id, seat] of after.seats) {
    const old = before.seats.get(id)
    // A share that only grows because others go is nobody's gain: the dead can always be voted out.
    const isGrown = old === undefined || seat.weight > old.weight
    if (3 * seat.weight >= weight && isGrown) return 'SHARE_TOO_LARGE'
  }
  return undefined
}

function changedMembers(before: Roster, after: Roster): number {
  const ids = new Set([...before.seats.keys(), ...after.seats.keys()])
  return [...ids].filter((id) => before.seats.get(id)?.weight !== after.seats.get(id)?.weight)
    .length
}

function liveWeight({ seats }: Roster, overdue: ReadonlySet<string>): number {
  let weight = 0
  for (const [id, seat] of seats) if (!overdue.has(id)) weight += seat.weight
  return weight
}

function quorumOf(roster: Roster): number {
  return quorumWeightOf(roster.faultModel, rosterWeight(roster))
}

/**
 * The outlook of an electorate: how many may fail, and which single losses would stop the ledger.
 *
 * @see SPEC.md §7.5 Guards
 * @module
 */

import { type Electorate, faultWeightOf, type Seat } from './electorate.ts'

/** What an electorate can bear. */
export interface Outlook {
  readonly members: number
  readonly totalWeight: number
  readonly quorumWeight: number
  /** The weight that may be faulty. */
  readonly faultWeight: number
  /** Members whose loss alone leaves less than a quorum, given those already missing. */
  readonly vital: readonly Seat[]
  /** The weight that may still be lost, given those already missing; below zero the ledger stands. */
  readonly spareWeight: number
}

/**
 * What an electorate can bear while some of its members are missing.
 *
 * @param isMissing - whether a member is known to be gone at present
 */
export function outlookOf(
  electorate: Electorate,
  isMissing: (seat: Seat) => boolean = () => false
): Outlook {
  const { seats, totalWeight, quorumWeight } = electorate
  const missing = seats.filter(isMissing).reduce((sum, { weight }) => sum + weight, 0)
  const spareWeight = totalWeight - missing - quorumWeight
  return {
    members: seats.length,
    totalWeight,
    quorumWeight,
    faultWeight: faultWeightOf(electorate),
    vital: seats.filter((seat) => !isMissing(seat) && seat.weight > spareWeight),
    spareWeight
  }
}

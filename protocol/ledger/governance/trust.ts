/**
 * Trust: whether what members and certificates say is enough to be admitted.
 *
 * @see SPEC.md §7.4 Trust models
 * @module
 */

import { compareBytes, equalBytes, toHex } from '../../foundation/bytes.ts'
import type { PlainTrustModel, TrustPolicy } from '../../transactions/trust-policy.ts'
import type { LedgerReader } from '../ledger-view.ts'
import type { Parameters } from '../parameters.ts'
import { type GovernanceRecord, governanceTable, SINGLE_KEY } from '../records/governance-record.ts'
import { MEMBER_STATUS, type MemberRecord, members } from '../records/member-record.ts'
import { applications, type BallotRecord } from '../records/motion-record.ts'

/** What speaks for somebody. */
export interface Support {
  /** The ballots of the seated. */
  readonly ballots: readonly BallotRecord[]
  /** The root that its certificates lead to, where that has room. */
  readonly trustRoot: Uint8Array | null
  /** Who would become a member; null for a maker, for whom nobody's stock is used. */
  readonly applicantId: Uint8Array | null
}

/** What is looked at beside it. */
export interface TrustWorld {
  readonly state: LedgerReader
  readonly parameters: Parameters
}

/** Whether a policy is satisfied: all models of one of its ways. */
export function isTrusted(policy: TrustPolicy, support: Support, world: TrustWorld): boolean {
  return policy.ways.some((way) => way.every((model) => satisfies(model, support, world)))
}

function satisfies(model: PlainTrustModel, support: Support, world: TrustWorld): boolean {
  switch (model) {
    case 'open-vote':
      return isTwoThirds(support.ballots, world.state)
    case 'vouch':
      return isVouchedFor(support, world)
    case 'anchored':
      return support.trustRoot !== null
  }
}

/** Whether those who said yes hold two thirds of the weight. */
function isTwoThirds(ballots: readonly BallotRecord[], state: LedgerReader): boolean {
  return 3 * yesWeight(ballots, state) >= 2 * seatedWeight(state)
}

/** The weight of the seated who said yes. */
export function yesWeight(ballots: readonly BallotRecord[], state: LedgerReader): number {
  return ballots.reduce(
    (sum, { memberId, choice }) => sum + (choice === 1 ? weightOfSeat(state, memberId) : 0),
    0
  )
}

/** The weight of all who are seated. */
export function seatedWeight(state: LedgerReader): number {
  const governance = readGovernance(state)
  return governance.seats.reduce((sum, memberId) => sum + weightOfSeat(state, memberId), 0)
}

/** The record of what is under way; genesis wrote it. */
export function readGovernance(state: LedgerReader): GovernanceRecord {
  return state.read(governanceTable, SINGLE_KEY) as GovernanceRecord
}

/** A seated member's record; undefined for anybody else. */
export function seatedMember(state: LedgerReader, memberId: Uint8Array): MemberRecord | undefined {
  const member = state.read(members, memberId)
  return member?.status === MEMBER_STATUS.seated ? member : undefined
}

/** How many of those admitted under a root are seated or to be. */
export function rootUse(state: LedgerReader, key: Uint8Array): number {
  const { seats, carried } = readGovernance(state)
  const roots = [
    ...seats.map((id) => state.read(members, id)?.trustRoot),
    ...carried.map((id) => state.read(applications, id)?.trustRoot)
  ]
  return roots.filter((root) => root !== undefined && root !== null && equalBytes(root, key)).length
}

/**
 * The seated whose yes is a certification. One to an applicant is, if it stands in its member's account:
 * what was said under another trust model took nothing from anybody's stock.
 */
export function certifiersOf(
  { ballots, applicantId }: Pick<Support, 'ballots' | 'applicantId'>,
  state: LedgerReader
): readonly Uint8Array[] {
  return ballots
    .filter(({ memberId, choice }) => {
      const member = choice === 1 ? seatedMember(state, memberId) : undefined
      if (member === undefined || applicantId === null) return member !== undefined
      return member.vouchees.some((id) => equalBytes(id, applicantId))
    })
    .map(({ memberId }) => memberId)
}

/**
 * Enough certifications, and the chains of certification behind them short enough to two thirds of all:
 * a circle that only certifies itself stays outside.
 */
function isVouchedFor(support: Support, { state, parameters }: TrustWorld): boolean {
  const vouchers = certifiersOf(support, state)
  const { seats } = readGovernance(state)
  // Where fewer are seated than certifications asked for, all of them are enough.
  if (vouchers.length < Math.min(parameters.vouchesMin, seats.length)) return false
  const reached = reachOf(vouchers, { state, stepsMax: parameters.vouchStepsMax, seats })
  return 3 * reached >= 2 * seats.length
}

/** The seated from whom chains of certification of at most so many steps lead here. */
function reachOf(
  vouchers: readonly Uint8Array[],
  {
    state,
    stepsMax,
    seats
  }: {
    readonly state: LedgerReader
    readonly stepsMax: number
    readonly seats: readonly Uint8Array[]
  }
): number {
  const seated = new Map(seats.map((id) => [toHex(id), id]))
  const founders = seats.filter((id) => state.read(members, id)?.vouchers.length === 0)
  const reached = new Set<string>()
  let front = [...vouchers].sort(compareBytes)
  for (let step = 1; step <= stepsMax && front.length > 0; step++) {
    const next: Uint8Array[] = []
    for (const id of front) {
      const name = toHex(id)
      if (!seated.has(name) || reached.has(name)) continue
      reached.add(name)
      const behind = state.read(members, id)?.vouchers ?? []
      // Who came without certification stands for all others who did.
      next.push(...(behind.length === 0 ? founders : behind))
    }
    front = next
  }
  return reached.size
}

function weightOfSeat(state: LedgerReader, memberId: Uint8Array): number {
  return seatedMember(state, memberId)?.weight ?? 0
}

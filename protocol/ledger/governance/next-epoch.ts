/**
 * The next epoch: who will be seated and under which rules, or nothing.
 *
 * A pure function of the state after a block. First whoever was proved to lie,
 * then whoever leaves or lapsed, then the motions that were carried, in their
 * order; one that the guards forbid, or whose newcomer is not ready, stays
 * where it is.
 *
 * @see SPEC.md §7.3 Epochs
 * @module
 */

import { equalBytes, toHex } from '../../foundation/bytes.ts'
import {
  consensusParametersOf,
  createElectorate,
  type Electorate,
  type Seat
} from '../../membership/electorate.ts'
import type { Roster } from '../../membership/guards.ts'
import { isModelNeeded } from '../../transactions/trust-policy.ts'
import type { Epoch } from '../../types.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { NETWORK_KEY, type NetworkRecord, networkTable } from '../records/chain-record.ts'
import type { GovernanceRecord } from '../records/governance-record.ts'
import { type MemberRecord, members } from '../records/member-record.ts'
import { motions } from '../records/motion-record.ts'
import { awakeMsAt, type BlockMoment } from './awake-time.ts'
import { type Draft, faultModelOf, seatOf, stepDraft } from './draft-epoch.ts'
import { readGovernance } from './trust.ts'

/** What the next epoch begins with, and why. */
export interface NextEpoch {
  readonly electorate: Electorate
  readonly network: NetworkRecord
  readonly removed: readonly Uint8Array[]
  readonly left: readonly Uint8Array[]
  readonly lapsed: readonly Uint8Array[]
  readonly lapsedWeight: number
  /** Motions that are executed with it, in their order. */
  readonly executed: readonly Uint8Array[]
  /** Until when the seated need not satisfy a trust model that changes with it; null: none does. */
  readonly renewByMs: number | null
}

/**
 * What the state makes of the next epoch.
 *
 * @param state - after a block
 * @param block - that block
 * @returns null when nothing is due
 */
export function nextEpochOf(state: LedgerReader, block: BlockMoment): NextEpoch | null {
  const governance = readGovernance(state)
  const network = state.read(networkTable, NETWORK_KEY) as NetworkRecord
  const present = presentRoster(state, governance, network)
  const removed = governance.removals.filter((id) => present.seats.has(toHex(id)))
  const honest = without(present, removed)
  const left = leavers(state, governance, honest)
  const stayed = without(honest, left)
  const overdue = overdueMembers(state, { roster: stayed, network, governance, block })
  const lapse = lapseWithin(stayed, overdue, governance)
  let draft: Draft = { roster: lapse.roster, network, renewByMs: null }
  const executed: Uint8Array[] = []
  for (const motionId of governance.carried) {
    const motion = state.read(motions, motionId)?.motion
    if (motion === undefined) continue
    const stepped = stepDraft(draft, motion, { state, before: lapse.roster, overdue })
    if (typeof stepped === 'string') continue
    draft = stepped
    executed.push(motionId)
  }
  // An electorate is never empty: then the last of them stay, whatever they did.
  if (draft.roster.seats.size === 0) return null
  const isChanged = executed.length + removed.length + left.length + lapse.lapsed.length > 0
  if (!isChanged) return null
  return {
    electorate: seatDraft(state, draft, governance.epoch + 1),
    network: draft.network,
    removed,
    left,
    lapsed: lapse.lapsed,
    lapsedWeight: lapse.lapsedWeight,
    executed,
    renewByMs: draft.renewByMs
  }
}

/** Members whose renewal is overdue, or who do not satisfy the trust model in time, by hex id. */
export function overdueMembers(
  state: LedgerReader,
  {
    roster,
    network,
    governance,
    block
  }: {
    readonly roster: Roster
    readonly network: NetworkRecord
    readonly governance: GovernanceRecord
    readonly block: BlockMoment
  }
): ReadonlySet<string> {
  const awakeMs = awakeMsAt(state, block)
  const { timeMs } = block
  // Founders are seated by genesis, whatever it asks of those to come: only a change is ever due.
  const isChangeDue = governance.renewByMs > 0 && timeMs > governance.renewByMs
  const areRootsDue = isChangeDue && isModelNeeded(network.trust, 'anchored')
  const overdue = new Set<string>()
  for (const [name, { memberId }] of roster.seats) {
    const member = state.read(members, memberId)
    if (member === undefined) continue
    const isLate = awakeMs - member.renewedAtAwakeMs > network.parameters.membershipMs
    if (isLate || (areRootsDue && !hasRoot(network, member))) overdue.add(name)
  }
  return overdue
}

/** The roster of the electorate in force. */
export function presentRoster(
  state: LedgerReader,
  { seats }: GovernanceRecord,
  network: NetworkRecord
): Roster {
  const roster = new Map<string, Seat>()
  for (const memberId of seats) {
    const member = state.read(members, memberId)
    if (member !== undefined) roster.set(toHex(memberId), seatOf(memberId, member))
  }
  return { faultModel: faultModelOf(network), seats: roster }
}

/** Whoever gives its seat up goes, but for the last. */
function leavers(
  state: LedgerReader,
  { seats }: GovernanceRecord,
  roster: Roster
): readonly Uint8Array[] {
  const leaving = seats.filter(
    (id) => roster.seats.has(toHex(id)) && state.read(members, id)?.leaving === 1
  )
  return leaving.length < roster.seats.size ? leaving : leaving.slice(1)
}

/**
 * The overdue lapse in the order of their ids, as far as the limit goes: keeping honest members from
 * renewing must never lower the quorum until the faulty exceed what it bears.
 */
function lapseWithin(
  roster: Roster,
  overdue: ReadonlySet<string>,
  { lapsedWeight: before, lapsableWeight }: GovernanceRecord
): {
  readonly roster: Roster
  readonly lapsed: readonly Uint8Array[]
  readonly lapsedWeight: number
} {
  const seats = new Map(roster.seats)
  const lapsed: Uint8Array[] = []
  let lapsedWeight = before
  for (const name of [...overdue].sort()) {
    const seat = seats.get(name)
    if (seat === undefined || seats.size === 1) continue
    if (lapsedWeight + seat.weight > lapsableWeight) continue
    lapsedWeight += seat.weight
    seats.delete(name)
    lapsed.push(seat.memberId)
  }
  return { roster: { ...roster, seats }, lapsed, lapsedWeight }
}

function seatDraft(state: LedgerReader, { roster, network }: Draft, epoch: number): Electorate {
  const seats = [...roster.seats.values()].map((seat): Seat => {
    const ready = state.read(members, seat.memberId)?.ready ?? null
    return ready === null ? seat : { ...seat, voteKey: ready.voteKey }
  })
  return createElectorate({
    epoch: epoch as Epoch,
    faultModel: roster.faultModel,
    parameters: consensusParametersOf(network.parameters),
    seats
  })
}

function without(roster: Roster, ids: readonly Uint8Array[]): Roster {
  if (ids.length === 0) return roster
  const seats = new Map(roster.seats)
  for (const id of ids) seats.delete(toHex(id))
  return { ...roster, seats }
}

function hasRoot({ trust }: NetworkRecord, { trustRoot }: MemberRecord): boolean {
  return trustRoot !== null && trust.roots.some(({ key }) => equalBytes(key, trustRoot))
}

/** The weight that may lapse before ballots make another electorate. */
export function lapsableWeightOf({ totalWeight, quorumWeight }: Electorate): number {
  return totalWeight - quorumWeight
}

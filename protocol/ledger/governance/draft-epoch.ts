/**
 * The epoch in the making: what each motion would change of it, and the rules that forbid it.
 *
 * @see SPEC.md §7.3 Epochs
 * @module
 */

import { toHex } from '../../foundation/bytes.ts'
import type { Seat } from '../../membership/electorate.ts'
import { type GuardFault, judgeStep, type Roster } from '../../membership/guards.ts'
import type { MemberWeight, Motion } from '../../transactions/motion.ts'
import type { FaultModel } from '../../types.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { PARAMETER_ORDERINGS, PARAMETERS, type Parameters } from '../parameters.ts'
import type { NetworkRecord } from '../records/chain-record.ts'
import { MEMBER_STATUS, type MemberRecord, members } from '../records/member-record.ts'
import { applications } from '../records/motion-record.ts'

/** The weight that a newcomer begins with. */
const FIRST_WEIGHT = 1

/** Why a motion cannot be executed as things stand. */
export type MotionFault =
  | GuardFault
  | 'NOTHING_CHANGES'
  | 'MEMBER_NOT_SEATED'
  | 'NOT_READY'
  | 'PARAMETER_UNKNOWN'
  | 'PARAMETER_OUT_OF_RANGE'

/** The epoch in the making: the roster, the rules, and what led there. */
export interface Draft {
  readonly roster: Roster
  readonly network: NetworkRecord
  readonly renewByMs: number | null
}

/**
 * Carries a motion out on a draft.
 *
 * @param before - what the change is measured against: the epoch in force without who is gone
 * @returns the draft after it, or the rule that forbids it; what needs no new epoch is never on the way
 */
export function stepDraft(
  draft: Draft,
  motion: Motion,
  {
    state,
    before,
    overdue
  }: {
    readonly state: LedgerReader
    readonly before: Roster
    readonly overdue: ReadonlySet<string>
  }
): Draft | MotionFault {
  const { network } = draft
  const { parameters } = network
  switch (motion.type) {
    case 'admit':
    case 'remove':
    case 'reweigh': {
      const roster = changeRoster(draft.roster, motion, state)
      if (typeof roster === 'string') return roster
      const isLargeMeant = motion.type === 'reweigh' && motion.isLargeMeant
      const { membersMin } = parameters
      const fault = judgeStep(before, roster, { membersMin, isLargeMeant, overdue })
      return fault ?? { ...draft, roster }
    }
    case 'change-parameter': {
      const changed = changeParameter(parameters, motion)
      return typeof changed === 'string'
        ? changed
        : { ...draft, network: { ...network, parameters: changed } }
    }
    case 'change-fault-model': {
      const faultModel = motion.faultModel === 'byzantine' ? 0 : 1
      if (faultModel === network.faultModel) return 'NOTHING_CHANGES'
      const roster = { ...draft.roster, faultModel: motion.faultModel }
      return { ...draft, roster, network: { ...network, faultModel } }
    }
    case 'change-trust-model': {
      const { subject, policy, renewByMs } = motion
      if (subject === 'vendors') return { ...draft, network: { ...network, vendorTrust: policy } }
      return { ...draft, network: { ...network, trust: policy }, renewByMs }
    }
    case 'upgrade':
    case 'vendor-admit':
    case 'vendor-remove':
    case 'birth-revoke':
      return 'NOTHING_CHANGES'
  }
}

function changeRoster(
  roster: Roster,
  motion: Extract<Motion, { type: 'admit' | 'remove' | 'reweigh' }>,
  state: LedgerReader
): Roster | MotionFault {
  if (motion.type === 'admit') return admitTo(roster, motion.applicationId, state)
  if (motion.type === 'reweigh') return reweighIn(roster, motion.weights)
  const seats = new Map(roster.seats)
  return seats.delete(toHex(motion.memberId)) ? { ...roster, seats } : 'MEMBER_NOT_SEATED'
}

function admitTo(
  roster: Roster,
  applicationId: Uint8Array,
  state: LedgerReader
): Roster | MotionFault {
  const memberId = state.read(applications, applicationId)?.apply.memberId
  const member = memberId && state.read(members, memberId)
  if (memberId === undefined || member === undefined) return 'NOT_READY'
  if (member.status !== MEMBER_STATUS.incoming || member.ready === null) return 'NOT_READY'
  const seat = { ...seatOf(memberId, member), weight: FIRST_WEIGHT }
  return { ...roster, seats: new Map([...roster.seats, [toHex(memberId), seat]]) }
}

function reweighIn(roster: Roster, weights: readonly MemberWeight[]): Roster | MotionFault {
  const seats = new Map(roster.seats)
  for (const { memberId, weight } of weights) {
    const seat = seats.get(toHex(memberId))
    if (seat === undefined) return 'MEMBER_NOT_SEATED'
    seats.set(toHex(memberId), { ...seat, weight })
  }
  const isSame = [...seats].every(([id, { weight }]) => roster.seats.get(id)?.weight === weight)
  return isSame ? 'NOTHING_CHANGES' : { ...roster, seats }
}

function changeParameter(
  parameters: Parameters,
  { number, value }: Extract<Motion, { type: 'change-parameter' }>
): Parameters | MotionFault {
  const definition = PARAMETERS[number]
  if (definition === undefined) return 'PARAMETER_UNKNOWN'
  const { name, min, max } = definition
  if (parameters[name] === value) return 'NOTHING_CHANGES'
  // The ring of anchors is laid out by its size, and is not laid out anew.
  if (value < min || value > max || name === 'anchorWindowBlocks') return 'PARAMETER_OUT_OF_RANGE'
  const changed = { ...parameters, [name]: value }
  const isOrdered = PARAMETER_ORDERINGS.every(([lower, upper]) => changed[lower] <= changed[upper])
  return isOrdered ? changed : 'PARAMETER_OUT_OF_RANGE'
}

/** The seat that a member's record makes. */
export function seatOf(memberId: Uint8Array, member: MemberRecord): Seat {
  const { voteKey, weight, operatorId, region, endpoints } = member
  return { memberId, voteKey, weight, operatorId, region, endpoints }
}

/** The fault model of the network's record. */
export function faultModelOf({ faultModel }: NetworkRecord): FaultModel {
  return faultModel === 0 ? 'byzantine' : 'crash'
}

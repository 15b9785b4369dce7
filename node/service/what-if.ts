/**
 * What if: what a motion would make of the electorate, told before it is put.
 *
 * @see ../../protocol/SPEC.md §7.5 Guards
 * @module
 */

import {
  applications,
  createElectorate,
  type Electorate,
  type Epoch,
  forecastMotion,
  type GuardFault,
  judgeStep,
  type Motion,
  type MotionRecord,
  outlookOf,
  type Roster,
  type Seat,
  toHex
} from '../../protocol/index.ts'
import type { OutlookView, WhatIf } from '../governance-service.ts'
import { explainFault, shortId } from './governance-words.ts'
import { type GovernanceWorld, networkOf } from './governance-world.ts'
import { tallyOf } from './motion-view.ts'
import { describeMotion } from './motion-words.ts'

/** The weight that a newcomer begins with. */
const FIRST_WEIGHT = 1
/** Members that are named in a sentence; the others are counted. */
const NAMED_MAX = 6

/** Carries a motion out in thought, and says what the ledger could bear then. */
export function askWhatIf(motion: Motion, world: GovernanceWorld): WhatIf {
  const { state, electorate } = world
  const forecast = forecastMotion(state, motion, world)
  const fault = forecast.fault
  const seated = fault === null ? seatApplicant(motion, forecast.after, world) : undefined
  const roster = seated?.roster ?? forecast.after
  const isMissing = (seat: Seat): boolean =>
    world.isPresenceKnown && world.presenceOf(toHex(seat.memberId))?.isConnected === false
  const before = viewOutlook(electorate, isMissing)
  const after = viewOutlook(electorateOf(roster, electorate), isMissing)
  const waitsFor = seated?.waitsFor ?? null
  return {
    motion,
    question: describeMotion(motion, state),
    fault,
    waitsFor,
    needed: tallyOf(unopened(motion), world).sentence,
    before,
    after,
    missing: world.isPresenceKnown
      ? electorate.seats.filter(isMissing).map(({ memberId }) => memberId)
      : null,
    warnings: fault === null ? warningsOf({ motion, before, after, waitsFor, world }) : [],
    sentence:
      fault === null ? describeOutlook(after) : `not as things stand: ${explainFault(fault)}`
  }
}

/** "after this: n=6, Q=5, f=1; these single losses stop the ledger: …" */
function describeOutlook(after: OutlookView): string {
  const { members, quorumWeight, faultWeight } = after
  return `after this: n=${members}, Q=${quorumWeight}, f=${faultWeight}; ${lossesOf(after)}`
}

function lossesOf({ spareWeight, vital, members }: OutlookView): string {
  if (spareWeight < 0) return 'with those missing now the ledger stands'
  if (vital.length === 0) return 'no single loss stops the ledger'
  if (vital.length === members && members > 1) return 'any single loss stops the ledger'
  const named = vital
    .slice(0, NAMED_MAX)
    .map(({ memberId, region }) => `${shortId(toHex(memberId))} in ${region}`)
  const others = vital.length > NAMED_MAX ? ` and ${vital.length - NAMED_MAX} more` : ''
  return `these single losses stop the ledger: ${named.join(', ')}${others}`
}

/** An applicant is seated only when it is ready; what people ask is what its seat would mean. */
function seatApplicant(
  motion: Motion,
  after: Roster,
  world: GovernanceWorld
): { readonly roster: Roster; readonly waitsFor: GuardFault | null } | undefined {
  if (motion.type !== 'admit') return undefined
  const apply = world.state.read(applications, motion.applicationId)?.apply
  if (apply === undefined || after.seats.has(toHex(apply.memberId))) return undefined
  const { memberId, voteKey, operatorId, region, endpoints } = apply
  const seat = { memberId, voteKey, weight: FIRST_WEIGHT, operatorId, region, endpoints }
  const roster = { ...after, seats: new Map([...after.seats, [toHex(memberId), seat]]) }
  const { membersMin } = networkOf(world.state).parameters
  const waitsFor = judgeStep(after, roster, { membersMin, isLargeMeant: false, overdue: new Set() })
  return waitsFor === 'ELECTORATE_TOO_LARGE'
    ? { roster: after, waitsFor }
    : { roster, waitsFor: waitsFor ?? null }
}

function electorateOf({ faultModel, seats }: Roster, present: Electorate): Electorate {
  return createElectorate({
    epoch: (present.epoch + 1) as Epoch,
    faultModel,
    parameters: present.parameters,
    seats: [...seats.values()]
  })
}

function viewOutlook(electorate: Electorate, isMissing: (seat: Seat) => boolean): OutlookView {
  const outlook = outlookOf(electorate, isMissing)
  const { members, totalWeight, quorumWeight, faultWeight, spareWeight } = outlook
  const vital = outlook.vital.map(({ memberId, region, weight }) => ({ memberId, region, weight }))
  const { faultModel } = electorate
  return { members, faultModel, totalWeight, quorumWeight, faultWeight, spareWeight, vital }
}

function warningsOf(facts: {
  readonly motion: Motion
  readonly before: OutlookView
  readonly after: OutlookView
  readonly waitsFor: GuardFault | null
  readonly world: GovernanceWorld
}): readonly string[] {
  const { motion, before, after, waitsFor, world } = facts
  const warnings: string[] = []
  const isChanged =
    before.members !== after.members ||
    before.totalWeight !== after.totalWeight ||
    before.faultModel !== after.faultModel
  if (after.faultWeight === 0 && isChanged)
    warnings.push('f is 0 then: the loss of any member stops the ledger, and none may lie')
  if (after.spareWeight < 0)
    warnings.push('with those missing now there is no quorum then: the ledger would stop')
  else if (after.spareWeight === 0 && after.faultWeight > 0)
    warnings.push('no spare is left then: one more silent member stops the ledger')
  if (after.faultModel === 'crash' && before.faultModel !== 'crash')
    warnings.push('with crash, a single member that lies can split the ledger')
  if (motion.type === 'admit') warnings.push('seated only once its node has shown its vote key')
  if (waitsFor !== null)
    warnings.push(`it would wait once carried, because ${explainFault(waitsFor)}`)
  if (!world.isPresenceKnown)
    warnings.push('this node is an observer and cannot tell who is missing: ask a member')
  return warnings
}

/** A motion as it would be entered, with no ballot yet. */
function unopened(motion: Motion): MotionRecord {
  return {
    motion,
    openedBy: null,
    openedAtMs: 0,
    notAfterMs: 0,
    status: 0,
    ballots: [],
    settledAtMs: 0
  }
}

/**
 * motion-open, ballot and motion-withdraw: the members put questions and answer them.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import type { Ballot } from '../../transactions/ballot.ts'
import type { MotionOpen } from '../../transactions/motion-open.ts'
import type { MotionWithdraw } from '../../transactions/motion-withdraw.ts'
import { forecastMotion } from '../governance/forecast.ts'
import { carryMotion, closeMotion, openMotion } from '../governance/motion-book.ts'
import { isMotionCarried } from '../governance/thresholds.ts'
import { readGovernance, seatedMember } from '../governance/trust.ts'
import { judgeCertification, recordVouch } from '../governance/vouching.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { applied, refused } from '../outcome.ts'
import { OPEN_MOTIONS_MAX } from '../records/governance-record.ts'
import { members } from '../records/member-record.ts'
import { MOTION_STATUS, type MotionRecord, motions } from '../records/motion-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { actingMember } from './member-account.ts'

/** Motions that one member may have open. */
const OPEN_OF_MEMBER_MAX = 2

/** A member puts a question, if it could be carried out as things stand. */
export const motionOpenRule: Rule<MotionOpen> = (act, transaction, context) => {
  const { state, parameters, timeMs } = context
  const member = actingMember(act, transaction, { context })
  if ('outcome' in member) return member
  if (act.notAfterMs <= timeMs || act.notAfterMs > timeMs + parameters.motionLapseMs)
    return refused('MOTION_TIME_WRONG')
  // An application brings its own motion, and no member's second one may close it.
  if (act.motion.type === 'admit') return refused('MOTION_FORBIDDEN')
  if (isBookFull(act.memberId, context)) return refused('MOTIONS_FULL')
  const forecast = forecastMotion(state, act.motion, context)
  if (forecast.fault !== null) return refused('MOTION_FORBIDDEN')
  state.write(members, act.memberId, member)
  const record: MotionRecord = {
    motion: act.motion,
    openedBy: act.memberId,
    openedAtMs: timeMs,
    notAfterMs: act.notAfterMs,
    status: MOTION_STATUS.open,
    ballots: [],
    settledAtMs: 0
  }
  openMotion(state, transaction.id, record)
  if (isMotionCarried(record, context)) carryMotion(state, transaction.id, context)
  return applied
}

/** A member answers a question, or answers it anew; with that it may be carried. */
export const ballotRule: Rule<Ballot> = (act, transaction, context) => {
  const { state, timeMs } = context
  const member = actingMember(act, transaction, { context })
  if ('outcome' in member) return member
  const record = state.read(motions, act.motionId)
  if (record === undefined || record.status !== MOTION_STATUS.open || record.notAfterMs <= timeMs)
    return refused('MOTION_CLOSED')
  const isYes = act.choice === 1
  const fault = isYes ? judgeCertification(member, record, context) : undefined
  if (fault !== undefined) return refused(fault)
  state.write(members, act.memberId, member)
  recordVouch(act.memberId, record, { context, isYes })
  const answered = withBallot(record, act, state)
  state.write(motions, act.motionId, answered)
  if (isMotionCarried(answered, context)) carryMotion(state, act.motionId, context)
  return applied
}

/** Who opened a question takes it back. */
export const motionWithdrawRule: Rule<MotionWithdraw> = (act, transaction, context) => {
  const { state, timeMs } = context
  const member = actingMember(act, transaction, { context })
  if ('outcome' in member) return member
  const record = state.read(motions, act.motionId)
  if (record === undefined || record.status !== MOTION_STATUS.open) return refused('MOTION_CLOSED')
  if (record.openedBy === null || !equalBytes(record.openedBy, act.memberId))
    return refused('MOTION_NOT_OWN')
  state.write(members, act.memberId, member)
  closeMotion(state, act.motionId, { status: MOTION_STATUS.withdrawn, timeMs })
  return applied
}

function isBookFull(memberId: Uint8Array, { state }: RuleContext): boolean {
  const open = readGovernance(state)
    .openMotions.map((id) => state.read(motions, id))
    .filter((record) => record !== undefined && record.openedBy !== null)
  const own = open.filter(
    (record) =>
      record?.openedBy !== undefined && equalBytes(record.openedBy as Uint8Array, memberId)
  )
  return open.length >= OPEN_MOTIONS_MAX || own.length >= OPEN_OF_MEMBER_MAX
}

/** Whoever has no seat any more has no ballot: so there are never more of them than seats. */
function withBallot(
  record: MotionRecord,
  { memberId, choice }: Ballot,
  state: LedgerReader
): MotionRecord {
  const others = record.ballots.filter(
    (ballot) =>
      !equalBytes(ballot.memberId, memberId) && seatedMember(state, ballot.memberId) !== undefined
  )
  const ballots = choice === 2 ? others : [...others, { memberId, choice }]
  return { ...record, ballots }
}

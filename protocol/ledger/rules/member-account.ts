/**
 * What the acts of members have in common: a seat, a sequence and a budget.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import type { MemberPrefix } from '../../transactions/member-act.ts'
import { type Transaction, transactionCost } from '../../transactions/transaction.ts'
import { payBucket } from '../bucket.ts'
import { type Outcome, refused, waits } from '../outcome.ts'
import { MEMBER_STATUS, type MemberRecord, members } from '../records/member-record.ts'
import type { RuleContext } from '../rule.ts'

/**
 * The member that acts, its sequence and its budget used.
 *
 * @param isIncomingAllowed - whether one that is admitted and not yet seated may act too
 */
export function actingMember(
  act: MemberPrefix,
  transaction: Transaction,
  {
    context,
    isIncomingAllowed = false
  }: { readonly context: RuleContext; readonly isIncomingAllowed?: boolean }
): MemberRecord | Outcome {
  const { state, parameters, timeMs } = context
  const member = state.read(members, act.memberId)
  const isActing =
    member?.status === MEMBER_STATUS.seated ||
    (isIncomingAllowed && member?.status === MEMBER_STATUS.incoming)
  if (member === undefined || !isActing) return refused('MEMBER_UNKNOWN')
  if (act.memberSequence <= member.memberSequence) return refused('MEMBER_SEQUENCE_USED')
  const limits = { burst: parameters.memberBurst, ratePerHour: parameters.memberPerHour }
  const bucket = payBucket(member.bucket, limits, { cost: transactionCost(transaction), timeMs })
  if (bucket === undefined) return waits('QUOTA_EMPTY')
  return { ...member, bucket, memberSequence: act.memberSequence }
}

/** What strangers' transactions cost the member that carries them; undefined when it has no more. */
export function payIntroduction(
  transaction: Transaction,
  { state, carrierId, parameters, timeMs }: RuleContext
): MemberRecord | undefined {
  const carrier = state.read(members, carrierId)
  if (carrier === undefined) return undefined
  const limits = {
    burst: parameters.introductionsBurst,
    ratePerHour: parameters.introductionsPerHour
  }
  const bill = { cost: transactionCost(transaction), timeMs }
  const introductions = payBucket(carrier.introductions, limits, bill)
  return introductions && { ...carrier, introductions }
}

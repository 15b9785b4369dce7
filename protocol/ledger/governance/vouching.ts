/**
 * Vouching: a yes to an applicant is a certification, of which every member has a limited stock.
 *
 * @see SPEC.md §7.4 Trust models
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import { NETWORK_KEY, networkTable } from '../records/chain-record.ts'
import { type MemberRecord, members } from '../records/member-record.ts'
import { applications, type MotionRecord } from '../records/motion-record.ts'
import type { RuleContext } from '../rule.ts'
import { readGovernance } from './trust.ts'

/** Whether a member may certify an applicant; a code where it may not. */
export function judgeCertification(
  member: MemberRecord,
  record: MotionRecord,
  context: RuleContext
): 'VOUCH_FROZEN' | 'VOUCH_STOCK_EMPTY' | undefined {
  const applicant = applicantOf(record, context)
  if (applicant === undefined || !isVouchModel(context)) return undefined
  const { state, parameters } = context
  if (readGovernance(state).epoch < member.vouchFrozenUntilEpoch) return 'VOUCH_FROZEN'
  const isKnown = member.vouchees.some((id) => equalBytes(id, applicant))
  const isEmpty = !isKnown && member.vouchees.length >= parameters.vouchesMax
  return isEmpty ? 'VOUCH_STOCK_EMPTY' : undefined
}

/** Writes a certification into the member's account, or takes it out again. */
export function recordVouch(
  memberId: Uint8Array,
  record: MotionRecord,
  { context, isYes }: { readonly context: RuleContext; readonly isYes: boolean }
): void {
  const applicant = applicantOf(record, context)
  const member = context.state.read(members, memberId)
  if (applicant === undefined || member === undefined || !isVouchModel(context)) return
  const others = member.vouchees.filter((id) => !equalBytes(id, applicant))
  const vouchees = isYes ? [...others, applicant] : others
  context.state.write(members, memberId, { ...member, vouchees })
}

function applicantOf({ motion }: MotionRecord, { state }: RuleContext): Uint8Array | undefined {
  if (motion.type !== 'admit') return undefined
  return state.read(applications, motion.applicationId)?.apply.memberId
}

function isVouchModel({ state }: RuleContext): boolean {
  const network = state.read(networkTable, NETWORK_KEY)
  return network?.trust.ways.some((way) => way.includes('vouch')) === true
}

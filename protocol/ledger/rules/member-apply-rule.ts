/**
 * member-apply: a node asks for a seat, and with that the question stands.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import type { MemberApply } from '../../transactions/member-apply.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { isModelNeeded } from '../../transactions/trust-policy.ts'
import { carryMotion, changeGovernance, openMotion } from '../governance/motion-book.ts'
import { isTrusted, readGovernance, rootUse } from '../governance/trust.ts'
import { judgeTrustChain } from '../governance/trust-chain.ts'
import { applied, type Outcome, refused, waits } from '../outcome.ts'
import { NETWORK_KEY, type NetworkRecord, networkTable } from '../records/chain-record.ts'
import { OPEN_APPLICATIONS_MAX, tombstones, voteKeys } from '../records/governance-record.ts'
import { MEMBER_STATUS, members } from '../records/member-record.ts'
import { applications, MOTION_STATUS } from '../records/motion-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { payIntroduction } from './member-account.ts'

/** Open applications that came by the batches of one member, at most. */
const OPEN_OF_CARRIER_MAX = 4

/** Takes an application, with its own motion; where certificates are enough, it is carried at once. */
export const memberApplyRule: Rule<MemberApply> = (apply, transaction, context) => {
  const { state, parameters, carrierId } = context
  const refusal = judgeApplicant(apply, context) ?? judgeRoom(context)
  if (refusal !== undefined) return refusal
  const anchor = judgeAnchor(apply, context)
  if ('outcome' in anchor) return anchor
  const carrier = payIntroduction(transaction, context)
  if (carrier === undefined) return waits('QUOTA_EMPTY')
  const { trustRoot } = anchor
  state.write(members, carrierId, carrier)
  state.write(voteKeys, apply.voteKey, { memberId: apply.memberId })
  enterApplication(apply, transaction, { context, trustRoot })
  const support = { ballots: [], trustRoot, applicantId: apply.memberId }
  if (isTrusted(readNetwork(context).trust, support, { state, parameters }))
    carryMotion(state, transaction.id, context)
  return applied
}

function judgeApplicant(apply: MemberApply, { state }: RuleContext): Outcome | undefined {
  const status = state.read(members, apply.memberId)?.status
  if (status === MEMBER_STATUS.seated || status === MEMBER_STATUS.incoming)
    return refused('MEMBER_SEATED')
  if (state.read(tombstones, apply.memberId) !== undefined) return refused('MEMBER_TOMBSTONED')
  const known = state.read(voteKeys, apply.voteKey)
  if (known !== undefined) return refused('VOTE_KEY_REUSED')
  if (state.read(voteKeys, apply.recoveryKeyHash) !== undefined)
    return refused('RECOVERY_KEY_REUSED')
  const { openApplications } = readGovernance(state)
  const isOpen = openApplications.some((id) => {
    const open = state.read(applications, id)
    return open !== undefined && equalBytes(open.apply.memberId, apply.memberId)
  })
  return isOpen ? refused('APPLICATION_OPEN') : undefined
}

function judgeRoom({ state, carrierId }: RuleContext): Outcome | undefined {
  const { openApplications } = readGovernance(state)
  const ofCarrier = openApplications.filter((id) => {
    const open = state.read(applications, id)
    return open !== undefined && equalBytes(open.carrierId, carrierId)
  })
  const isFull =
    openApplications.length >= OPEN_APPLICATIONS_MAX || ofCarrier.length >= OPEN_OF_CARRIER_MAX
  return isFull ? refused('APPLICATIONS_FULL') : undefined
}

/** The root that the certificates lead to; where the trust model asks for one, it must be there. */
function judgeAnchor(
  { memberId, proofs, region }: MemberApply,
  context: RuleContext
): { readonly trustRoot: Uint8Array | null } | Outcome {
  const { trust, regions } = readNetwork(context)
  if (!regions.includes(region)) return refused('REGION_UNKNOWN')
  if (proofs.length === 0)
    return isModelNeeded(trust, 'anchored') ? refused('ANCHOR_MISSING') : { trustRoot: null }
  const chain = judgeTrustChain(proofs, {
    subjectKey: memberId,
    roots: trust.roots,
    timeMs: context.timeMs
  })
  if (!chain.ok) return refused(chain.fault)
  const isFull = rootUse(context.state, chain.value.key) >= chain.value.quota
  return isFull ? refused('ANCHOR_QUOTA_FULL') : { trustRoot: chain.value.key }
}

function enterApplication(
  apply: MemberApply,
  transaction: Transaction,
  { context, trustRoot }: { readonly context: RuleContext; readonly trustRoot: Uint8Array | null }
): void {
  const { state, parameters, timeMs, carrierId } = context
  const times = { openedAtMs: timeMs, notAfterMs: timeMs + parameters.applicationLapseMs }
  state.write(applications, transaction.id, { apply, ...times, trustRoot, carrierId })
  openMotion(state, transaction.id, {
    motion: { type: 'admit', applicationId: transaction.id },
    openedBy: null,
    ...times,
    status: MOTION_STATUS.open,
    ballots: [],
    settledAtMs: 0
  })
  changeGovernance(state, ({ openApplications }) => ({
    openApplications: [...openApplications, transaction.id]
  }))
}

function readNetwork({ state }: RuleContext): NetworkRecord {
  return state.read(networkTable, NETWORK_KEY) as NetworkRecord
}

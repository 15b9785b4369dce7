/**
 * member-ready, member-renew and member-leave: what a member says about its own seat.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { equalBytes } from '../../foundation/bytes.ts'
import type { MemberLeave } from '../../transactions/member-leave.ts'
import type { MemberReady } from '../../transactions/member-ready.ts'
import type { MemberRenew } from '../../transactions/member-renew.ts'
import { awakeMsAt } from '../governance/awake-time.ts'
import { readGovernance, rootUse, seatedMember } from '../governance/trust.ts'
import { judgeTrustChain } from '../governance/trust-chain.ts'
import { applied, type Outcome, refused } from '../outcome.ts'
import { NETWORK_KEY, networkTable } from '../records/chain-record.ts'
import { voteKeys } from '../records/governance-record.ts'
import { MEMBER_STATUS, type MemberRecord, members } from '../records/member-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { actingMember } from './member-account.ts'

/** A member shows the vote key of the coming epoch, the one that it committed to. */
export const memberReadyRule: Rule<MemberReady> = (act, transaction, context) => {
  const { state } = context
  const member = actingMember(act, transaction, { context, isIncomingAllowed: true })
  if ('outcome' in member) return member
  if (act.epoch !== readGovernance(state).epoch + 1) return refused('EPOCH_WRONG')
  const fault = judgeVoteKey(act, member, context)
  if (fault !== undefined) return fault
  const { epoch, voteKey, nextVoteKeyHash } = act
  state.write(voteKeys, voteKey, { memberId: act.memberId })
  state.write(members, act.memberId, { ...member, ready: { epoch, voteKey, nextVoteKeyHash } })
  return applied
}

/** A member renews its membership, and says where it is and what it runs. */
export const memberRenewRule: Rule<MemberRenew> = (act, transaction, context) => {
  const { state } = context
  const member = actingMember(act, transaction, { context })
  if ('outcome' in member) return member
  const network = state.read(networkTable, NETWORK_KEY)
  if (network?.regions.includes(act.region) !== true) return refused('REGION_UNKNOWN')
  const anchor = judgeRenewedAnchor(act, member, context)
  if ('outcome' in anchor) return anchor
  state.write(members, act.memberId, {
    ...member,
    region: act.region,
    endpoints: act.endpoints,
    softwareHash: act.softwareHash,
    trustRoot: anchor.trustRoot,
    renewedAtAwakeMs: awakeMsAt(state, context)
  })
  return applied
}

/** A member gives its seat up at the next seal; so does its operator, with the recovery key. */
export const memberLeaveRule: Rule<MemberLeave> = (act, transaction, context) => {
  const { state } = context
  const { memberId, recoveryKey } = act
  if (recoveryKey === null) {
    const member = actingMember(act, transaction, { context })
    if ('outcome' in member) return member
    state.write(members, memberId, { ...member, leaving: 1 })
    return applied
  }
  const member = seatedMember(state, memberId)
  if (member === undefined) return refused('MEMBER_UNKNOWN')
  if (!equalBytes(keyHash(recoveryKey), member.recoveryKeyHash))
    return refused('RECOVERY_KEY_WRONG')
  state.write(members, memberId, { ...member, leaving: 1 })
  // Said once, it could be said again by anybody: no later seat may have the same recovery key.
  state.write(voteKeys, member.recoveryKeyHash, { memberId })
  return applied
}

/** A vote key is the one committed to before, or a newcomer's first; and it is used once, ever. */
function judgeVoteKey(
  { memberId, voteKey }: MemberReady,
  member: MemberRecord,
  { state }: RuleContext
): Outcome | undefined {
  const isFirst = member.status === MEMBER_STATUS.incoming && equalBytes(voteKey, member.voteKey)
  if (isFirst) return undefined
  const isShownAgain = member.ready !== null && equalBytes(member.ready.voteKey, voteKey)
  if (!equalBytes(keyHash(voteKey), member.nextVoteKeyHash)) return refused('VOTE_KEY_WRONG')
  const known = state.read(voteKeys, voteKey)
  const isReused = known !== undefined && !(isShownAgain && equalBytes(known.memberId, memberId))
  return isReused ? refused('VOTE_KEY_REUSED') : undefined
}

/** Certificates may be shown anew; without any, those shown before still count. */
function judgeRenewedAnchor(
  { memberId, proofs }: MemberRenew,
  { trustRoot }: MemberRecord,
  { state, timeMs }: RuleContext
): { readonly trustRoot: Uint8Array | null } | Outcome {
  if (proofs.length === 0) return { trustRoot }
  const roots = state.read(networkTable, NETWORK_KEY)?.trust.roots ?? []
  const chain = judgeTrustChain(proofs, { subjectKey: memberId, roots, timeMs })
  if (!chain.ok) return refused(chain.fault)
  const { key, quota } = chain.value
  const isOwn = trustRoot !== null && equalBytes(trustRoot, key)
  if (!isOwn && rootUse(state, key) >= quota) return refused('ANCHOR_QUOTA_FULL')
  return { trustRoot: key }
}

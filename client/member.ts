/**
 * Members: what an operator signs with the keys of its node.
 *
 * @see ../protocol/SPEC.md §5.3 Members
 * @module
 */

import {
  BALLOT_KIND,
  type Ballot,
  encodeBallot,
  encodeMemberApply,
  encodeMemberLeave,
  encodeMemberRenew,
  encodeMotionOpen,
  encodeMotionWithdraw,
  MEMBER_APPLY_KIND,
  MEMBER_LEAVE_KIND,
  MEMBER_RENEW_KIND,
  type MemberApply,
  type MemberPrefix,
  type MemberRenew,
  MOTION_OPEN_KIND,
  MOTION_WITHDRAW_KIND,
  type MotionOpen,
  type MotionWithdraw,
  type PrivateKey,
  publicKeyOf
} from '../protocol/index.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

/** A member as it signs: its identity key, and the network it acts on. */
export interface MemberSigner {
  readonly networkTag: Uint8Array
  /** Ed25519. */
  readonly identity: PrivateKey
}

/** A member's act but for what the signer fills in itself. */
export type MemberAct<Act extends MemberPrefix> = Omit<Act, 'kind' | 'memberId'>

/** Puts a question. */
export function signMotionOpen(
  signer: MemberSigner,
  act: MemberAct<MotionOpen>
): SignedTransaction {
  return signAct(signer, MOTION_OPEN_KIND, encodeMotionOpen({ ...act, ...idOf(signer) }))
}

/** Answers a question. */
export function signBallot(signer: MemberSigner, act: MemberAct<Ballot>): SignedTransaction {
  return signAct(signer, BALLOT_KIND, encodeBallot({ ...act, ...idOf(signer) }))
}

/** Takes an own question back. */
export function signMotionWithdraw(
  signer: MemberSigner,
  act: MemberAct<MotionWithdraw>
): SignedTransaction {
  return signAct(signer, MOTION_WITHDRAW_KIND, encodeMotionWithdraw({ ...act, ...idOf(signer) }))
}

/** Renews a membership. */
export function signMemberRenew(
  signer: MemberSigner,
  act: MemberAct<MemberRenew>
): SignedTransaction {
  return signAct(signer, MEMBER_RENEW_KIND, encodeMemberRenew({ ...act, ...idOf(signer) }))
}

/** Gives the own seat up. */
export function signMemberLeave(
  signer: MemberSigner,
  { memberSequence }: MemberAct<MemberPrefix & { readonly kind: string }>
): SignedTransaction {
  const body = encodeMemberLeave({ ...idOf(signer), memberSequence, recoveryKey: null })
  return signAct(signer, MEMBER_LEAVE_KIND, body)
}

/** Gives the seat of a member up with its recovery key: its own key may be in other hands. */
export function signLeaveByRecovery(
  recovery: PrivateKey,
  { networkTag, memberId }: { readonly networkTag: Uint8Array; readonly memberId: Uint8Array }
): SignedTransaction {
  const recoveryKey = publicKeyOf(recovery)
  const body = encodeMemberLeave({ memberId, memberSequence: 0, recoveryKey })
  const place = { networkTag, kind: MEMBER_LEAVE_KIND, role: 'memberRecovery' } as const
  return joinTransaction(networkTag, body, [signBody(recovery, body, place)])
}

/** Asks for a seat, with a vote key that was never shown. */
export function signMemberApply(
  signer: MemberSigner,
  voteKey: PrivateKey,
  act: Omit<MemberApply, 'kind' | 'memberId' | 'voteKey'>
): SignedTransaction {
  const { networkTag, identity } = signer
  const body = encodeMemberApply({ ...act, ...idOf(signer), voteKey: publicKeyOf(voteKey) })
  const place = { networkTag, kind: MEMBER_APPLY_KIND }
  return joinTransaction(networkTag, body, [
    signBody(identity, body, { ...place, role: 'member' }),
    signBody(voteKey, body, { ...place, role: 'voteKey' })
  ])
}

function idOf({ identity }: MemberSigner): { readonly memberId: Uint8Array } {
  return { memberId: publicKeyOf(identity) }
}

function signAct(
  { networkTag, identity }: MemberSigner,
  kind: number,
  body: Uint8Array
): SignedTransaction {
  const signature = signBody(identity, body, { networkTag, kind, role: 'member' })
  return joinTransaction(networkTag, body, [signature])
}

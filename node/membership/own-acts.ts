/**
 * The acts that members and applicants sign.
 *
 * @module
 */

import {
  type Alert,
  type Ballot,
  encodeAlert,
  encodeBallot,
  encodeMemberApply,
  encodeMemberEvidence,
  encodeMemberLeave,
  encodeMemberReady,
  encodeMemberRenew,
  encodeMotionOpen,
  encodeMotionWithdraw,
  encodeTransaction,
  encodeVoteMessage,
  invariant,
  kindByName,
  MEMBER_OFFENCES,
  type MemberApply,
  type MemberLeave,
  type MemberReady,
  type MemberRenew,
  type MotionOpen,
  type MotionWithdraw,
  type SignedVote,
  transactionSigningBytes
} from '../../protocol/index.ts'

/** A key and how it signs. */
export interface ActSigner {
  /** Ed25519 public key. */
  readonly publicKey: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** An act of a member, or of one that wants to be. */
export type MemberAct =
  | MemberApply
  | MemberReady
  | MemberRenew
  | MemberLeave
  | MotionOpen
  | Ballot
  | MotionWithdraw
  | Alert

/** What signs an act: the identity, or the recovery key in its place; and the vote key that it shows. */
export interface ActSigners {
  readonly identity: ActSigner
  readonly voteKey?: ActSigner
}

const ENCODERS: { readonly [Kind in MemberAct['kind']]: (act: never) => Uint8Array } = {
  'member-apply': encodeMemberApply,
  'member-ready': encodeMemberReady,
  'member-renew': encodeMemberRenew,
  'member-leave': encodeMemberLeave,
  'motion-open': encodeMotionOpen,
  ballot: encodeBallot,
  'motion-withdraw': encodeMotionWithdraw,
  alert: encodeAlert
}

/** An act on the wire, with the signatures that its kind asks for. */
export function signAct(
  networkTag: Uint8Array,
  act: MemberAct,
  { identity, voteKey }: ActSigners
): Uint8Array {
  const body = ENCODERS[act.kind](act as never)
  const definition = kindByName(act.kind)
  const signatures = definition.signers(act).map(({ role }) => {
    const signer = role === 'voteKey' ? voteKey : identity
    invariant(signer !== undefined, 'an act that shows a vote key is signed with it')
    const name = { kind: definition.number, role, key: signer.publicKey }
    const signature = signer.sign(transactionSigningBytes(networkTag, body, name))
    return { algorithm: 'Ed25519' as const, signature }
  })
  return encodeTransaction(body, signatures, null)
}

/** A member-evidence on the wire: two votes of one member and one view that contradict each other. */
export function evidenceOfVotes(
  accusedMemberId: Uint8Array,
  pair: readonly [SignedVote, SignedVote]
): Uint8Array {
  // NULLIFY stands first where the other is a FINALISE.
  const [first, second] = pair[1].vote.kind === 'nullify' ? [pair[1], pair[0]] : pair
  const body = encodeMemberEvidence({
    offence: offenceOf(first, second),
    accusedMemberId,
    epoch: first.vote.epoch,
    itemA: encodeVoteMessage(first),
    itemB: encodeVoteMessage(second),
    proof: null
  })
  return encodeTransaction(body, [], null)
}

function offenceOf({ vote: a }: SignedVote, { vote: b }: SignedVote): number {
  if (a.kind === 'nullify' || b.kind === 'nullify') return MEMBER_OFFENCES.nullifyAndFinalise
  return a.kind === 'notarise' ? MEMBER_OFFENCES.twoNotarise : MEMBER_OFFENCES.twoFinalise
}

/**
 * The double voter: once it is told to, it signs two votes of one view that no honest member signs both.
 *
 * It runs the product's own parts. Only what leaves is otherwise: beside a NOTARISE of its own goes
 * one for a block that nobody made, signed with its vote key past its vote log.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { createEd25519Signer } from '#crypto'
import type { Network } from '../../node/network/network.ts'
import type { KeyPair } from '../../node/node-keys.ts'
import {
  type BlockId,
  decodeMemberMessage,
  type Electorate,
  encodeVote,
  encodeVoteMessage,
  type MemberIndex,
  type SignedVote,
  toHex,
  type View,
  type Vote
} from '../../protocol/index.ts'

/** Who votes twice. */
export interface DoubleVoterOptions {
  readonly networkTag: Uint8Array
  /** The electorate in which it offends: of no other epoch it has the keys at hand. */
  readonly electorate: Electorate
  readonly seat: MemberIndex
  readonly voteKey: KeyPair
}

/** What a double voter needs from others. */
export interface DoubleVoterPorts {
  /** Whether it is told to offend. */
  readonly isTold: () => boolean
  /** It has begun to offend. */
  readonly onOffence: (view: View) => void
}

/** Sends a message to a member, as the network does. */
export type SendToMember = Network['sendToMember']

/**
 * A wire that says in one view the contrary of what it is given, to everybody who hears the vote.
 *
 * @param send - the honest wire
 */
export function createDoubleTalk(
  send: SendToMember,
  options: DoubleVoterOptions,
  { isTold, onOffence }: DoubleVoterPorts
): SendToMember {
  let offence: { readonly view: View; readonly contrary: Uint8Array } | undefined
  return (protocol, to, message) => {
    const isSent = send(protocol, to, message)
    const own = protocol === 'votes' && isTold() ? notariseIn(message, options) : undefined
    if (own === undefined) return isSent
    if (offence === undefined) {
      offence = { view: own.view, contrary: encodeVoteMessage(contraryOf(own, options)) }
      onOffence(own.view)
    }
    if (own.view === offence.view) send(protocol, to, offence.contrary)
    return isSent
  }
}

/** The NOTARISE that a message of its own carries, by itself or with a proposal. */
function notariseIn(
  message: Uint8Array,
  { seat, electorate }: DoubleVoterOptions
): Vote | undefined {
  const read = decodeMemberMessage(message, seat)
  const signed = read?.kind === 'proposal' ? read.proposal.vote : undefined
  const vote = read?.kind === 'vote' ? read.vote.vote : signed?.vote
  return vote?.kind === 'notarise' && vote.epoch === electorate.epoch ? vote : undefined
}

function contraryOf(
  vote: Vote,
  { networkTag, electorate, seat, voteKey }: DoubleVoterOptions
): SignedVote {
  const blockId = toHex(new Uint8Array(randomBytes(32))) as BlockId
  const contrary = { ...vote, subject: vote.subject && { ...vote.subject, blockId } }
  const signer = createEd25519Signer(voteKey.seed)
  return {
    vote: contrary,
    signer: seat,
    signature: signer.sign(encodeVote(networkTag, electorate, contrary))
  }
}

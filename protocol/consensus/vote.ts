/**
 * Votes: the exact bytes a member signs.
 *
 * @see SPEC.md §9.1 Votes
 * @module
 */

import { ed25519Verify } from '#crypto'
import { ascii, concatBytes, fromHex, uint64 } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { BlockId, Epoch, MemberIndex, View } from '../types.ts'

/** The three kinds with their numbers in the signed bytes and on the wire. */
export const VOTE_KINDS: { readonly notarise: 1; readonly nullify: 2; readonly finalise: 3 } = {
  notarise: 1,
  nullify: 2,
  finalise: 3
}

/** The name of a kind of vote. */
export type VoteKind = keyof typeof VOTE_KINDS

/** What a NOTARISE or FINALISE is about: a block of a view, on a parent of an earlier view. */
export interface Subject {
  readonly parentView: View
  readonly blockId: BlockId
}

/** What a vote says. A NULLIFY has no subject. */
export interface Vote {
  readonly kind: VoteKind
  readonly epoch: Epoch
  readonly view: View
  readonly subject: Subject | null
}

/** A vote with one member's signature. */
export interface SignedVote {
  readonly vote: Vote
  readonly signer: MemberIndex
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array
}

const VOTE_TAG = ascii('TM1')

/** The bytes that are signed for a vote: network, epoch, electorate, kind, view, and the subject. */
export function encodeVote(networkTag: Uint8Array, electorate: Electorate, vote: Vote): Uint8Array {
  invariant(vote.epoch === electorate.epoch, 'a vote is signed in the domain of its own electorate')
  const domain = [
    VOTE_TAG,
    networkTag,
    uint64(vote.epoch),
    electorate.hash,
    uint64(VOTE_KINDS[vote.kind]),
    uint64(vote.view)
  ]
  if (vote.subject === null) return concatBytes(...domain)
  const blockId = fromHex(vote.subject.blockId)
  invariant(blockId?.length === 32, 'a block id is 32 bytes in hex')
  return concatBytes(...domain, uint64(vote.subject.parentView), blockId)
}

/** Whether a vote's signature is its signer's. */
export function isVoteGenuine(
  networkTag: Uint8Array,
  electorate: Electorate,
  { vote, signer, signature }: SignedVote
): boolean {
  const seat = electorate.seats[signer]
  if (seat === undefined || vote.epoch !== electorate.epoch) return false
  return ed25519Verify(seat.voteKey, encodeVote(networkTag, electorate, vote), signature)
}

/** Whether two votes say the same. */
export function isSameVote(a: Vote, b: Vote): boolean {
  return a.kind === b.kind && a.epoch === b.epoch && a.view === b.view && isSameSubject(a, b)
}

function isSameSubject({ subject: a }: Vote, { subject: b }: Vote): boolean {
  if (a === null || b === null) return a === b
  return a.blockId === b.blockId && a.parentView === b.parentView
}

/**
 * The keys of whoever appears in tests of governance: everybody is a number, and a number has its keys.
 *
 * @module
 */

import { encodeVote, type SignedVote, type Vote } from '../consensus/vote.ts'
import { type PrivateKey, publicKeyOf, signBytes } from '../crypto/signing.ts'
import { toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { MemberIndex } from '../types.ts'
import { worldKey } from './world-signer.ts'

const IDENTITY = 100_000
const RECOVERY = 200_000
const VOTE_KEYS = 1_000_000
const VOTE_KEYS_EACH = 100
const NUMBERS_MAX = 96

/** The identity key of somebody. */
export function identityOf(who: number): PrivateKey {
  return worldKey(IDENTITY + who)
}

/** The member id of somebody. */
export function idOf(who: number): Uint8Array {
  return publicKeyOf(identityOf(who))
}

/** The key that gives somebody's seat up. */
export function recoveryOf(who: number): PrivateKey {
  return worldKey(RECOVERY + who)
}

/** The vote keys of somebody, in the order in which they are shown. */
export function voteKeyOf(who: number, turn: number): PrivateKey {
  return worldKey(VOTE_KEYS + VOTE_KEYS_EACH * who + turn)
}

/** The first of somebody's vote keys that fits. */
export function findVoteTurn(who: number, fits: (publicKey: Uint8Array) => boolean): number {
  for (let turn = 0; turn < VOTE_KEYS_EACH; turn++)
    if (fits(publicKeyOf(voteKeyOf(who, turn)))) return turn
  throw new Error('none of the vote keys fits')
}

/** The number of a member id. */
export function numberOf(memberId: Uint8Array): number {
  const number = NUMBERS.get(toHex(memberId))
  invariant(number !== undefined, 'everybody here has a number')
  return number
}

/** Signs a vote with the key that its signer's seat has. */
export function signVote(
  networkTag: Uint8Array,
  electorate: Electorate,
  { vote, signer }: { readonly vote: Vote; readonly signer: MemberIndex }
): SignedVote {
  const seat = electorate.seats[signer]
  invariant(seat !== undefined, 'the signer is seated')
  const who = numberOf(seat.memberId)
  const turn = findVoteTurn(who, (publicKey) => toHex(publicKey) === toHex(seat.voteKey))
  const bytes = encodeVote(networkTag, electorate, vote)
  return { vote, signer, signature: signBytes(voteKeyOf(who, turn), bytes).signature }
}

const NUMBERS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: NUMBERS_MAX }, (_, who) => [toHex(idOf(who)), who])
)

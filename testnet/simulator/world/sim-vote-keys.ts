/**
 * The vote keys of a simulated node: derived one from the other, and erased as the daemon's are.
 *
 * @module
 */

import { createEd25519Signer, sha256 } from '#crypto'
import { NodeError } from '../../../node/errors.ts'
import type { NextVoteKey, OwnSeat, VoteKeys } from '../../../node/own-seat.ts'
import { seatOfIdentity } from '../../../node/own-seat.ts'
import {
  ascii,
  concatBytes,
  type Electorate,
  equalBytes,
  keyHash,
  uint64
} from '../../../protocol/index.ts'

const KEY_TAG = ascii('simulated vote key')
/** Keys between two applications: more than one membership ever uses. */
const APPLICATION_STRIDE = 64

/** The seed of a node's vote key by its number. */
function voteSeedOf(firstSeed: Uint8Array, number: number): Uint8Array {
  return number === 0 ? firstSeed : sha256(concatBytes(KEY_TAG, firstSeed, uint64(number)))
}

/** The hash of a node's vote key by its number. */
export function voteKeyHashOf(firstSeed: Uint8Array, number: number): Uint8Array {
  return keyHash(createEd25519Signer(voteSeedOf(firstSeed, number)).publicKey)
}

/** A keyring on no disk: what is erased stays so over all starts of its node. */
export class SimVoteKeys implements VoteKeys {
  readonly #identityKey: Uint8Array
  readonly #firstSeed: Uint8Array
  readonly #onSigned: (message: Uint8Array, signature: Uint8Array) => void
  readonly #keys = new Map<number, Uint8Array>()
  /** The key of the last application. */
  #applied = 0
  /** The lowest key that is not erased. */
  #first = 0

  constructor(
    keys: { readonly identityKey: Uint8Array; readonly firstSeed: Uint8Array },
    onSigned: (message: Uint8Array, signature: Uint8Array) => void
  ) {
    this.#identityKey = keys.identityKey
    this.#firstSeed = keys.firstSeed
    this.#onSigned = onSigned
  }

  seatIn(electorate: Electorate): OwnSeat | null {
    const own = seatOfIdentity(electorate, this.#identityKey)
    const number = own && this.#findKey((key) => equalBytes(key, own.seat.voteKey))
    // A ledger that is fetched anew goes through epochs whose keys were erased.
    if (own === undefined || number === undefined) return null
    return { index: own.index, signVote: this.#signerOf(number) }
  }

  async prepare(hash: Uint8Array): Promise<NextVoteKey> {
    const number = this.#numberOf((key) => equalBytes(keyHash(key), hash))
    return {
      voteKey: this.#keyOf(number),
      nextVoteKeyHash: voteKeyHashOf(this.#firstSeed, number + 1),
      sign: this.#signerOf(number)
    }
  }

  retireBefore(electorate: Electorate): Promise<void> {
    const own = seatOfIdentity(electorate, this.#identityKey)
    const number = own && this.#findKey((key) => equalBytes(key, own.seat.voteKey))
    this.#first = number ?? this.#first
    return Promise.resolve()
  }

  /** A key that was never used, for an application, and the hash of the one after it. */
  fresh(): Promise<NextVoteKey> {
    this.#applied += APPLICATION_STRIDE
    return this.prepare(voteKeyHashOf(this.#firstSeed, this.#applied))
  }

  /** Signs as a liar does: with the key of its seat, or with the first one where it has none. */
  signerIn(electorate: Electorate): (message: Uint8Array) => Uint8Array {
    const own = seatOfIdentity(electorate, this.#identityKey)
    const number = own && this.#findKey((key) => equalBytes(key, own.seat.voteKey))
    return this.#signerOf(number ?? this.#first)
  }

  #numberOf(isWanted: (key: Uint8Array) => boolean): number {
    const number = this.#findKey(isWanted)
    if (number === undefined) throw new NodeError('KEY_FILE_WRONG', 'the vote key is not here')
    return number
  }

  #findKey(isWanted: (key: Uint8Array) => boolean): number | undefined {
    for (let number = this.#first; number < this.#applied + APPLICATION_STRIDE; number++)
      if (isWanted(this.#keyOf(number))) return number
    return undefined
  }

  #keyOf(number: number): Uint8Array {
    let key = this.#keys.get(number)
    if (key === undefined) {
      key = createEd25519Signer(voteSeedOf(this.#firstSeed, number)).publicKey
      this.#keys.set(number, key)
    }
    return key
  }

  #signerOf(number: number): (message: Uint8Array) => Uint8Array {
    const signer = createEd25519Signer(voteSeedOf(this.#firstSeed, number))
    return (message) => {
      const signature = signer.sign(message)
      this.#onSigned(message, signature)
      return signature
    }
  }
}

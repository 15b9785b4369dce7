/**
 * The format of the state tree: what is hashed, and where it stands.
 *
 * A leaf holds a key, the next larger key of the tree, and the hash of the key's value. Leaves stand
 * in order of insertion and never move; the chain of next keys orders them. So one leaf proves that
 * its key is there, and as well that no key lies between it and the next.
 *
 * A leaf's preimage is 97 bytes, a node's 64, and the count of leaves, which fixes the depth, is part
 * of the root: no node can be passed off as a leaf.
 *
 * @module
 */

import { hashPairs, sha256 } from '#crypto'
import { ascii, concatBytes, uint64 } from '../foundation/bytes.ts'
import { wordsOf } from './words.ts'

/** Bytes of a key, of a value hash, and of every node. */
export const HASH_BYTES = 32

/** Bytes of a packed leaf: key, next key, value hash. */
export const LEAF_BYTES = 96

/** Words of a packed leaf. */
export const LEAF_WORDS = 24

/** Where the parts of a packed leaf begin, in words. */
export const LEAF_NEXT_KEY_WORD = 8

/** Where the value hash of a packed leaf begins, in words. */
export const LEAF_VALUE_HASH_WORD = 16

/** The most leaves a tree can hold, so that counts and indices are plain in 32-bit arithmetic. */
export const LEAF_COUNT_MAX = 0x8000_0000

/** The key of the sentinel, below every other key; as a value hash: no value. */
export const ZERO_HASH: Uint8Array = new Uint8Array(HASH_BYTES)

/** The next key of the largest leaf: there is none. */
export const NO_NEXT_KEY: Uint8Array = new Uint8Array(HASH_BYTES).fill(0xff)

/** {@link ZERO_HASH} as words. */
export const ZERO_WORDS: Uint32Array = wordsOf(ZERO_HASH)

const ROOT_TAG: Uint8Array = ascii('tm/tree/1')

const DEPTH_MAX = 31

/** The hashes of subtrees without leaves, by level, leaves being level 0. */
export const EMPTY_SUBTREES: readonly Uint32Array[] = emptySubtrees()

/** Levels above the leaves: ⌈log2(count)⌉. */
export function depthOf(count: number): number {
  let depth = 0
  for (let capacity = 1; capacity < count; capacity *= 2) depth++
  return depth
}

/** The root over the top node of `count` leaves. */
export function rootOf(count: number, top: Uint8Array): Uint8Array {
  return sha256(concatBytes(ROOT_TAG, uint64(count), top))
}

/** Hashes packed leaves, one at a time, in a preimage buffer of its own. */
export class LeafHasher {
  // The prefix byte stands before a word boundary, so that leaves can be copied by words.
  readonly #words = new Uint32Array(1 + LEAF_WORDS)
  readonly #preimage = new Uint8Array(this.#words.buffer, 3)

  /** SHA-256(0x00 ‖ key ‖ nextKey ‖ valueHash) of the leaf that begins at word `leafWord`. */
  hash(leaves: Uint32Array, leafWord: number): Uint8Array {
    for (let word = 0; word < LEAF_WORDS; word++)
      this.#words[1 + word] = leaves[leafWord + word] as number
    return sha256(this.#preimage)
  }
}

function emptySubtrees(): Uint32Array[] {
  let hash: Uint8Array = ZERO_HASH
  const ladder = [wordsOf(hash)]
  for (let level = 1; level <= DEPTH_MAX; level++) {
    hash = hashPairs(concatBytes(hash, hash))
    ladder.push(wordsOf(hash))
  }
  return ladder
}

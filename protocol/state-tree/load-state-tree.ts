/**
 * Loading a state tree from its packed leaves: after a restart, or from a snapshot.
 *
 * What comes out is a well-formed tree, or a fault. Whether it is the agreed state only its root
 * tells: the caller compares it with the header's.
 *
 * @module
 */

import { hashPairs } from '#crypto'
import { accept, reject, type Verdict } from '../foundation/verdict.ts'
import {
  EMPTY_SUBTREES,
  LEAF_BYTES,
  LEAF_COUNT_MAX,
  LEAF_NEXT_KEY_WORD,
  LEAF_VALUE_HASH_WORD,
  LEAF_WORDS,
  LeafHasher,
  NO_NEXT_KEY,
  ZERO_WORDS
} from './format.ts'
import { KeyOrder } from './key-order.ts'
import { NodeStore } from './node-store.ts'
import { Rows } from './rows.ts'
import { SettledLeaves } from './settled-leaves.ts'
import { type StateTree, treeOn } from './state-tree.ts'
import { bytesOf, copyHash, equalHashes, HASH_WORDS, wordsOf } from './words.ts'

const PAIRS_AT_ONCE = 2048

/** The rules that packed leaves can break. */
export type StateLeavesFault =
  | 'STATE_LEAVES_TOO_MANY'
  | 'STATE_LEAVES_CUT'
  | 'STATE_LEAVES_SENTINEL_MISSING'
  | 'STATE_LEAVES_UNLINKED'

/** A loaded tree, or the rule that its leaves break. */
export type StateTreeLoading =
  | { readonly ok: true; readonly tree: StateTree }
  | { readonly ok: false; readonly fault: StateLeavesFault }

/** Takes packed leaves chunk by chunk, so that a running node can load a snapshot in slices. */
export class StateTreeLoader {
  readonly #leaves = new Rows(LEAF_WORDS)
  readonly #nodes = new NodeStore()
  readonly #hasher = new LeafHasher()
  readonly #countMax: number

  /** @param countMax - how many leaves to take at most */
  constructor(countMax: number = LEAF_COUNT_MAX) {
    this.#countMax = countMax
  }

  /**
   * Takes the next leaves in order of index and hashes them.
   *
   * @param chunk - untrusted: any number of whole leaves, 96 bytes each; copied
   */
  add(chunk: Uint8Array): Verdict<'STATE_LEAVES_CUT' | 'STATE_LEAVES_TOO_MANY'> {
    if (chunk.length % LEAF_BYTES !== 0) return reject('STATE_LEAVES_CUT')
    const first = this.#leaves.length
    const end = first + chunk.length / LEAF_BYTES
    if (end > this.#countMax) return reject('STATE_LEAVES_TOO_MANY')
    this.#leaves.append(chunk)
    const words = new Uint32Array(HASH_WORDS)
    const bytes = bytesOf(words)
    for (let index = first; index < end; index++) {
      const block = this.#leaves.blockOf(index)
      bytes.set(this.#hasher.hash(block, this.#leaves.wordOf(index)))
      this.#nodes.write(0, index, words, 0)
    }
    return accept
  }

  /** Orders the leaves, checks their links, hashes the nodes above. The loader is then spent. */
  finish(): StateTreeLoading {
    if (!startsWithSentinel(this.#leaves))
      return { ok: false, fault: 'STATE_LEAVES_SENTINEL_MISSING' }
    const order = KeyOrder.of(this.#leaves)
    if (!isLinked(this.#leaves, order)) return { ok: false, fault: 'STATE_LEAVES_UNLINKED' }
    hashUpwards(this.#nodes, this.#leaves.length)
    return { ok: true, tree: treeOn(new SettledLeaves(this.#leaves, this.#nodes, order)) }
  }
}

/**
 * Loads a tree in one go.
 *
 * @param chunks - untrusted: packed leaves in order of index, many to a chunk
 */
export function loadStateTree(chunks: Iterable<Uint8Array>): StateTreeLoading {
  const loader = new StateTreeLoader()
  for (const chunk of chunks) {
    const verdict = loader.add(chunk)
    if (!verdict.ok) return verdict
  }
  return loader.finish()
}

function startsWithSentinel(leaves: Rows): boolean {
  if (leaves.length === 0) return false
  const first = leaves.blockOf(0)
  return (
    equalHashes(first, 0, ZERO_WORDS, 0) && equalHashes(first, LEAF_VALUE_HASH_WORD, ZERO_WORDS, 0)
  )
}

/** Whether keys are distinct and each leaf names the next one's key. */
function isLinked(leaves: Rows, order: KeyOrder): boolean {
  let expected: Uint32Array = ZERO_WORDS
  let expectedWord = 0
  for (const index of order.indices()) {
    const block = leaves.blockOf(index)
    const start = leaves.wordOf(index)
    if (!equalHashes(block, start, expected, expectedWord)) return false
    // A leaf that names its own key would let the next one repeat it.
    if (equalHashes(block, start, block, start + LEAF_NEXT_KEY_WORD)) return false
    expected = block
    expectedWord = start + LEAF_NEXT_KEY_WORD
  }
  return equalHashes(expected, expectedWord, wordsOf(NO_NEXT_KEY), 0)
}

/** Writes all nodes above the `count` leaves' hashes. */
function hashUpwards(nodes: NodeStore, count: number): void {
  const pairs = new Uint32Array(2 * HASH_WORDS * PAIRS_AT_ONCE)
  let width = count
  for (let level = 0; width > 1; level++) {
    const parents = Math.ceil(width / 2)
    for (let first = 0; first < parents; first += PAIRS_AT_ONCE) {
      const end = Math.min(first + PAIRS_AT_ONCE, parents)
      for (let child = 2 * first; child < 2 * end; child++) {
        const word = (child - 2 * first) * HASH_WORDS
        if (child < width) nodes.copyTo(level, child, pairs, word)
        else copyHash(EMPTY_SUBTREES[level] as Uint32Array, 0, pairs, word)
      }
      const bytes = bytesOf(pairs.subarray(0, 2 * HASH_WORDS * (end - first)))
      const digests = wordsOf(hashPairs(bytes))
      for (let parent = first; parent < end; parent++)
        nodes.write(level + 1, parent, digests, (parent - first) * HASH_WORDS)
    }
    width = parents
  }
}

/**
 * Loading a state tree from its packed leaves: after a restart, or from a snapshot.
 *
 * What comes out is a well-formed tree, or a fault. Whether it is the agreed state only its root
 * tells: the caller compares it with the header's.
 *
 * @module
 */

import { hashPairs } from '#crypto'
import { concatBytes } from '../foundation/bytes.ts'
import { accept, reject, type Verdict } from '../foundation/verdict.ts'
import {
  depthOf,
  EMPTY_SUBTREES,
  LEAF_BYTES,
  LEAF_COUNT_MAX,
  LEAF_NEXT_KEY_WORD,
  LEAF_VALUE_HASH_WORD,
  LEAF_WORDS,
  LeafHasher,
  NO_NEXT_KEY,
  ZERO_HASH
} from './format.ts'
import { KeyOrder } from './key-order.ts'
import { Rows } from './rows.ts'
import { SettledLeaves } from './settled-leaves.ts'
import { type StateTree, treeOn } from './state-tree.ts'
import { bytesOf, equalHashes, HASH_WORDS, wordsOf } from './words.ts'

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
  readonly #hashes = new Rows(HASH_WORDS)
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
    for (let index = first; index < end; index++) {
      const block = this.#leaves.blockOf(index)
      const hash = this.#hasher.hash(block, this.#leaves.wordOf(index))
      this.#hashes.write(index, wordsOf(hash), 0)
    }
    return accept
  }

  /** Orders the leaves, checks their links, hashes the nodes above. The loader is then spent. */
  finish(): StateTreeLoading {
    if (!startsWithSentinel(this.#leaves))
      return { ok: false, fault: 'STATE_LEAVES_SENTINEL_MISSING' }
    const order = KeyOrder.of(this.#leaves)
    if (!isLinked(this.#leaves, order)) return { ok: false, fault: 'STATE_LEAVES_UNLINKED' }
    const levels = hashUpwards(this.#hashes)
    return { ok: true, tree: treeOn(new SettledLeaves(this.#leaves, levels, order)) }
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
  const zero = wordsOf(ZERO_HASH)
  return equalHashes(first, 0, zero, 0) && equalHashes(first, LEAF_VALUE_HASH_WORD, zero, 0)
}

/** Whether keys are distinct and each leaf names the next one's key. */
function isLinked(leaves: Rows, order: KeyOrder): boolean {
  let expected: Uint32Array = wordsOf(ZERO_HASH)
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

/** All levels above the leaves' hashes, and those. */
function hashUpwards(hashes: Rows): Rows[] {
  const levels = [hashes]
  for (let level = 0, depth = depthOf(hashes.length); level < depth; level++) {
    const parents = new Rows(HASH_WORDS)
    const empty = bytesOf(EMPTY_SUBTREES[level] as Uint32Array)
    for (const piece of (levels[level] as Rows).pieces()) {
      const nodes = bytesOf(piece)
      parents.append(hashPairs(nodes.length % 64 === 0 ? nodes : concatBytes(nodes, empty)))
    }
    levels.push(parents)
  }
  return levels
}

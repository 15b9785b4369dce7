/**
 * The settled state: all leaves and nodes of the base version, in typed arrays.
 *
 * Per leaf: 96 bytes of packed leaf, 73 of leaf hash and nodes above it, some 11 of key order, so
 * about 180 MB per million leaves.
 *
 * @module
 */

import { HASH_BYTES, LEAF_BYTES, LEAF_WORDS, LeafHasher, NO_NEXT_KEY, ZERO_HASH } from './format.ts'
import { KeyOrder } from './key-order.ts'
import { NodeStore } from './node-store.ts'
import type { Overlay } from './overlay.ts'
import { Rows } from './rows.ts'
import { HASH_WORDS, wordsOf } from './words.ts'

/** The leaves and nodes that every version stands on. */
export class SettledLeaves {
  readonly #leaves: Rows
  readonly #nodes: NodeStore
  readonly #order: KeyOrder
  #generation = 0

  /**
   * @param leaves - packed leaves in order of index, the sentinel first
   * @param nodes  - their hashes, and the nodes above up to the top
   */
  constructor(leaves: Rows, nodes: NodeStore, order: KeyOrder) {
    this.#leaves = leaves
    this.#nodes = nodes
    this.#order = order
  }

  /** Rises with every overlay that is absorbed: what was derived from older states is void. */
  get generation(): number {
    return this.#generation
  }

  /** How many leaves there are, the sentinel among them. */
  get count(): number {
    return this.#leaves.length
  }

  /** The index of the leaf with the largest key not above `key`. */
  floor(key: Uint8Array): number {
    return this.#order.floor(key)
  }

  /** Copies a leaf's key. */
  copyKey(index: number, target: Uint8Array): void {
    const block = this.#leaves.byteBlockOf(index)
    const start = 4 * this.#leaves.wordOf(index)
    for (let byte = 0; byte < HASH_BYTES; byte++) target[byte] = block[start + byte] as number
  }

  /** Copies a packed leaf into `target` from word `targetWord` on. */
  copyLeaf(index: number, target: Uint32Array, targetWord: number): void {
    this.#leaves.copyTo(index, target, targetWord)
  }

  /** A packed copy of the leaves from `first` up to, not including, `end`. */
  packLeaves(first: number, end: number): Uint8Array {
    return this.#leaves.pack(first, end)
  }

  /** Copies a node with leaves below it into `target` from word `targetWord` on. */
  copyNode(level: number, index: number, target: Uint32Array, targetWord: number): void {
    this.#nodes.copyTo(level, index, target, targetWord)
  }

  /** Writes the changes of a version into place. */
  absorb({ leaves, leafBytes, insertedCount, levels }: Overlay): void {
    this.#generation++
    for (const [level, { indices, hashes }] of levels.entries()) {
      for (let position = 0; position < indices.length; position++)
        this.#nodes.write(level, indices[position] as number, hashes, position * HASH_WORDS)
    }
    const indices = levels[0]?.indices ?? new Uint32Array()
    for (let position = 0; position < indices.length; position++) {
      const index = indices[position] as number
      this.#leaves.write(index, leaves, position * LEAF_WORDS)
      if (position < indices.length - insertedCount) continue
      const start = position * LEAF_BYTES
      this.#order.insert(leafBytes.subarray(start, start + 32), index)
    }
  }
}

/** The settled state of an empty tree: the sentinel alone. */
export function createSettledLeaves(): SettledLeaves {
  const sentinel = new Uint8Array(LEAF_BYTES)
  sentinel.set(ZERO_HASH, 0)
  sentinel.set(NO_NEXT_KEY, 32)
  const leaves = new Rows(LEAF_WORDS)
  leaves.append(sentinel)
  const nodes = new NodeStore()
  nodes.write(0, 0, wordsOf(new LeafHasher().hash(wordsOf(sentinel), 0)), 0)
  return new SettledLeaves(leaves, nodes, KeyOrder.of(leaves))
}

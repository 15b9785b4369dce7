/**
 * The settled state: all leaves and nodes of the base version, in typed arrays.
 *
 * Per leaf: 96 bytes of packed leaf, 32 of leaf hash, 32 of nodes above it, some 11 of key order,
 * so about 171 MB per million leaves.
 *
 * @module
 */

import { LEAF_BYTES, LEAF_WORDS, LeafHasher, NO_NEXT_KEY, ZERO_HASH } from './format.ts'
import { KeyOrder } from './key-order.ts'
import type { Overlay } from './overlay.ts'
import { Rows } from './rows.ts'
import { bytesOf, HASH_WORDS, wordsOf } from './words.ts'

/** The leaves and nodes that every version stands on. */
export class SettledLeaves {
  readonly #leaves: Rows
  readonly #levels: Rows[]
  readonly #order: KeyOrder
  #generation = 0

  /**
   * @param leaves - packed leaves in order of index, the sentinel first
   * @param levels - their hashes, then the nodes above up to the top
   */
  constructor(leaves: Rows, levels: Rows[], order: KeyOrder) {
    this.#leaves = leaves
    this.#levels = levels
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

  /** Copies a packed leaf into `target` from word `targetWord` on. */
  copyLeaf(index: number, target: Uint32Array, targetWord: number): void {
    this.#leaves.copyTo(index, target, targetWord)
  }

  /** A packed copy of the leaves from `first` up to, not including, `end`. */
  packLeaves(first: number, end: number): Uint8Array {
    return this.#leaves.pack(first, end)
  }

  /** A node with leaves below it. */
  nodesOf(level: number): Rows {
    return this.#levels[level] as Rows
  }

  /** Writes the changes of a version into place. */
  absorb({ leaves, insertedCount, levels }: Overlay): void {
    this.#generation++
    for (const [level, { indices, hashes }] of levels.entries()) {
      const nodes = this.#levels[level] ?? this.#addLevel()
      for (let position = 0; position < indices.length; position++)
        nodes.write(indices[position] as number, hashes, position * HASH_WORDS)
    }
    const indices = levels[0]?.indices ?? new Uint32Array()
    const bytes = bytesOf(leaves)
    for (let position = 0; position < indices.length; position++) {
      const index = indices[position] as number
      this.#leaves.write(index, leaves, position * LEAF_WORDS)
      if (position < indices.length - insertedCount) continue
      const start = position * LEAF_BYTES
      this.#order.insert(bytes.subarray(start, start + 32), index)
    }
  }

  #addLevel(): Rows {
    const nodes = new Rows(HASH_WORDS)
    this.#levels.push(nodes)
    return nodes
  }
}

/** The settled state of an empty tree: the sentinel alone. */
export function createSettledLeaves(): SettledLeaves {
  const sentinel = new Uint8Array(LEAF_BYTES)
  sentinel.set(ZERO_HASH, 0)
  sentinel.set(NO_NEXT_KEY, 32)
  const leaves = new Rows(LEAF_WORDS)
  leaves.append(sentinel)
  const hashes = new Rows(HASH_WORDS)
  hashes.append(new LeafHasher().hash(wordsOf(sentinel), 0))
  return new SettledLeaves(leaves, [hashes], KeyOrder.of(leaves))
}

/**
 * A version as it is read: its own overlay, its ancestors' down to the base, then the settled leaves.
 *
 * @module
 */

import { EMPTY_SUBTREES, LEAF_BYTES, LEAF_WORDS, nodeCount } from './format.ts'
import { compareKeys, floorInserted, type Overlay, positionOf } from './overlay.ts'
import type { SettledLeaves } from './settled-leaves.ts'
import { bytesOf, copyHash, HASH_WORDS } from './words.ts'

/** Where a key stands. */
export interface Place {
  /** The leaf that holds the key, or the one with the largest key below it. */
  readonly index: number
  /** Whether that leaf holds the key itself. */
  readonly isExact: boolean
  /** That leaf, packed: a copy. */
  readonly leaf: Uint32Array
}

/** Reads through overlays, the newest first, to the settled leaves. */
export class Lineage {
  readonly count: number
  readonly #overlays: readonly Overlay[]
  readonly #settled: SettledLeaves

  /** @param count - the leaves of the version that is read */
  constructor(count: number, overlays: readonly Overlay[], settled: SettledLeaves) {
    this.count = count
    this.#overlays = overlays
    this.#settled = settled
  }

  /** Where `key` stands in this version. */
  find(key: Uint8Array): Place {
    const leaf = new Uint32Array(LEAF_WORDS)
    const bytes = bytesOf(leaf)
    let index = this.#settled.floor(key)
    this.#settled.copyLeaf(index, leaf, 0)
    let order = compareKeys(bytes, 0, key)
    for (const overlay of this.#overlays) {
      if (order === 0) break
      const position = floorInserted(overlay, key)
      const inserted = bytesOf(overlay.leaves)
      const start = position * LEAF_BYTES
      if (position < 0 || compareKeys(inserted, start, bytes) < 0) continue
      index = overlay.levels[0]?.indices[position] as number
      bytes.set(inserted.subarray(start, start + LEAF_BYTES))
      order = compareKeys(bytes, 0, key)
    }
    // The key is right; the other parts of the leaf may have changed since it was written there.
    this.copyLeaf(index, leaf, 0)
    return { index, isExact: order === 0, leaf }
  }

  /** Copies a packed leaf into `target` from word `targetWord` on. */
  copyLeaf(index: number, target: Uint32Array, targetWord: number): void {
    for (const { leaves, levels } of this.#overlays) {
      const changed = levels[0]
      const position = changed === undefined ? -1 : positionOf(changed.indices, index)
      if (position < 0) continue
      const start = position * LEAF_WORDS
      for (let word = 0; word < LEAF_WORDS; word++)
        target[targetWord + word] = leaves[start + word] as number
      return
    }
    this.#settled.copyLeaf(index, target, targetWord)
  }

  /** Copies a node into `target` from word `targetWord` on; of an empty subtree if it has no leaf. */
  copyNode(level: number, index: number, target: Uint32Array, targetWord: number): void {
    if (index >= nodeCount(this.count, level)) {
      copyHash(EMPTY_SUBTREES[level] as Uint32Array, 0, target, targetWord)
      return
    }
    for (const { levels } of this.#overlays) {
      const changed = levels[level]
      const position = changed === undefined ? -1 : positionOf(changed.indices, index)
      if (changed === undefined || position < 0) continue
      copyHash(changed.hashes, position * HASH_WORDS, target, targetWord)
      return
    }
    this.#settled.nodesOf(level).copyTo(index, target, targetWord)
  }
}

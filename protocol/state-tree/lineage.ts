/**
 * A version as it is read: its own overlay, its ancestors' down to the base, then the settled leaves.
 *
 * @module
 */

import { EMPTY_SUBTREES, LEAF_BYTES, LEAF_WORDS } from './format.ts'
import { compareKeys, floorInserted, type Overlay, positionOf } from './overlay.ts'
import type { SettledLeaves } from './settled-leaves.ts'
import { bytesOf, copyHash, HASH_WORDS } from './words.ts'

/** Where a key stands: filled in by each search, to be used again for the next. */
export class Place {
  /** The leaf that holds the key, or the one with the largest key below it. */
  index = 0
  /** Whether that leaf holds the key itself. */
  isExact = false
  /** That leaf, packed: a copy. */
  readonly words: Uint32Array = new Uint32Array(LEAF_WORDS)
  /** The same as bytes. */
  readonly bytes: Uint8Array = bytesOf(this.words)
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

  /** Finds where `key` stands in this version. */
  find(key: Uint8Array, place: Place): void {
    const { words, bytes } = place
    let index = this.#settled.floor(key)
    this.#settled.copyLeaf(index, words, 0)
    let order = compareKeys(bytes, 0, key)
    for (const overlay of this.#overlays) {
      if (order === 0) break
      const position = floorInserted(overlay, key)
      const start = position * LEAF_BYTES
      if (position < 0 || compareKeys(overlay.leafBytes, start, bytes) < 0) continue
      index = overlay.levels[0]?.indices[position] as number
      copyHash(overlay.leaves, position * LEAF_WORDS, words, 0)
      order = compareKeys(bytes, 0, key)
    }
    // The key is right; the other parts of the leaf may have changed since it was written there.
    if (this.#overlays.length > 0) this.copyLeaf(index, words, 0)
    place.index = index
    place.isExact = order === 0
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
    if (index > (this.count - 1) >>> level) {
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
    this.#settled.copyNode(level, index, target, targetWord)
  }
}

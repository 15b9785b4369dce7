/**
 * A version as it is read: its own overlay, its ancestors' down to the base, then the settled leaves.
 *
 * @module
 */

import { EMPTY_SUBTREES, HASH_BYTES, LEAF_BYTES, LEAF_WORDS } from './format.ts'
import { compareKeys, floorInserted, type Overlay } from './overlay.ts'
import type { SettledLeaves } from './settled-leaves.ts'
import { WantedRows } from './wanted-rows.ts'
import { copyHash, HASH_WORDS } from './words.ts'

/** Where a key stands: filled in by each search, to be used again for the next. */
export class Place {
  /** The leaf that holds the key, or the one with the largest key below it. */
  index = 0
  /** Whether that leaf holds the key itself. */
  isExact = false
  /** That leaf's key: a copy. */
  readonly key: Uint8Array = new Uint8Array(HASH_BYTES)
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
    const low = place.key
    let index = this.#settled.floor(key)
    this.#settled.copyKey(index, low)
    let order = compareKeys(low, 0, key)
    for (const overlay of this.#overlays) {
      if (order === 0) break
      const position = floorInserted(overlay, key)
      const start = position * LEAF_BYTES
      if (position < 0 || compareKeys(overlay.leafBytes, start, low) < 0) continue
      index = overlay.levels[0]?.indices[position] as number
      low.set(overlay.leafBytes.subarray(start, start + HASH_BYTES))
      order = compareKeys(low, 0, key)
    }
    place.index = index
    place.isExact = order === 0
  }

  /** Copies a packed leaf into `target`, from its start on. */
  copyLeaf(index: number, target: Uint32Array): void {
    const wanted = new WantedRows(1)
    wanted.add(index, 0)
    this.copyLeaves(wanted, target)
  }

  /** Copies packed leaves into `target`. */
  copyLeaves(wanted: WantedRows, target: Uint32Array): void {
    for (const { levels, leaves } of this.#overlays) {
      const indices = levels[0]?.indices
      if (indices !== undefined)
        wanted.take({ indices, rows: leaves, widthWords: LEAF_WORDS }, target)
    }
    wanted.drain((index, word) => this.#settled.copyLeaf(index, target, word))
  }

  /** Copies nodes of one level into `target`; those without a leaf below are empty subtrees. */
  copyNodes(level: number, wanted: WantedRows, target: Uint32Array): void {
    for (const { levels } of this.#overlays) {
      const changed = levels[level]
      if (changed !== undefined)
        wanted.take(
          { indices: changed.indices, rows: changed.hashes, widthWords: HASH_WORDS },
          target
        )
    }
    const last = (this.count - 1) >>> level
    const empty = EMPTY_SUBTREES[level] as Uint32Array
    wanted.drain((index, word) => {
      if (index > last) copyHash(empty, 0, target, word)
      else this.#settled.copyNode(level, index, target, word)
    })
  }
}

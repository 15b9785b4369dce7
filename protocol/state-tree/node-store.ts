/**
 * The settled nodes of all levels, laid out for walks from leaf to top.
 *
 * Three levels share a unit: eight nodes, the four above them, the two above those. So the siblings
 * along a path lie together, and a walk through a large tree misses the processor's caches a third
 * as often as with an array per level.
 *
 * @module
 */

import { Rows } from './rows.ts'
import { copyHash, HASH_WORDS } from './words.ts'

const UNIT_LEVELS = 3

// Fourteen nodes; two more are left empty, so that no unit straddles a page of memory.
const UNIT_WORDS = 16 * HASH_WORDS

/** Nodes by level and index, leaves being level 0; overwritten, or written next after the last. */
export class NodeStore {
  readonly #tiers: Rows[] = []

  /** Copies a node into `target` from word `targetWord` on. */
  copyTo(level: number, index: number, target: Uint32Array, targetWord: number): void {
    const tier = this.#tierOf(level)
    const height = level % UNIT_LEVELS
    const unit = index >>> (UNIT_LEVELS - height)
    copyHash(tier.blockOf(unit), tier.wordOf(unit) + wordInUnit(height, index), target, targetWord)
  }

  /** Writes a node from word `sourceWord` of `source`. */
  write(level: number, index: number, source: Uint32Array, sourceWord: number): void {
    const tier = this.#tierOf(level)
    const height = level % UNIT_LEVELS
    const unit = index >>> (UNIT_LEVELS - height)
    if (unit === tier.length) tier.grow()
    copyHash(source, sourceWord, tier.blockOf(unit), tier.wordOf(unit) + wordInUnit(height, index))
  }

  #tierOf(level: number): Rows {
    const number = Math.floor(level / UNIT_LEVELS)
    let tier = this.#tiers[number]
    if (tier === undefined) {
      tier = new Rows(UNIT_WORDS)
      this.#tiers[number] = tier
    }
    return tier
  }
}

/** Where a node begins in its unit: the levels, of 8, 4 and 2 nodes, begin at 0, 8 and 12. */
function wordInUnit(height: number, index: number): number {
  const levelNodes = 8 >>> height
  return (16 - 2 * levelNodes + (index & (levelNodes - 1))) * HASH_WORDS
}

/**
 * The leaf index: which value belongs under which key, and which of them have come.
 *
 * The leaves of a snapshot are proved by their runs; records are judged by them as they come, in
 * whatever order. A record that is missing, comes twice or differs is seen here.
 *
 * @module
 */

import { RUN_LEAVES } from '../../protocol/index.ts'

const LEAF_BYTES = 96
const HASH_BYTES = 32
const VALUE_HASH_START = 64
/** Key and value hash. */
const ROW_BYTES = 64
const NO_LEAF = 0
const SEEN = 1

/** What the index says of a record. */
export type RecordVerdict = 'good' | 'wrong' | 'repeated'

/** Finds leaves by their keys. 10^6 leaves take about 80 MB. */
export class LeafIndex {
  readonly #rows: Uint8Array
  readonly #words: DataView
  /** Row + 1 by a part of the key; open addressing, at most half full. */
  readonly #table: Uint32Array
  readonly #seen: Uint8Array
  #missing = 0

  constructor(leafCount: number) {
    this.#rows = new Uint8Array(leafCount * ROW_BYTES)
    this.#words = new DataView(this.#rows.buffer)
    let size = 2
    while (size < 2 * leafCount) size *= 2
    this.#table = new Uint32Array(size)
    this.#seen = new Uint8Array(leafCount)
  }

  /** How many values have not come yet. */
  get missing(): number {
    return this.#missing
  }

  /** Takes the leaves of a run that is proved, once. */
  addRun(index: number, leaves: Uint8Array): void {
    const first = index * RUN_LEAVES
    for (let leaf = 0; leaf * LEAF_BYTES < leaves.length; leaf++) {
      const start = leaf * LEAF_BYTES
      const row = (first + leaf) * ROW_BYTES
      this.#rows.set(leaves.subarray(start, start + HASH_BYTES), row)
      const valueHash = leaves.subarray(start + VALUE_HASH_START, start + LEAF_BYTES)
      this.#rows.set(valueHash, row + HASH_BYTES)
      // A leaf without a value, the sentinel above all, has no record to wait for.
      if (valueHash.every((byte) => byte === 0)) continue
      this.#enter(first + leaf)
      this.#missing += 1
    }
  }

  /** Judges a record by its state key and value hash, and remembers that it came. */
  take(stateKey: Uint8Array, valueHash: Uint8Array): RecordVerdict {
    const leaf = this.#find(stateKey)
    if (leaf === undefined || !this.#equals(leaf * ROW_BYTES + HASH_BYTES, valueHash))
      return 'wrong'
    if (this.#seen[leaf] === SEEN) return 'repeated'
    this.#seen[leaf] = SEEN
    this.#missing -= 1
    return 'good'
  }

  #enter(leaf: number): void {
    const mask = this.#table.length - 1
    let slot = this.#words.getUint32(leaf * ROW_BYTES) & mask
    while (this.#table[slot] !== NO_LEAF) slot = (slot + 1) & mask
    this.#table[slot] = leaf + 1
  }

  #find(stateKey: Uint8Array): number | undefined {
    const mask = this.#table.length - 1
    const view = new DataView(stateKey.buffer, stateKey.byteOffset, HASH_BYTES)
    for (let slot = view.getUint32(0) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot] as number
      if (entry === NO_LEAF) return undefined
      if (this.#equals((entry - 1) * ROW_BYTES, stateKey)) return entry - 1
    }
  }

  #equals(start: number, hash: Uint8Array): boolean {
    for (let byte = 0; byte < HASH_BYTES; byte++)
      if (this.#rows[start + byte] !== hash[byte]) return false
    return true
  }
}

/**
 * A growable column of fixed-width rows in typed arrays.
 *
 * It grows by blocks of rows: nothing is ever copied to make room, so growing causes neither a
 * pause nor a moment of double memory, and at most one block per column is unused.
 *
 * @module
 */

import { invariant } from '../foundation/invariant.ts'
import { bytesOf } from './words.ts'

const BLOCK_ROWS_LOG2 = 12
const BLOCK_ROWS = 2 ** BLOCK_ROWS_LOG2
const BLOCK_MASK = BLOCK_ROWS - 1

/** Rows of `widthWords` 32-bit words each, appended at the end and overwritten in place. */
export class Rows {
  readonly widthWords: number
  readonly #blocks: Uint32Array[] = []
  /** The same memory. */
  readonly #byteBlocks: Uint8Array[] = []
  #length = 0

  constructor(widthWords: number) {
    this.widthWords = widthWords
  }

  /** How many rows there are. */
  get length(): number {
    return this.#length
  }

  /** The block that holds `row`: live memory. */
  blockOf(row: number): Uint32Array {
    const block = this.#blocks[row >>> BLOCK_ROWS_LOG2]
    invariant(block !== undefined && row < this.#length, 'a row that is used has been added')
    return block
  }

  /** The same block as bytes. */
  byteBlockOf(row: number): Uint8Array {
    const block = this.#byteBlocks[row >>> BLOCK_ROWS_LOG2]
    invariant(block !== undefined && row < this.#length, 'a row that is used has been added')
    return block
  }

  /** Where `row` begins in its block, in words. */
  wordOf(row: number): number {
    return (row & BLOCK_MASK) * this.widthWords
  }

  /** Adds a row of zeros at the end. */
  grow(): void {
    if ((this.#length & BLOCK_MASK) === 0) {
      const block = new Uint32Array(BLOCK_ROWS * this.widthWords)
      this.#blocks.push(block)
      this.#byteBlocks.push(bytesOf(block))
    }
    this.#length++
  }

  /** Copies `row` into `target` from word `targetWord` on. */
  copyTo(row: number, target: Uint32Array, targetWord: number): void {
    const block = this.blockOf(row)
    const start = this.wordOf(row)
    for (let word = 0; word < this.widthWords; word++)
      target[targetWord + word] = block[start + word] as number
  }

  /** Writes `row`, an old one or the one next after the last. */
  write(row: number, source: Uint32Array, sourceWord: number): void {
    if (row === this.#length) this.grow()
    const block = this.blockOf(row)
    const start = this.wordOf(row)
    for (let word = 0; word < this.widthWords; word++)
      block[start + word] = source[sourceWord + word] as number
  }

  /** Appends the rows packed in `bytes`, a whole number of them. */
  append(bytes: Uint8Array): void {
    const widthBytes = 4 * this.widthWords
    let taken = 0
    while (taken < bytes.length) {
      const first = this.#length
      this.grow()
      const room = (BLOCK_ROWS - (first & BLOCK_MASK)) * widthBytes
      const part = bytes.subarray(taken, taken + room)
      this.byteBlockOf(first).set(part, 4 * this.wordOf(first))
      this.#length = first + part.length / widthBytes
      taken += part.length
    }
  }

  /** A packed copy of the rows from `first` up to, not including, `end`. */
  pack(first: number, end: number): Uint8Array {
    const packed = new Uint32Array((end - first) * this.widthWords)
    for (let row = first; row < end; row++)
      this.copyTo(row, packed, (row - first) * this.widthWords)
    return bytesOf(packed)
  }
}

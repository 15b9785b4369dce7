/**
 * The settled leaves in the order of their keys: which leaf holds a key, or stands right below it.
 *
 * A sorted list of leaf indices cut into pages, each index beside the first 32 bits of its key. Keys
 * are hashes, so a search guesses the place in a page and, nearly always, reads a single leaf. Keys
 * ground to share leading bits buy an attacker nothing: no search reads more than a page.
 *
 * @module
 */

import { HASH_BYTES } from './format.ts'
import { compareKeys } from './overlay.ts'
import type { Rows } from './rows.ts'

const PAGE_ENTRIES = 128

// A bulk load leaves room, so that the first insertions do not split every page.
const PAGE_ENTRIES_LOADED = 96

/** Words of a page: a prefix and an index per entry. */
const PAGE_WORDS = 2 * PAGE_ENTRIES

/** One past the largest prefix. */
const PREFIX_END = 0x1_0000_0000

/** Orders leaves that lie packed in rows. Knows at least the sentinel, index 0. */
export class KeyOrder {
  readonly #leaves: Rows
  #pageCount = 0
  /** By rank: the prefix of the page's first entry, where the page lies, how many entries it has. */
  #firstPrefixes: Uint32Array
  #slots: Uint32Array
  #sizes: Uint32Array
  /** All pages, in order of creation. */
  #pages: Uint32Array

  private constructor(leaves: Rows, pageRoom: number) {
    this.#leaves = leaves
    this.#firstPrefixes = new Uint32Array(pageRoom)
    this.#slots = new Uint32Array(pageRoom)
    this.#sizes = new Uint32Array(pageRoom)
    this.#pages = new Uint32Array(pageRoom * PAGE_WORDS)
  }

  /** Orders all `leaves`, of which there is at least one. Equal keys stay in order of index. */
  static of(leaves: Rows): KeyOrder {
    const { prefixes, indices } = sortByPrefix(leaves)
    settleEqualPrefixes(leaves, prefixes, indices)
    const order = new KeyOrder(leaves, Math.ceil((1.5 * indices.length) / PAGE_ENTRIES_LOADED) + 1)
    for (let first = 0; first < indices.length; first += PAGE_ENTRIES_LOADED) {
      const end = Math.min(first + PAGE_ENTRIES_LOADED, indices.length)
      const rank = order.#pageCount
      order.#addPage(rank, prefixes[first] as number)
      order.#sizes[rank] = end - first
      for (let entry = first, word = order.#wordOf(rank); entry < end; entry++, word += 2) {
        order.#pages[word] = prefixes[entry] as number
        order.#pages[word + 1] = indices[entry] as number
      }
    }
    return order
  }

  /** The index of the leaf with the largest key not above `key`, which is not below the first. */
  floor(key: Uint8Array): number {
    const prefix = prefixOf(key, 0)
    const rank = this.#rankOf(key, prefix)
    return this.#pages[this.#wordAbove(rank, key, prefix) - 1] as number
  }

  /** Takes in a leaf that the rows already hold. */
  insert(key: Uint8Array, index: number): void {
    const prefix = prefixOf(key, 0)
    let rank = this.#rankOf(key, prefix)
    if (this.#sizes[rank] === PAGE_ENTRIES) {
      this.#split(rank)
      rank = this.#rankOf(key, prefix)
    }
    const word = this.#wordAbove(rank, key, prefix)
    const end = this.#wordOf(rank) + 2 * (this.#sizes[rank] as number)
    this.#pages.copyWithin(word + 2, word, end)
    this.#pages[word] = prefix
    this.#pages[word + 1] = index
    this.#sizes[rank] = (this.#sizes[rank] as number) + 1
  }

  /** All indices in the order of their keys. */
  *indices(): Generator<number> {
    for (let rank = 0; rank < this.#pageCount; rank++) {
      const start = this.#wordOf(rank)
      const end = start + 2 * (this.#sizes[rank] as number)
      for (let word = start; word < end; word += 2) yield this.#pages[word + 1] as number
    }
  }

  /** The rank of the last page whose first key is not above `key`. */
  #rankOf(key: Uint8Array, prefix: number): number {
    let low = 0
    let high = this.#pageCount
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      const first = this.#firstPrefixes[middle] as number
      if (first > prefix || (first === prefix && this.#isAbove(this.#wordOf(middle), key)))
        high = middle
      else low = middle
    }
    return low
  }

  /** Where the first entry of a page lies whose key is above `key`, or the page's entries end. */
  #wordAbove(rank: number, key: Uint8Array, prefix: number): number {
    const start = this.#wordOf(rank)
    const size = this.#sizes[rank] as number
    const lowest = this.#firstPrefixes[rank] as number
    const highest =
      rank + 1 < this.#pageCount ? (this.#firstPrefixes[rank + 1] as number) : PREFIX_END
    const share = (prefix - lowest) / Math.max(1, highest - lowest)
    let word = start + 2 * Math.min(size - 1, Math.floor(share * size))
    while (word > start && this.#isEntryAbove(word - 2, key, prefix)) word -= 2
    while (word < start + 2 * size && !this.#isEntryAbove(word, key, prefix)) word += 2
    return word
  }

  #isEntryAbove(word: number, key: Uint8Array, prefix: number): boolean {
    const candidate = this.#pages[word] as number
    return candidate === prefix ? this.#isAbove(word, key) : candidate > prefix
  }

  #isAbove(word: number, key: Uint8Array): boolean {
    const index = this.#pages[word + 1] as number
    const leaves = this.#leaves
    return compareKeys(leaves.byteBlockOf(index), 4 * leaves.wordOf(index), key) > 0
  }

  #wordOf(rank: number): number {
    return (this.#slots[rank] as number) * PAGE_WORDS
  }

  #split(rank: number): void {
    const half = this.#wordOf(rank) + PAGE_WORDS / 2
    this.#addPage(rank + 1, this.#pages[half] as number)
    this.#pages.copyWithin(this.#wordOf(rank + 1), half, half + PAGE_WORDS / 2)
    this.#sizes[rank] = PAGE_ENTRIES / 2
    this.#sizes[rank + 1] = PAGE_ENTRIES / 2
  }

  /** Makes an empty page of `rank`, the pages from there on moving up. */
  #addPage(rank: number, firstPrefix: number): void {
    const count = this.#pageCount
    if (count === this.#slots.length) {
      this.#firstPrefixes = doubled(this.#firstPrefixes)
      this.#slots = doubled(this.#slots)
      this.#sizes = doubled(this.#sizes)
      this.#pages = doubled(this.#pages)
    }
    for (const column of [this.#firstPrefixes, this.#slots, this.#sizes])
      column.copyWithin(rank + 1, rank, count)
    this.#firstPrefixes[rank] = firstPrefix
    this.#slots[rank] = count
    this.#sizes[rank] = 0
    this.#pageCount = count + 1
  }
}

function doubled(words: Uint32Array): Uint32Array {
  const roomier = new Uint32Array(2 * words.length)
  roomier.set(words)
  return roomier
}

/** The first 32 bits of the key at byte `offset`, as a number that orders like them. */
function prefixOf(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  )
}

interface Entries {
  readonly prefixes: Uint32Array
  readonly indices: Uint32Array
}

/** A stable radix sort of all leaves by the first 32 bits of their keys. */
function sortByPrefix(leaves: Rows): Entries {
  const prefixes = new Uint32Array(leaves.length)
  const indices = new Uint32Array(leaves.length)
  for (let index = 0; index < leaves.length; index++) {
    prefixes[index] = prefixOf(leaves.byteBlockOf(index), 4 * leaves.wordOf(index))
    indices[index] = index
  }
  return sortByDigit(sortByDigit({ prefixes, indices }, 0), 16)
}

/** One pass of the radix sort, by the 16 bits from `shift` up. */
function sortByDigit({ prefixes, indices }: Entries, shift: number): Entries {
  const ends = new Uint32Array(0x1_0000)
  for (const prefix of prefixes) (ends[(prefix >>> shift) & 0xffff] as number)++
  let sum = 0
  for (let digit = 0; digit < ends.length; digit++) {
    sum += ends[digit] as number
    ends[digit] = sum
  }
  const sorted = {
    prefixes: new Uint32Array(prefixes.length),
    indices: new Uint32Array(prefixes.length)
  }
  for (let entry = prefixes.length - 1; entry >= 0; entry--) {
    const prefix = prefixes[entry] as number
    const digit = (prefix >>> shift) & 0xffff
    const place = (ends[digit] as number) - 1
    ends[digit] = place
    sorted.prefixes[place] = prefix
    sorted.indices[place] = indices[entry] as number
  }
  return sorted
}

/** Sorts each run of equal prefixes by the whole key. */
function settleEqualPrefixes(leaves: Rows, prefixes: Uint32Array, indices: Uint32Array): void {
  let start = 0
  for (let entry = 1; entry <= prefixes.length; entry++) {
    if (prefixes[entry] === prefixes[start]) continue
    if (entry - start > 1)
      indices.subarray(start, entry).sort((left, right) => {
        const offset = 4 * leaves.wordOf(right)
        const key = leaves.byteBlockOf(right).subarray(offset, offset + HASH_BYTES)
        return compareKeys(leaves.byteBlockOf(left), 4 * leaves.wordOf(left), key) || left - right
      })
    start = entry
  }
}

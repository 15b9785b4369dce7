/**
 * The settled leaves in the order of their keys: which leaf holds a key, or stands right below it.
 *
 * A sorted list of leaf indices cut into pages, each entry beside the first 32 bits of its key, so
 * that a search reads two small arrays and, nearly always, a single leaf. Searches are logarithmic
 * whatever the keys are: keys ground to share leading bits buy an attacker nothing.
 *
 * @module
 */

import type { Rows } from './rows.ts'
import { bytesOf } from './words.ts'

const PAGE_ENTRIES = 512

// A bulk load leaves room, so that the first insertions do not split every page.
const PAGE_ENTRIES_LOADED = 384

interface Page {
  readonly prefixes: Uint32Array
  readonly indices: Uint32Array
  size: number
}

/** Orders leaves that lie packed in rows, key first. Knows at least the sentinel, index 0. */
export class KeyOrder {
  readonly #leaves: Rows
  readonly #pages: Page[]
  /** The prefix of each page's first entry, and room to grow. */
  #firstPrefixes: Uint32Array

  private constructor(leaves: Rows, pages: Page[]) {
    this.#leaves = leaves
    this.#pages = pages
    this.#firstPrefixes = new Uint32Array(2 * pages.length)
    for (const [number, page] of pages.entries())
      this.#firstPrefixes[number] = page.prefixes[0] as number
  }

  /** Orders all `leaves`, of which there is at least one. Equal keys stay in order of index. */
  static of(leaves: Rows): KeyOrder {
    const { prefixes, indices } = sortByPrefix(leaves)
    settleEqualPrefixes(leaves, prefixes, indices)
    const pages: Page[] = []
    for (let first = 0; first < indices.length; first += PAGE_ENTRIES_LOADED) {
      const end = Math.min(first + PAGE_ENTRIES_LOADED, indices.length)
      const page = createPage(end - first)
      page.prefixes.set(prefixes.subarray(first, end))
      page.indices.set(indices.subarray(first, end))
      pages.push(page)
    }
    return new KeyOrder(leaves, pages)
  }

  /** The index of the leaf with the largest key not above `key`, which is not below the first. */
  floor(key: Uint8Array): number {
    const prefix = prefixOf(key, 0)
    const page = this.#pages[this.#pageFor(key, prefix)] as Page
    return page.indices[this.#entryAbove(page, key, prefix) - 1] as number
  }

  /** Takes in a leaf that the rows already hold. */
  insert(key: Uint8Array, index: number): void {
    const prefix = prefixOf(key, 0)
    let number = this.#pageFor(key, prefix)
    if ((this.#pages[number] as Page).size === PAGE_ENTRIES) {
      this.#split(number)
      number = this.#pageFor(key, prefix)
    }
    const page = this.#pages[number] as Page
    const entry = this.#entryAbove(page, key, prefix)
    page.prefixes.copyWithin(entry + 1, entry, page.size)
    page.indices.copyWithin(entry + 1, entry, page.size)
    page.prefixes[entry] = prefix
    page.indices[entry] = index
    page.size++
  }

  /** All indices in the order of their keys. */
  *indices(): Generator<number> {
    for (const page of this.#pages)
      for (let entry = 0; entry < page.size; entry++) yield page.indices[entry] as number
  }

  /** The last page whose first key is not above `key`. */
  #pageFor(key: Uint8Array, prefix: number): number {
    let low = 0
    let high = this.#pages.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      const first = this.#firstPrefixes[middle] as number
      const isAbove =
        first === prefix
          ? this.#isLeafAbove((this.#pages[middle] as Page).indices[0] as number, key)
          : first > prefix
      if (isAbove) high = middle
      else low = middle
    }
    return low
  }

  /** The first entry of `page` whose key is above `key`, or its size. */
  #entryAbove(page: Page, key: Uint8Array, prefix: number): number {
    let low = 0
    let high = page.size
    while (low < high) {
      const middle = (low + high) >>> 1
      const candidate = page.prefixes[middle] as number
      const isAbove =
        candidate === prefix
          ? this.#isLeafAbove(page.indices[middle] as number, key)
          : candidate > prefix
      if (isAbove) high = middle
      else low = middle + 1
    }
    return low
  }

  #isLeafAbove(index: number, key: Uint8Array): boolean {
    return compareLeafKey(this.#leaves, index, key, 0) > 0
  }

  #split(number: number): void {
    const page = this.#pages[number] as Page
    const half = PAGE_ENTRIES / 2
    const upper = createPage(page.size - half)
    upper.prefixes.set(page.prefixes.subarray(half, page.size))
    upper.indices.set(page.indices.subarray(half, page.size))
    page.size = half
    if (this.#pages.length === this.#firstPrefixes.length) {
      const roomier = new Uint32Array(2 * this.#firstPrefixes.length)
      roomier.set(this.#firstPrefixes)
      this.#firstPrefixes = roomier
    }
    this.#firstPrefixes.copyWithin(number + 2, number + 1, this.#pages.length)
    this.#firstPrefixes[number + 1] = upper.prefixes[0] as number
    this.#pages.splice(number + 1, 0, upper)
  }
}

function createPage(size: number): Page {
  return {
    prefixes: new Uint32Array(PAGE_ENTRIES),
    indices: new Uint32Array(PAGE_ENTRIES),
    size
  }
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

function compareLeafKey(leaves: Rows, index: number, key: Uint8Array, offset: number): number {
  const bytes = bytesOf(leaves.blockOf(index))
  const start = 4 * leaves.wordOf(index)
  for (let byte = 0; byte < 32; byte++) {
    const difference = (bytes[start + byte] as number) - (key[offset + byte] as number)
    if (difference !== 0) return difference
  }
  return 0
}

interface Entries {
  readonly prefixes: Uint32Array
  readonly indices: Uint32Array
}

/** A stable radix sort of all leaves by the first 32 bits of their keys. */
function sortByPrefix(leaves: Rows): Entries {
  const prefixes = new Uint32Array(leaves.length)
  const indices = new Uint32Array(leaves.length)
  let index = 0
  for (const piece of leaves.pieces()) {
    const bytes = bytesOf(piece)
    for (let offset = 0; offset < bytes.length; offset += 4 * leaves.widthWords) {
      prefixes[index] = prefixOf(bytes, offset)
      indices[index] = index
      index++
    }
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
        const block = bytesOf(leaves.blockOf(right))
        return compareLeafKey(leaves, left, block, 4 * leaves.wordOf(right)) || left - right
      })
    start = entry
  }
}

/**
 * What one version changes on its parent: leaves and nodes, sorted by index, level by level.
 *
 * New leaves stand at the end of the tree in ascending order of key, so the tail of the changed
 * leaves is at the same time the sorted list of inserted keys.
 *
 * @module
 */

import { HASH_BYTES, LEAF_BYTES } from './format.ts'

/** The changed nodes of one level. */
export interface ChangedNodes {
  /** Strictly ascending. */
  readonly indices: Uint32Array
  /** One hash per index. */
  readonly hashes: Uint32Array
}

/** The changes of one version. Never written to again. */
export interface Overlay {
  /** Packed leaves, one per index of level 0. */
  readonly leaves: Uint32Array
  /** The same memory as bytes. */
  readonly leafBytes: Uint8Array
  /** How many of the leaves, the last ones, are new. */
  readonly insertedCount: number
  /** From the leaves up to the top node; all empty when nothing changed. */
  readonly levels: readonly ChangedNodes[]
}

/** The position of `index` in strictly ascending `indices`, or −1. */
export function positionOf(indices: Uint32Array, index: number): number {
  let low = 0
  let high = indices.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const candidate = indices[middle] as number
    if (candidate === index) return middle
    if (candidate < index) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** The position among the overlay's leaves of the largest inserted key not above `key`, or −1. */
export function floorInserted(overlay: Overlay, key: Uint8Array): number {
  const { leafBytes, insertedCount } = overlay
  const first = leafBytes.length / LEAF_BYTES - insertedCount
  let low = 0
  let high = insertedCount
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(leafBytes, (first + middle) * LEAF_BYTES, key) > 0) high = middle
    else low = middle + 1
  }
  return low === 0 ? -1 : first + low - 1
}

/** Orders the key at byte `offset` of `bytes` against `key`. */
export function compareKeys(bytes: Uint8Array, offset: number, key: Uint8Array): number {
  for (let byte = 0; byte < HASH_BYTES; byte++) {
    const difference = (bytes[offset + byte] as number) - (key[byte] as number)
    if (difference !== 0) return difference
  }
  return 0
}

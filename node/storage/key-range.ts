/**
 * Ranges of keys, without those that are the database's own.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'

/** A range of keys; without bounds, all of them. */
export interface KeyRange {
  readonly gt?: Uint8Array
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly lte?: Uint8Array
  readonly reverse?: boolean
  /** The most entries to deliver in all. */
  readonly limit?: number
}

/** A range of keys with both its bounds. */
export interface KeyBounds {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

const FIRST_KEY: Uint8Array = Uint8Array.of(1)

/** Keys that begin with a zero byte are the database's own. */
export function assertCallersKey(key: Uint8Array): void {
  invariant(key.length > 0 && key[0] !== 0, 'a key has a first byte, which is not zero')
}

/** The part of a range that is not the database's own. */
export function callersRange(range: KeyRange): KeyRange {
  const { limit: _, ...bounds } = range
  const lowest = bounds.gt ?? bounds.gte
  if (lowest !== undefined && Buffer.compare(lowest, FIRST_KEY) >= 0) return bounds
  const { gt: _gt, gte: _gte, ...upper } = bounds
  return { ...upper, gte: FIRST_KEY }
}

/** The part of a range that lies behind a key, in the range's direction. */
export function rangeBehind(range: KeyRange, last: Uint8Array): KeyRange {
  const { gt, gte, lt, lte, ...rest } = range
  const lower = gt === undefined ? gte && { gte } : { gt }
  const upper = lt === undefined ? lte && { lte } : { lt }
  return range.reverse === true ? { ...rest, ...lower, lt: last } : { ...rest, ...upper, gt: last }
}

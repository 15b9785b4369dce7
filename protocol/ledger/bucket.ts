/**
 * Buckets: who may use how much of the ledger, in exact integers of header time.
 *
 * @see SPEC.md §6.3 Buckets
 * @module
 */

import { type Shape, tuple, uint } from '../codec/shape.ts'

/** Tokens left, and the time up to which they were filled. */
export interface Bucket {
  readonly tokens: number
  readonly filledAtMs: number
}

/** How much a bucket holds and how fast it fills. */
export interface BucketLimits {
  readonly burst: number
  readonly ratePerHour: number
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

const fields = tuple(uint(), uint())

/** Reads a bucket. */
export const readBucket: Shape<Bucket> = (value) => {
  const read = fields(value)
  return read === undefined ? undefined : { tokens: read[0], filledAtMs: read[1] }
}

/** The wire form of a bucket. */
export function bucketToFields({ tokens, filledAtMs }: Bucket): readonly [number, number] {
  return [tokens, filledAtMs]
}

/** A bucket that is full at `timeMs`. */
export function fullBucket(burst: number, timeMs: number): Bucket {
  return { tokens: burst, filledAtMs: timeMs }
}

/** The bucket as it stands at `timeMs`, filled by its rate since it was last touched. */
export function fillBucket(bucket: Bucket, limits: BucketLimits, timeMs: number): Bucket {
  const { burst, ratePerHour } = limits
  const elapsedMs = Math.min(Math.max(0, timeMs - bucket.filledAtMs), DAY_MS)
  const added = Math.floor((elapsedMs * ratePerHour) / HOUR_MS)
  if (bucket.tokens + added >= burst) return { tokens: burst, filledAtMs: timeMs }
  // Rounded up: a millisecond begun is spent, or the next filling would count it again.
  const spentMs = ratePerHour === 0 ? 0 : Math.ceil((added * HOUR_MS) / ratePerHour)
  return { tokens: bucket.tokens + added, filledAtMs: bucket.filledAtMs + spentMs }
}

/**
 * Takes `cost` from a bucket at `timeMs`, or the whole burst where the cost is larger: a limit
 * tightened after a signature can delay a message but never block it.
 *
 * @returns the bucket after paying, or undefined when it holds too little
 */
export function payBucket(
  bucket: Bucket,
  limits: BucketLimits,
  { cost, timeMs }: { readonly cost: number; readonly timeMs: number }
): Bucket | undefined {
  const filled = fillBucket(bucket, limits, timeMs)
  const price = Math.min(cost, limits.burst)
  if (filled.tokens < price) return undefined
  return { tokens: filled.tokens - price, filledAtMs: filled.filledAtMs }
}

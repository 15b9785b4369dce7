/**
 * How far the node's clock is from this browser's.
 *
 * An answer says its time in whole seconds. Each gives an interval in which the difference lies,
 * and many together a narrow one. Within it two clocks that agree are taken to agree.
 *
 * @module
 */

/** The `Date` of an answer is made anew once a second, and a busy node is late with it. */
const LATENESS_MS = 150
const SECOND_MS = 1_000

/** One answer, seen from both clocks. */
export interface ClockSample {
  readonly sentMs: number
  readonly receivedMs: number
  /** What the node said, in whole seconds; NaN when it said nothing. */
  readonly dateMs: number
}

/** The difference of the clocks, as far as it is known. */
export interface ClockOffset {
  readonly leastMs: number
  readonly mostMs: number
}

/** What is known before any answer. */
export const UNKNOWN_OFFSET: ClockOffset = { leastMs: -Infinity, mostMs: Infinity }

/** Takes one more answer into account; a clock that was set meanwhile begins anew. */
export function narrowOffset(known: ClockOffset, sample: ClockSample): ClockOffset {
  const { sentMs, receivedMs, dateMs } = sample
  if (Number.isNaN(dateMs)) return known
  const seen = { leastMs: dateMs - receivedMs, mostMs: dateMs + SECOND_MS + LATENESS_MS - sentMs }
  const leastMs = Math.max(known.leastMs, seen.leastMs)
  const mostMs = Math.min(known.mostMs, seen.mostMs)
  return leastMs <= mostMs ? { leastMs, mostMs } : seen
}

/** What is to be added to this browser's clock to have the node's. */
export function offsetMs({ leastMs, mostMs }: ClockOffset): number {
  if (leastMs <= 0 && mostMs >= 0) return 0
  return (leastMs + mostMs) / 2
}

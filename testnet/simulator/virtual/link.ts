/**
 * A link of the simulated world: what one direction between two nodes does to messages.
 *
 * @module
 */

/** What one direction of a link does. Rates are in thousandths. */
export interface LinkState {
  /** Travel time: a base, and a tail around a mean. */
  baseMs: number
  tailMs: number
  lossPermille: number
  duplicatePermille: number
  /** Messages that are held so long that later ones overtake them. */
  reorderPermille: number
  corruptPermille: number
  /** Bytes a second; Infinity for no limit. */
  bytesPerSecond: number
  /** Nothing passes before this time; it is held, not lost. */
  cloggedUntilMs: number
  /** Nothing passes at all. */
  isCut: boolean
  /** When the bytes sent so far will have passed. */
  busyUntilMs: number
}

/** Bytes waiting on a slow link beyond which messages are lost, counted in time. */
const QUEUE_MAX_MS = 5_000

/** A link that only takes time. */
export function createLink(baseMs: number, tailMs: number): LinkState {
  return {
    baseMs,
    tailMs,
    lossPermille: 0,
    duplicatePermille: 0,
    reorderPermille: 0,
    corruptPermille: 0,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    cloggedUntilMs: 0,
    isCut: false,
    busyUntilMs: 0
  }
}

/** When a message of a size that is sent now has left; undefined when the queue is too long. */
export function leaveTime(link: LinkState, nowMs: number, bytes: number): number | undefined {
  const start = Math.max(nowMs, link.busyUntilMs, link.cloggedUntilMs)
  if (link.bytesPerSecond === Number.POSITIVE_INFINITY) return start
  if (link.busyUntilMs - nowMs > QUEUE_MAX_MS) return undefined
  link.busyUntilMs = start + (1000 * bytes) / link.bytesPerSecond
  return link.busyUntilMs
}

/** Ends everything that is wrong with a link, but for the time it takes. */
export function mendLink(link: LinkState): void {
  Object.assign(link, createLink(link.baseMs, link.tailMs))
}

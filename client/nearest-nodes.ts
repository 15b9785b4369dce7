/**
 * The nearest node: measured round trips decide, and only a clear difference makes a client move.
 *
 * A move costs a connection and perhaps a wait for the session's height, so a node
 * that is a little nearer for a moment is no reason for one. One that is silent is.
 *
 * @module
 */

import type { NodeOrder } from './node-order.ts'

/** What is known of one node. */
interface Place {
  readonly url: string
  /** The last round trips, the newest last. */
  readonly roundTripsMs: number[]
  failures: number
  /** Until then it is asked only when everybody nearer is silent too. */
  avoidedUntilMs: number
}

/** What the choice needs from others. */
export interface NearestNodesPorts {
  /** A monotonic clock. */
  readonly nowMs: () => number
}

/** Nodes that are known at once; further ones are not learnt. */
export const NEAREST_NODES_MAX = 64
/** Round trips of which the middle one counts: one that was held up changes nothing. */
const SAMPLES = 5
/** Another node must take at most this share of the time of the present one ... */
const MOVE_RATIO = 0.75
/** ... and be nearer by this, for on one site all are near. */
const MOVE_MIN_MS = 5
const AVOID_MIN_MS = 1_000
const AVOID_MAX_MS = 60_000

/** Chooses among nodes by what was measured. */
export class NearestNodes implements NodeOrder {
  readonly #nowMs: () => number
  readonly #places = new Map<string, Place>()
  #present: string | null = null

  /** @param seeds - nodes that are known from the start, as base URLs */
  constructor(seeds: readonly string[], { nowMs }: NearestNodesPorts) {
    this.#nowMs = nowMs
    for (const url of seeds) this.learn(url)
  }

  /** The node that is asked first; null before any is known. */
  get present(): string | null {
    return this.inTurn()[0] ?? null
  }

  /** The middle one of the last round trips to a node; null before one was measured. */
  roundTripMs(url: string): number | null {
    const place = this.#places.get(plain(url))
    return place === undefined ? null : middleOf(place)
  }

  /** Adds a node, if there is room. */
  learn(url: string): void {
    const name = plain(url)
    if (this.#places.has(name) || this.#places.size >= NEAREST_NODES_MAX) return
    this.#places.set(name, { url: name, roundTripsMs: [], failures: 0, avoidedUntilMs: 0 })
  }

  /** Takes a round trip down. */
  measured(url: string, roundTripMs: number): void {
    const place = this.#places.get(plain(url))
    if (place === undefined) return
    this.answered(url)
    place.roundTripsMs.push(roundTripMs)
    if (place.roundTripsMs.length > SAMPLES) place.roundTripsMs.shift()
  }

  /** Forgets what was measured, and who was silent: from another place all of that is otherwise. */
  forget(): void {
    for (const place of this.#places.values()) {
      place.roundTripsMs.length = 0
      place.failures = 0
      place.avoidedUntilMs = 0
    }
  }

  answered(url: string): void {
    const place = this.#places.get(plain(url))
    if (place === undefined) return
    place.failures = 0
    place.avoidedUntilMs = 0
  }

  failed(url: string): void {
    const place = this.#places.get(plain(url))
    if (place === undefined) return
    const pauseMs = Math.min(AVOID_MIN_MS * 2 ** place.failures, AVOID_MAX_MS)
    place.failures++
    place.avoidedUntilMs = this.#nowMs() + pauseMs
  }

  inTurn(): readonly string[] {
    const nowMs = this.#nowMs()
    const places = [...this.#places.values()].toSorted(
      (a, b) => standing(a, nowMs) - standing(b, nowMs) || distance(a) - distance(b)
    )
    const [nearest] = places
    const present = places.find(({ url }) => url === this.#present)
    const stays =
      present !== undefined && nearest !== undefined && !isWorthAMove(present, nearest, nowMs)
    const first = stays ? present : nearest
    this.#present = first?.url ?? null
    return [...new Set([first, ...places])].flatMap((place) => place?.url ?? [])
  }
}

function isWorthAMove(present: Place, nearest: Place, nowMs: number): boolean {
  if (standing(nearest, nowMs) !== standing(present, nowMs)) return true
  const [from, to] = [distance(present), distance(nearest)]
  return to < from * MOVE_RATIO && from - to >= MOVE_MIN_MS
}

/** 0 for a node that answers, 1 for one that was silent a moment ago. */
function standing({ avoidedUntilMs }: Place, nowMs: number): 0 | 1 {
  return avoidedUntilMs > nowMs ? 1 : 0
}

/** A node that was not measured yet comes after those that were. */
function distance(place: Place): number {
  return middleOf(place) ?? Number.MAX_SAFE_INTEGER
}

function middleOf({ roundTripsMs }: Place): number | null {
  const sorted = roundTripsMs.toSorted((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1] ?? null
}

function plain(url: string): string {
  return url.replace(/\/+$/, '')
}

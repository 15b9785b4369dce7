/**
 * Penalties: what peers have done wrong, and who is banned for it.
 *
 * Points fade with time and lower a peer's score in the gossip mesh. Enough of
 * them within one short window ban a stranger. A member is never banned by the
 * opinion of one node: that would let a bug or a lie split the network.
 *
 * @module
 */

import type { NetworkLimits } from './limits.ts'
import type { PeerKey } from './peer-key.ts'

interface Offences {
  points: number
  pointsAtMs: number
  windowPoints: number
  windowSinceMs: number
}

/** The book of offences. */
export class Penalties {
  readonly #limits: NetworkLimits
  readonly #now: () => number
  readonly #records = new Map<PeerKey, Offences>()
  readonly #banned = new Map<PeerKey, { untilMs: number; host: string | undefined }>()

  constructor(limits: NetworkLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** Writes an offence down; true if it is one too many. */
  add(peer: PeerKey, points: number): boolean {
    const nowMs = this.#now()
    const record = this.#records.get(peer) ?? {
      points: 0,
      pointsAtMs: nowMs,
      windowPoints: 0,
      windowSinceMs: nowMs
    }
    record.points = this.#faded(record, nowMs) + points
    record.pointsAtMs = nowMs
    if (nowMs - record.windowSinceMs > this.#limits.offenceWindowMs) {
      record.windowPoints = 0
      record.windowSinceMs = nowMs
    }
    record.windowPoints += points
    this.#records.delete(peer)
    this.#records.set(peer, record)
    dropOldest(this.#records, this.#limits.offendersMax)
    return record.windowPoints >= this.#limits.banPoints
  }

  /** The points that have not faded yet. */
  points(peer: PeerKey): number {
    const record = this.#records.get(peer)
    return record === undefined ? 0 : this.#faded(record, this.#now())
  }

  /** Bans a peer, and remembers where it came from. */
  ban(peer: PeerKey, host: string | undefined): void {
    this.#banned.delete(peer)
    this.#banned.set(peer, { untilMs: this.#now() + this.#limits.banMs, host })
    dropOldest(this.#banned, this.#limits.offendersMax)
  }

  /** Lifts a ban: the ledger has made the peer a member. */
  pardon(peer: PeerKey): void {
    this.#banned.delete(peer)
  }

  /** Whether a peer is banned now. */
  isBanned(peer: PeerKey): boolean {
    const ban = this.#banned.get(peer)
    if (ban === undefined) return false
    if (ban.untilMs > this.#now()) return true
    this.#banned.delete(peer)
    return false
  }

  /** Whether so many banned peers came from one host that it is banned itself. */
  isHostBanned(host: string): boolean {
    const nowMs = this.#now()
    let bans = 0
    for (const ban of this.#banned.values()) {
      if (ban.host === host && ban.untilMs > nowMs) bans += 1
    }
    return bans >= this.#limits.bansPerHostMax
  }

  #faded(record: Offences, nowMs: number): number {
    const halves = Math.max(0, nowMs - record.pointsAtMs) / this.#limits.penaltyHalfLifeMs
    const points = record.points * 0.5 ** halves
    return points < 0.5 ? 0 : points
  }
}

function dropOldest<Key, Value>(map: Map<Key, Value>, sizeMax: number): void {
  if (map.size <= sizeMax) return
  const oldest = map.keys().next()
  if (oldest.done !== true) map.delete(oldest.value)
}

/**
 * PeerQuotas: how often and how much each peer may ask of each protocol.
 *
 * @module
 */

import type { NetworkLimits } from './limits.ts'
import type { PeerKey } from './peer-key.ts'
import { TokenBucket } from './token-bucket.ts'

type Metered = keyof NetworkLimits['quotas']

interface Account {
  readonly requests: TokenBucket
  readonly bytes: TokenBucket
}

/** What the quotas need from outside. */
export interface PeerQuotaPorts {
  readonly now: () => number
  readonly isMember: (peer: PeerKey) => boolean
}

/** The accounts of all peers. */
export class PeerQuotas {
  readonly #limits: NetworkLimits
  readonly #ports: PeerQuotaPorts
  readonly #accounts = new Map<string, Account>()

  constructor(limits: NetworkLimits, ports: PeerQuotaPorts) {
    this.#limits = limits
    this.#ports = ports
  }

  /** How long the peer has to wait before it may ask once more; 0 is at once. */
  waitMs(peer: PeerKey, metered: Metered): number {
    const nowMs = this.#ports.now()
    const account = this.#account(peer, metered, nowMs)
    return Math.max(account.requests.waitMs(nowMs), account.bytes.waitMs(nowMs))
  }

  /** Books one request, or more bytes for one booked before (`requests` 0). */
  book(peer: PeerKey, metered: Metered, amount: { requests: number; bytes: number }): void {
    const nowMs = this.#ports.now()
    const account = this.#account(peer, metered, nowMs)
    account.requests.take(amount.requests, nowMs)
    account.bytes.take(amount.bytes, nowMs)
  }

  /** Forgets accounts that are full again, so that the table holds only who asked lately. */
  sweep(): void {
    const nowMs = this.#ports.now()
    for (const [name, account] of this.#accounts) {
      if (account.requests.isFull(nowMs) && account.bytes.isFull(nowMs)) this.#accounts.delete(name)
    }
  }

  #account(peer: PeerKey, metered: Metered, nowMs: number): Account {
    const rank = this.#ports.isMember(peer) ? 'member' : 'observer'
    const name = `${metered} ${rank} ${peer}`
    const known = this.#accounts.get(name)
    if (known !== undefined) return known
    const quota = this.#limits.quotas[metered][rank]
    const account = {
      requests: new TokenBucket(quota.requests, this.#limits.quotaWindowMs, nowMs),
      bytes: new TokenBucket(quota.bytes, this.#limits.quotaWindowMs, nowMs)
    }
    this.#accounts.set(name, account)
    return account
  }
}

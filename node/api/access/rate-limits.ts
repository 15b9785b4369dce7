/**
 * Rate limits: so many requests of each kind by one address, or by one token.
 *
 * An address is an IPv4 address or the /56 of an IPv6 customer. Accounts are few thousands and the
 * longest idle is forgotten first: whoever has ten thousand addresses is held by the limits of
 * connections and of the ledger, not here.
 *
 * @module
 */

import { LRUCache } from 'lru-cache'
import type { Clock } from '../../clock.ts'
import { hostOfIp } from '../../network/host-of.ts'
import { TokenBucket } from '../../network/token-bucket.ts'
import type { TokenGrant } from './grant.ts'

/** What requests are counted apart: reads, submissions, and what makes the node calculate. */
export type RateKind = 'read' | 'submit' | 'heavy'

/** Requests a second of each kind by one address; 0 for no limit. */
export type Rates = Readonly<Record<RateKind, number>>

/** What a node bears of each unless told otherwise. */
export const RATES_DEFAULT: Rates = { read: 200, submit: 500, heavy: 20 }

/** So many seconds' worth may come at once. */
const BURST_SECONDS = 2
/** How much more than an address a token of each class may ask for. */
const CLASS_FACTORS: Readonly<Record<TokenGrant['rateClass'], number>> = { normal: 1, bulk: 10 }
const ACCOUNTS_MAX = 10_000

/** The accounts of all callers. */
export class RateLimits {
  readonly #rates: Rates
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #accounts = new LRUCache<string, TokenBucket>({ max: ACCOUNTS_MAX })

  constructor(rates: Rates, clock: Pick<Clock, 'nowMs'>) {
    this.#rates = rates
    this.#clock = clock
  }

  /**
   * Counts a request, or the transactions of one.
   *
   * @returns 0 when it may go on, or else the milliseconds after which it may come again
   */
  take(
    kind: RateKind,
    caller: { readonly address: string; readonly token: TokenGrant | null },
    cost = 1
  ): number {
    const rate = this.#rates[kind]
    if (rate === 0) return 0
    const { address, token } = caller
    const factor = token === null ? 1 : CLASS_FACTORS[token.rateClass]
    const name = token === null ? hostOfIp(address) : token.tokenId
    const key = `${kind} ${token === null ? 'address' : 'token'} ${name}`
    const nowMs = this.#clock.nowMs()
    const account =
      this.#accounts.get(key) ??
      new TokenBucket(rate * factor * BURST_SECONDS, BURST_SECONDS * 1000, nowMs)
    this.#accounts.set(key, account)
    const waitMs = account.waitMs(nowMs)
    // A list may overdraw the account once: whoever owes waits.
    if (waitMs === 0) account.take(cost, nowMs)
    return waitMs
  }
}

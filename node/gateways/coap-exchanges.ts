/**
 * CoAP exchanges: a message that comes again gets the same answer again, and does nothing again.
 *
 * @see RFC 7252 §4.5 and §4.8.2
 * @module
 */

import { type Endpoint, endpointKey } from './coap-sources.ts'

/** One message of a peer and what it was answered. */
export interface Exchange {
  /** What is sent when it comes again; null while there is nothing to say. */
  answer: Uint8Array | null
}

/** The exchanges. */
export interface Exchanges {
  /** The exchange of a message that came before; undefined for a new one. */
  readonly find: (from: Endpoint, messageId: number, nowMs: number) => Exchange | undefined
  /** Remembers a new message, and forgets the oldest one when there are too many. */
  readonly open: (from: Endpoint, messageId: number, nowMs: number) => Exchange
  readonly count: () => number
}

/** EXCHANGE_LIFETIME: how long a message may still come again. */
export const EXCHANGE_LIFETIME_MS = 247_000
/** All exchanges. What is forgotten too early is done twice, which no transaction minds. */
const EXCHANGES_MAX = 10_000

interface Entry extends Exchange {
  readonly endsAtMs: number
}

/** Opens the exchanges. */
export function createExchanges(exchangesMax: number = EXCHANGES_MAX): Exchanges {
  // In the order in which they were opened, so the first one is always the oldest.
  const entries = new Map<string, Entry>()
  const keyOf = (from: Endpoint, messageId: number): string => `${endpointKey(from)} ${messageId}`
  const forgetOld = (nowMs: number): void => {
    for (const [key, { endsAtMs }] of entries) {
      if (endsAtMs > nowMs && entries.size < exchangesMax) return
      entries.delete(key)
    }
  }
  return {
    find: (from, messageId, nowMs) => {
      const entry = entries.get(keyOf(from, messageId))
      return entry !== undefined && entry.endsAtMs > nowMs ? entry : undefined
    },
    open: (from, messageId, nowMs) => {
      const key = keyOf(from, messageId)
      entries.delete(key)
      forgetOld(nowMs)
      const entry: Entry = { answer: null, endsAtMs: nowMs + EXCHANGE_LIFETIME_MS }
      entries.set(key, entry)
      return entry
    },
    count: () => entries.size
  }
}

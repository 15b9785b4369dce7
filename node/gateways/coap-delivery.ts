/**
 * CoAP delivery: confirmable messages, sent again until they are acknowledged or given up.
 *
 * @see RFC 7252 §4.2 and §4.8
 * @module
 */

import { randomInt } from 'node:crypto'
import type { Cancel, Clock } from '../clock.ts'
import { type Endpoint, endpointKey } from './coap-sources.ts'

/** How a delivery ended. */
export type DeliveryEnd =
  | { readonly kind: 'acknowledged'; readonly roundTripMs: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silent' }

/** A message on its way. */
export interface Parcel {
  readonly to: Endpoint
  /** Writes the message once it has its number; every attempt has the same one. */
  readonly make: (messageId: number) => Uint8Array
  readonly done: (end: DeliveryEnd) => void
}

/** The messages on their way. */
export interface Delivery {
  /** A number for a message of this node; none comes again soon. */
  readonly nextMessageId: () => number
  /** Sends until it is acknowledged; false when too many are on their way. */
  readonly send: (parcel: Parcel) => boolean
  readonly acknowledge: (from: Endpoint, messageId: number) => void
  readonly reset: (from: Endpoint, messageId: number) => void
  readonly count: () => number
  readonly close: () => void
}

/** Confirmable messages on their way at once. */
const ON_THE_WAY_MAX = 2_048
/** ACK_TIMEOUT with the middle of ACK_RANDOM_FACTOR, doubled after each of MAX_RETRANSMIT. */
const FIRST_WAIT_MS = 2_500
const ATTEMPTS_MAX = 5
const MESSAGE_IDS = 65_536

interface Sent {
  readonly parcel: Parcel
  readonly sentAtMs: number
  readonly cancel: Cancel
}

interface Attempt {
  readonly parcel: Parcel
  /** From 0. */
  readonly number: number
}

/** Opens the delivery. */
export function createDelivery(ports: {
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
  readonly send: (bytes: Uint8Array, to: Endpoint) => void
}): Delivery {
  const { clock, send } = ports
  const sent = new Map<string, Sent>()
  let messageId = randomInt(MESSAGE_IDS)
  const keyOf = (to: Endpoint, id: number): string => `${endpointKey(to)} ${id}`
  const nextMessageId = (): number => {
    messageId = (messageId + 1) % MESSAGE_IDS
    return messageId
  }
  const attempt = (key: string, bytes: Uint8Array, { parcel, number }: Attempt): void => {
    send(bytes, parcel.to)
    const cancel = clock.later(FIRST_WAIT_MS * 2 ** number, () => {
      sent.delete(key)
      if (number + 1 < ATTEMPTS_MAX) attempt(key, bytes, { parcel, number: number + 1 })
      else parcel.done({ kind: 'silent' })
    })
    sent.set(key, { parcel, sentAtMs: clock.nowMs(), cancel })
  }
  const take = (from: Endpoint, id: number): Sent | undefined => {
    const key = keyOf(from, id)
    const found = sent.get(key)
    found?.cancel()
    sent.delete(key)
    return found
  }
  return {
    nextMessageId,
    send: (parcel) => {
      if (sent.size >= ON_THE_WAY_MAX) return false
      const id = nextMessageId()
      attempt(keyOf(parcel.to, id), parcel.make(id), { parcel, number: 0 })
      return true
    },
    acknowledge: (from, id) => {
      const found = take(from, id)
      if (found === undefined) return
      const roundTripMs = clock.nowMs() - found.sentAtMs
      found.parcel.done({ kind: 'acknowledged', roundTripMs })
    },
    reset: (from, id) => take(from, id)?.parcel.done({ kind: 'reset' }),
    count: () => sent.size,
    close: () => {
      for (const { cancel } of sent.values()) cancel()
      sent.clear()
    }
  }
}

/**
 * CoAP observers: who is told of a device, and how it is noticed that nobody is there any more.
 *
 * What is told is always the present state: what changed while one message was
 * on its way goes out once, with the newest. Now and then a message wants an
 * acknowledgement, and who does not give it is told nothing more.
 *
 * @see RFC 7641 §3 and §4
 * @module
 */

import type { Cancel, Clock } from '../clock.ts'
import type { Delivery } from './coap-delivery.ts'
import { type CoapMessage, encodeCoap } from './coap-message.ts'
import { numberOption, OPTION } from './coap-options.ts'
import type { ReplyBody } from './coap-reply.ts'
import { type Endpoint, endpointKey, hostKey } from './coap-sources.ts'

/** Bounds of the observers. */
export interface ObserverLimits {
  readonly observersMax: number
  readonly perHostMax: number
}

/** Somebody who wants to be told. */
export interface Observation {
  readonly from: Endpoint
  readonly token: Uint8Array
  /** What is observed: the observers of one topic are told together. */
  readonly topic: string
  /** The present state as one message; `isLast` when there will be no other. */
  readonly render: () => Promise<{ readonly body: ReplyBody; readonly isLast: boolean }>
}

/** The observers. */
export interface Observers {
  /** Takes an observer in, in place of one with the same token; its number, or undefined when full. */
  readonly add: (observation: Observation) => number | undefined
  readonly remove: (from: Endpoint, token: Uint8Array) => void
  /** Tells the observers of a topic that there is news. */
  readonly notify: (topic: string) => void
  /** Somebody wants to hear no more of a message. */
  readonly reset: (from: Endpoint, messageId: number) => void
  readonly count: () => number
  readonly close: () => void
}

/** A confirmable message after so many others, and after so much time. */
const CONFIRM_EVERY = 16
const CONFIRM_AFTER_MS = 60_000
/** Messages to one observer keep the distance of a round trip, within these bounds. */
const DISTANCE_LEAST_MS = 100
const DISTANCE_MOST_MS = 3_000
/** Observe numbers have three bytes. */
const NUMBERS = 2 ** 24

interface Observer extends Observation {
  readonly host: string
  messageId: number
  isNews: boolean
  /** Whether a message is being made or wants its acknowledgement. */
  isBusy: boolean
  isGone: boolean
  sinceConfirmed: number
  confirmedAtMs: number
  distanceMs: number
  nextAtMs: number
  cancel: Cancel
}

/** What the observers need of others. */
export interface ObserversPorts {
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
  readonly delivery: Delivery
  readonly send: (bytes: Uint8Array, to: Endpoint) => void
  readonly reportBug: (error: unknown) => void
}

/** Opens the observers. */
export function createObservers(limits: ObserverLimits, ports: ObserversPorts): Observers {
  return new ObserverTable(limits, ports)
}

class ObserverTable implements Observers {
  readonly #limits: ObserverLimits
  readonly #ports: ObserversPorts
  readonly #observers = new Map<string, Observer>()
  readonly #topics = new Map<string, Set<Observer>>()
  readonly #perHost = new Map<string, number>()
  /** The last message to each observer. */
  readonly #messages = new Map<string, Observer>()
  #lastNumber = 1

  constructor(limits: ObserverLimits, ports: ObserversPorts) {
    this.#limits = limits
    this.#ports = ports
  }

  count(): number {
    return this.#observers.size
  }

  add(observation: Observation): number | undefined {
    this.remove(observation.from, observation.token)
    const host = hostKey(observation.from.address)
    const ofHost = this.#perHost.get(host) ?? 0
    if (ofHost >= this.#limits.perHostMax) return undefined
    if (this.#observers.size >= this.#limits.observersMax) return undefined
    const observer: Observer = {
      ...observation,
      // The datagram's memory is not kept.
      token: new Uint8Array(observation.token),
      ...{ host, messageId: -1, isNews: false, isBusy: false, isGone: false, nextAtMs: 0 },
      // The first message is confirmable: it tells the round trip.
      ...{ sinceConfirmed: CONFIRM_EVERY, confirmedAtMs: this.#ports.clock.nowMs() },
      distanceMs: DISTANCE_MOST_MS,
      cancel: () => undefined
    }
    this.#observers.set(keyOf(observer.from, observer.token), observer)
    this.#perHost.set(host, ofHost + 1)
    const audience = this.#topics.get(observer.topic) ?? new Set()
    this.#topics.set(observer.topic, audience.add(observer))
    return this.#nextNumber()
  }

  remove(from: Endpoint, token: Uint8Array): void {
    const observer = this.#observers.get(keyOf(from, token))
    if (observer !== undefined) this.#end(observer)
  }

  notify(topic: string): void {
    for (const observer of this.#topics.get(topic) ?? []) {
      observer.isNews = true
      this.#tell(observer)
    }
  }

  reset(from: Endpoint, messageId: number): void {
    const observer = this.#messages.get(`${endpointKey(from)} ${messageId}`)
    if (observer !== undefined) this.#end(observer)
  }

  close(): void {
    for (const observer of [...this.#observers.values()]) this.#end(observer)
  }

  #tell(observer: Observer): void {
    if (observer.isBusy || observer.isGone || !observer.isNews) return
    observer.isBusy = true
    const waitMs = observer.nextAtMs - this.#ports.clock.nowMs()
    const begin = (): void => {
      this.#send(observer).catch(this.#ports.reportBug)
    }
    if (waitMs > 0) observer.cancel = this.#ports.clock.later(waitMs, begin)
    else begin()
  }

  async #send(observer: Observer): Promise<void> {
    const { clock, delivery, send } = this.#ports
    observer.isNews = false
    const { body, isLast } = await observer.render()
    if (observer.isGone) return
    const nowMs = clock.nowMs()
    const isDue = nowMs - observer.confirmedAtMs >= CONFIRM_AFTER_MS
    if (isLast) this.#end(observer)
    if (!isDue && observer.sinceConfirmed < CONFIRM_EVERY) {
      observer.sinceConfirmed++
      this.#number(observer, delivery.nextMessageId())
      send(this.#write(observer, body, 'non-confirmable', isLast), observer.from)
      this.#rest(observer, nowMs)
      return
    }
    const isSent = delivery.send({
      to: observer.from,
      make: (messageId) => {
        this.#number(observer, messageId)
        return this.#write(observer, body, 'confirmable', isLast)
      },
      done: (end) => {
        if (end.kind !== 'acknowledged') {
          this.#end(observer)
          return
        }
        const { roundTripMs } = end
        observer.distanceMs = Math.min(Math.max(roundTripMs, DISTANCE_LEAST_MS), DISTANCE_MOST_MS)
        observer.sinceConfirmed = 0
        observer.confirmedAtMs = clock.nowMs()
        this.#rest(observer, clock.nowMs())
      }
    })
    // Too much is on its way: this one is told with the next change.
    if (!isSent) this.#rest(observer, nowMs)
  }

  #number(observer: Observer, messageId: number): void {
    const end = endpointKey(observer.from)
    this.#messages.delete(`${end} ${observer.messageId}`)
    observer.messageId = messageId
    if (!observer.isGone) this.#messages.set(`${end} ${messageId}`, observer)
  }

  /** Lets some time pass before the next message, which goes out then if there was news. */
  #rest(observer: Observer, nowMs: number): void {
    observer.nextAtMs = nowMs + observer.distanceMs
    observer.isBusy = false
    this.#tell(observer)
  }

  #write(
    { token, messageId }: Observer,
    { code, options, payload }: ReplyBody,
    type: CoapMessage['type'],
    isLast: boolean
  ): Uint8Array {
    const number = numberOption(OPTION.observe, this.#nextNumber())
    const all = isLast ? options : [...options, number]
    return encodeCoap({ type, code, messageId, token, options: all, payload })
  }

  #nextNumber(): number {
    this.#lastNumber = (this.#lastNumber + 1) % NUMBERS
    return this.#lastNumber
  }

  #end(observer: Observer): void {
    if (observer.isGone) return
    observer.isGone = true
    observer.cancel()
    const { from, token, host, topic, messageId } = observer
    this.#messages.delete(`${endpointKey(from)} ${messageId}`)
    this.#observers.delete(keyOf(from, token))
    const left = (this.#perHost.get(host) ?? 1) - 1
    if (left > 0) this.#perHost.set(host, left)
    else this.#perHost.delete(host)
    const audience = this.#topics.get(topic)
    audience?.delete(observer)
    if (audience?.size === 0) this.#topics.delete(topic)
  }
}

function keyOf(from: Endpoint, token: Uint8Array): string {
  return `${endpointKey(from)} ${Buffer.from(token).toString('hex')}`
}

/**
 * The CoAP server: the way of one datagram, from its bytes to what is sent back.
 *
 * The order is what keeps it cheap for us and useless to those who forge their
 * address: is there room for this address, is it CoAP, did it come before, may
 * this address ask again, what does it want; and at the end, may so much be sent
 * there. What is refused on the way costs four bytes or nothing.
 *
 * @see RFC 7252 §4
 * @module
 */

import type { Clock } from '../clock.ts'
import { CODE, isRequestCode } from './coap-codes.ts'
import { createDelivery, type Delivery } from './coap-delivery.ts'
import { createExchanges, type Exchange, type Exchanges } from './coap-exchanges.ts'
import { type CoapMessage, decodeCoap, emptyMessage, encodeCoap } from './coap-message.ts'
import { createObservers, type Observers } from './coap-observers.ts'
import { type CoapRequest, OPTION, readRequest } from './coap-options.ts'
import { faultReply, type Reply, type ReplyBody, replyBody } from './coap-reply.ts'
import { createRequests, type Requests } from './coap-requests.ts'
import type { ResourcesPorts } from './coap-resources.ts'
import { createSources, type Endpoint, type Sources } from './coap-sources.ts'

/** Bounds that an operator sets. */
export interface CoapServerOptions {
  readonly requestsPerSecond: number
  readonly observersMax: number
}

/** What the server needs of others. */
export interface CoapServerPorts {
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
  readonly resources: ResourcesPorts
  readonly send: (bytes: Uint8Array, to: Endpoint) => void
  readonly reportBug: (error: unknown) => void
}

/** The server. */
export interface CoapServer {
  readonly receive: (bytes: Uint8Array, from: Endpoint) => void
  readonly observers: Observers
  readonly close: () => void
}

/** Observers behind one address. */
const OBSERVERS_PER_HOST_MAX = 64
/** An answer that takes longer comes apart from the acknowledgement, which says that it will. */
const SEPARATE_AFTER_MS = 1_000
/** Requests whose answer is being made. */
const UNDER_WAY_MAX = 1_024

/** A request with what it came with. */
interface Asked {
  readonly message: CoapMessage
  readonly from: Endpoint
  readonly exchange: Exchange
}

/** Builds the server; it speaks through `send`. */
export function createCoapServer(options: CoapServerOptions, ports: CoapServerPorts): CoapServer {
  return new Server(options, ports)
}

class Server implements CoapServer {
  readonly observers: Observers
  readonly #ports: CoapServerPorts
  readonly #sources: Sources
  readonly #exchanges: Exchanges = createExchanges()
  readonly #delivery: Delivery
  readonly #requests: Requests
  #underWay = 0
  #isClosed = false

  constructor({ requestsPerSecond, observersMax }: CoapServerOptions, ports: CoapServerPorts) {
    this.#ports = ports
    const { clock, send, reportBug } = ports
    this.#sources = createSources({ requestsPerSecond })
    this.#delivery = createDelivery({ clock, send })
    this.observers = createObservers(
      { observersMax, perHostMax: OBSERVERS_PER_HOST_MAX },
      { clock, send, delivery: this.#delivery, reportBug }
    )
    const { observers } = this
    this.#requests = createRequests({ ...ports, observers, sources: this.#sources })
  }

  close(): void {
    this.#isClosed = true
    this.observers.close()
    this.#delivery.close()
  }

  receive(bytes: Uint8Array, from: Endpoint): void {
    const nowMs = this.#ports.clock.nowMs()
    if (this.#isClosed || from.port === 0 || !this.#sources.hear(from, bytes.length, nowMs)) return
    const reading = decodeCoap(bytes)
    if (reading.kind === 'foreign') return
    if (reading.kind === 'malformed') {
      // Who wanted an acknowledgement hears that this is none; others hear nothing.
      if (reading.type === 'confirmable') this.#reset(from, reading.messageId)
      return
    }
    const { message } = reading
    const { type, code, messageId } = message
    if (type === 'acknowledgement') this.#delivery.acknowledge(from, messageId)
    else if (type === 'reset') this.#hearReset(from, messageId)
    else if (isRequestCode(code)) this.#hearRequest(message, from, nowMs)
    // An empty confirmable message is a ping, and an answer to nothing that was asked is no better.
    else if (type === 'confirmable') this.#reset(from, messageId)
  }

  #hearReset(from: Endpoint, messageId: number): void {
    this.#delivery.reset(from, messageId)
    this.observers.reset(from, messageId)
  }

  #reset(to: Endpoint, messageId: number): void {
    this.#send(emptyMessage('reset', messageId), to)
  }

  #hearRequest(message: CoapMessage, from: Endpoint, nowMs: number): void {
    const { messageId, type } = message
    const isConfirmable = type === 'confirmable'
    const known = this.#exchanges.find(from, messageId, nowMs)
    if (known !== undefined) {
      if (isConfirmable && known.answer !== null) this.#send(known.answer, from)
      return
    }
    const read = readRequest(message)
    const isMore = read.ok && this.#requests.isMore(read.request, from)
    if (!isMore && !this.#sources.admit(from, nowMs)) {
      this.#finish(faultReply('RATE_EXCEEDED'), { message, from, exchange: { answer: null } })
      return
    }
    const exchange = this.#exchanges.open(from, messageId, nowMs)
    const asked = { message, from, exchange }
    if (read.ok) this.#answer(read.request, asked).catch(this.#ports.reportBug)
    // RFC 7252 §5.4.1: of a request that wants no acknowledgement, nothing is said.
    else if (isConfirmable) this.#finish(faultReply(read.fault), asked)
  }

  async #answer(request: CoapRequest, asked: Asked): Promise<void> {
    const { message, from, exchange } = asked
    if (this.#underWay >= UNDER_WAY_MAX) {
      this.#finish(faultReply('ROOM_EXHAUSTED'), asked)
      return
    }
    this.#underWay++
    const cancel = this.#ports.clock.later(SEPARATE_AFTER_MS, () => {
      if (message.type !== 'confirmable') return
      exchange.answer = emptyMessage('acknowledgement', message.messageId)
      this.#send(exchange.answer, from)
    })
    try {
      const { reply, more } = await this.#requests.answer(request, message.token, from)
      if (!this.#isClosed) this.#finish(reply, asked, replyBody(reply, request, more))
    } finally {
      this.#underWay--
      cancel()
    }
  }

  /** Sends a reply, or as much of it as may be sent there. */
  #finish(
    reply: Reply,
    asked: Asked,
    body: ReplyBody = replyBody(reply, { block2: null, wantsSize2: false })
  ): void {
    const { message, from } = asked
    const forms = [body, { ...body, payload: new Uint8Array(0) }]
    // What is worth reading is kept for who shows to be there; of an error, the code is enough.
    if (reply.code < CODE.badRequest && message.code === CODE.get)
      forms[1] = replyBody(this.#challenge(from), { block2: null, wantsSize2: false })
    for (const form of forms) if (this.#sendReply(form, asked)) return
  }

  #challenge(to: Endpoint): Reply {
    const value = this.#sources.challenge(to, this.#ports.clock.nowMs())
    const options = [{ number: OPTION.echo, value }]
    return { ...faultReply('SOURCE_UNVERIFIED', options), payload: new Uint8Array(0) }
  }

  #sendReply(body: ReplyBody, { message, from, exchange }: Asked): boolean {
    const { token, messageId, type } = message
    if (type !== 'confirmable') {
      const own = this.#delivery.nextMessageId()
      const answer = encodeCoap({ ...body, type, token, messageId: own })
      return this.#send(answer, from)
    }
    if (exchange.answer === null) {
      const answer = encodeCoap({ ...body, type: 'acknowledgement', token, messageId })
      if (!this.#send(answer, from)) return false
      exchange.answer = answer
      return true
    }
    const make = (own: number): Uint8Array => encodeCoap({ ...body, type, token, messageId: own })
    if (!this.#sources.spend(from, make(0).length, this.#ports.clock.nowMs())) return false
    // An end that nobody acknowledges is no news: whoever asked will ask again.
    return this.#delivery.send({ to: from, make, done: () => undefined })
  }

  #send(bytes: Uint8Array, to: Endpoint): boolean {
    if (!this.#sources.spend(to, bytes.length, this.#ports.clock.nowMs())) return false
    this.#ports.send(bytes, to)
    return true
  }
}

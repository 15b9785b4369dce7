/**
 * Requests: one question and one answer on a stream of its own.
 *
 * Every step has a deadline and every size a bound. Only a few requests of one
 * protocol are under way to one peer, as many as it serves; the rest wait here.
 *
 * @module
 */

import type { Connection, Stream } from '@libp2p/interface'
import { decode, encode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { NodeError } from '../errors.ts'
import type { NetworkLimits } from './limits.ts'
import type { PeerKey } from './peer-key.ts'
import { protocolName, type RequestProtocol } from './protocol-names.ts'

/** Bounds of one request, tighter or wider than the table's. */
export interface RequestOptions {
  /** From the call to the last byte of the answer. */
  readonly timeoutMs?: number
  readonly answerMaxBytes?: number
}

/** What requests need from outside. */
export interface RequestPorts {
  /** The connection to a peer, dialled if need be. */
  readonly connect: (to: PeerKey, signal: AbortSignal) => Promise<Connection>
  readonly finished: (protocol: RequestProtocol, outcome: 'ok' | 'failed', tookMs: number) => void
  readonly now: () => number
}

interface Slots {
  taken: number
  readonly waiting: (() => void)[]
}

/** Asks peers. */
export class Requests {
  readonly #networkId: string
  readonly #limits: NetworkLimits
  readonly #ports: RequestPorts
  readonly #slots = new Map<string, Slots>()

  constructor(networkId: string, limits: NetworkLimits, ports: RequestPorts) {
    this.#networkId = networkId
    this.#limits = limits
    this.#ports = ports
  }

  /**
   * Asks one peer.
   *
   * @throws NodeError REQUEST_FAILED if there is no answer in time, or none that fits
   */
  async request(
    protocol: RequestProtocol,
    to: PeerKey,
    request: Uint8Array,
    options: RequestOptions = {}
  ): Promise<Uint8Array<ArrayBuffer>> {
    const startedMs = this.#ports.now()
    const deadline = AbortSignal.timeout(options.timeoutMs ?? this.#limits.requestWholeMs)
    const answerMaxBytes = options.answerMaxBytes ?? answerMaxBytesOf(protocol, this.#limits)
    const slotName = `${protocol} ${to}`
    try {
      if (request.length > requestMaxBytesOf(protocol, this.#limits)) {
        throw new Error('the request is too large')
      }
      await this.#enter(slotName, deadline)
      try {
        const connection = await this.#ports.connect(to, deadline)
        const answer = await this.#ask(protocol, connection, { request, answerMaxBytes, deadline })
        this.#ports.finished(protocol, 'ok', this.#ports.now() - startedMs)
        return answer
      } finally {
        this.#leave(slotName)
      }
    } catch (error) {
      this.#ports.finished(protocol, 'failed', this.#ports.now() - startedMs)
      const reason = error instanceof Error ? error.message : String(error)
      // biome-ignore lint/style/useErrorCause: NodeError takes its cause as the third argument
      throw new NodeError('REQUEST_FAILED', `no answer to ${protocol} from ${to}: ${reason}`, {
        cause: error
      })
    }
  }

  async #ask(
    protocol: RequestProtocol,
    connection: Connection,
    terms: { request: Uint8Array; answerMaxBytes: number; deadline: AbortSignal }
  ): Promise<Uint8Array<ArrayBuffer>> {
    const stream = await connection.newStream(protocolName(this.#networkId, protocol), {
      signal: terms.deadline
    })
    const firstByte = setTimeout(() => {
      stream.abort(new Error('no first byte in time'))
    }, this.#limits.requestFirstByteMs)
    const giveUp = (): void => stream.abort(new Error('no answer in time'))
    terms.deadline.addEventListener('abort', giveUp, { once: true })
    stream.addEventListener('message', () => clearTimeout(firstByte), { once: true })
    try {
      const answer = readMessage(stream, terms.answerMaxBytes)
      // If writing fails, so does reading, and that is awaited below.
      answer.catch(() => undefined)
      await writeMessage(stream, terms.request, terms.deadline)
      return await answer
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      clearTimeout(firstByte)
      terms.deadline.removeEventListener('abort', giveUp)
    }
  }

  async #enter(name: string, deadline: AbortSignal): Promise<void> {
    const slots = this.#slots.get(name) ?? { taken: 0, waiting: [] }
    this.#slots.set(name, slots)
    if (slots.taken < this.#limits.requestsAtOnceMax) {
      slots.taken += 1
      return
    }
    if (slots.waiting.length >= this.#limits.requestsWaitingMax) {
      throw new Error('too many requests wait already')
    }
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        slots.waiting.splice(slots.waiting.indexOf(proceed), 1)
        reject(new Error('no free slot in time'))
      }
      const proceed = (): void => {
        deadline.removeEventListener('abort', giveUp)
        resolve()
      }
      deadline.addEventListener('abort', giveUp, { once: true })
      slots.waiting.push(proceed)
    })
  }

  #leave(name: string): void {
    const slots = this.#slots.get(name)
    if (slots === undefined) return
    const next = slots.waiting.shift()
    if (next !== undefined) {
      next()
      return
    }
    slots.taken -= 1
    if (slots.taken === 0) this.#slots.delete(name)
  }
}

const WRITE_BYTES = 64 * 1024

/** Writes one message and closes our end, no faster than the stream takes it. */
export async function writeMessage(
  stream: Stream,
  message: Uint8Array,
  signal: AbortSignal
): Promise<void> {
  const framed = encode.single(message, { maxDataLength: message.length })
  for (let at = 0; at < framed.byteLength; at += WRITE_BYTES) {
    const end = Math.min(framed.byteLength, at + WRITE_BYTES)
    if (!stream.send(framed.sublist(at, end))) await stream.onDrain({ signal })
  }
  await stream.close({ signal })
}

/** Reads the one message of a stream. */
export async function readMessage(
  stream: Stream,
  messageMaxBytes: number
): Promise<Uint8Array<ArrayBuffer>> {
  return await pipe(
    stream,
    (source) => decode(source, { maxDataLength: messageMaxBytes, maxLengthLength: 4 }),
    async (messages) => {
      for await (const message of messages) return new Uint8Array(message.subarray())
      throw new Error('the stream ended without a message')
    }
  )
}

/** How large a request may be. */
export function requestMaxBytesOf(protocol: RequestProtocol, limits: NetworkLimits): number {
  return {
    fetch: limits.fetchRequestMaxBytes,
    submit: limits.submitRequestMaxBytes,
    status: limits.statusRequestMaxBytes
  }[protocol]
}

/** How large an answer may be. */
export function answerMaxBytesOf(protocol: RequestProtocol, limits: NetworkLimits): number {
  return {
    fetch: limits.fetchAnswerMaxBytes,
    submit: limits.submitAnswerMaxBytes,
    status: limits.statusAnswerMaxBytes
  }[protocol]
}

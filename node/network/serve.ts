/**
 * Serving: the other side of a request.
 *
 * Who asks too often is first made to wait, then refused. Who sends or takes
 * slowly is cut by a deadline, whatever it has sent so far.
 *
 * @module
 */

import type { Stream } from '@libp2p/interface'
import type { NetworkLimits } from './limits.ts'
import type { PeerKey } from './peer-key.ts'
import type { PeerQuotas } from './peer-quotas.ts'
import type { RequestProtocol } from './protocol-names.ts'
import { answerMaxBytesOf, readMessage, requestMaxBytesOf, writeMessage } from './request.ts'

/** Answers one request; a rejection refuses it. */
export type RequestHandler = (
  from: PeerKey,
  request: Uint8Array<ArrayBuffer>
) => Promise<Uint8Array>

/** Whom serving tells. */
export interface ServePorts {
  readonly served: (protocol: RequestProtocol, outcome: ServeOutcome) => void
  readonly onOffence: (from: PeerKey, reason: string) => void
  readonly onHandlerFailed: (protocol: RequestProtocol, error: unknown) => void
}

/** How a request ended. */
export type ServeOutcome = 'ok' | 'busy' | 'over-quota' | 'broken-off' | 'handler-failed'

/** Answers peers. */
export class Server {
  readonly #limits: NetworkLimits
  readonly #quotas: PeerQuotas
  readonly #ports: ServePorts
  readonly #handlers = new Map<RequestProtocol, RequestHandler>()
  #servedNow = 0

  constructor(limits: NetworkLimits, quotas: PeerQuotas, ports: ServePorts) {
    this.#limits = limits
    this.#quotas = quotas
    this.#ports = ports
  }

  /** Answers requests of this protocol from now on. */
  handle(protocol: RequestProtocol, handler: RequestHandler): void {
    this.#handlers.set(protocol, handler)
  }

  /** Serves the request on one stream. */
  async serve(protocol: RequestProtocol, from: PeerKey | undefined, stream: Stream): Promise<void> {
    const handler = this.#handlers.get(protocol)
    if (handler === undefined || from === undefined) {
      stream.abort(new Error('not served here'))
      return
    }
    if (this.#servedNow >= this.#limits.servedAtOnceMax) {
      stream.abort(new Error('busy'))
      this.#ports.served(protocol, 'busy')
      return
    }
    this.#servedNow += 1
    const deadline = AbortSignal.timeout(this.#limits.serveMs + this.#limits.requestWholeMs)
    const giveUp = (): void => stream.abort(new Error('too slow'))
    deadline.addEventListener('abort', giveUp, { once: true })
    try {
      const outcome = await this.#answer(protocol, from, { stream, handler, deadline })
      this.#ports.served(protocol, outcome)
    } finally {
      deadline.removeEventListener('abort', giveUp)
      this.#servedNow -= 1
    }
  }

  async #answer(
    protocol: RequestProtocol,
    from: PeerKey,
    one: { stream: Stream; handler: RequestHandler; deadline: AbortSignal }
  ): Promise<ServeOutcome> {
    const request = await this.#read(protocol, from, one.stream)
    if (request === undefined) return 'broken-off'
    if (!(await this.#mayAsk(protocol, from))) {
      one.stream.abort(new Error('over quota'))
      return 'over-quota'
    }
    this.#quotas.book(from, protocol, { requests: 1, bytes: request.length })
    let answer: Uint8Array
    try {
      answer = await one.handler(from, request)
    } catch (error) {
      one.stream.abort(new Error('refused'))
      this.#ports.onHandlerFailed(protocol, error)
      return 'handler-failed'
    }
    this.#quotas.book(from, protocol, { requests: 0, bytes: answer.length })
    if (answer.length > answerMaxBytesOf(protocol, this.#limits)) {
      one.stream.abort(new Error('the answer is too large'))
      return 'handler-failed'
    }
    try {
      await writeMessage(one.stream, answer, one.deadline)
      return 'ok'
    } catch (error) {
      // Whoever asked has gone or reads too slowly; the answer is lost to nobody else.
      one.stream.abort(error instanceof Error ? error : new Error(String(error)))
      return 'broken-off'
    }
  }

  /** The request, or `undefined` if it did not come whole, in time and in bounds. */
  async #read(
    protocol: RequestProtocol,
    from: PeerKey,
    stream: Stream
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const firstByte = setTimeout(() => {
      stream.abort(new Error('no first byte in time'))
    }, this.#limits.requestFirstByteMs)
    const whole = setTimeout(() => {
      stream.abort(new Error('no whole request in time'))
    }, this.#limits.requestWholeMs)
    stream.addEventListener('message', () => clearTimeout(firstByte), { once: true })
    try {
      return await readMessage(stream, requestMaxBytesOf(protocol, this.#limits))
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      if (isOffence(error)) this.#ports.onOffence(from, `${protocol} request malformed`)
      return undefined
    } finally {
      clearTimeout(firstByte)
      clearTimeout(whole)
    }
  }

  /** Lets a peer that is over its quota wait, so that its stream is its brake. */
  async #mayAsk(protocol: RequestProtocol, from: PeerKey): Promise<boolean> {
    const waitMs = this.#quotas.waitMs(from, protocol)
    if (waitMs === 0) return true
    if (waitMs > this.#limits.quotaWaitMs) return false
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    return this.#quotas.waitMs(from, protocol) <= this.#limits.quotaWaitMs
  }
}

const OFFENCES: ReadonlySet<string> = new Set([
  'InvalidDataLengthError',
  'InvalidDataLengthLengthError',
  'InvalidMessageLengthError'
])

/** A broken line is nobody's fault; a length out of bounds is. */
function isOffence(error: unknown): boolean {
  return error instanceof Error && OFFENCES.has(error.name)
}

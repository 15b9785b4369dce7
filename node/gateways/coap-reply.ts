/**
 * CoAP replies: what a resource answers, and the message that carries as much of it as fits.
 *
 * @see RFC 7252 §5.5, RFC 7959 §2.4
 * @module
 */

import type { Problem } from '../api/problem.ts'
import { CODE, codeOfProblem } from './coap-codes.ts'
import type { CoapMessage, CoapOption } from './coap-message.ts'
import {
  BLOCK_MAX_BYTES,
  type Block,
  blockOption,
  type CoapRequest,
  numberOption,
  OPTION
} from './coap-options.ts'

/** What a resource answers. */
export interface Reply {
  readonly code: number
  readonly payload: Uint8Array
  /** Of the payload; null for a diagnostic one, or none. */
  readonly format: number | null
  readonly etag?: Uint8Array
  /** How long the answer stays good, or when to ask again; CoAP's own 60 s where nothing is said. */
  readonly maxAgeSeconds?: number
  readonly options?: readonly CoapOption[]
}

/** The stable code of what went wrong: over HTTP it stands in `code`. */
export type FaultCode =
  | 'ACCEPT_UNSUPPORTED'
  | 'BLOCK_MISSING'
  | 'BLOCK_WRONG'
  | 'DEVICE_NOT_OF_PATH'
  | 'OPTION_UNKNOWN'
  | 'PROXY_UNSUPPORTED'
  | 'RATE_EXCEEDED'
  | 'READING_NOT_FOUND'
  | 'ROOM_EXHAUSTED'
  | 'SOURCE_UNVERIFIED'

/** Faults that only CoAP knows. */
const FAULTS: Readonly<Record<FaultCode, number>> = {
  ACCEPT_UNSUPPORTED: CODE.notAcceptable,
  BLOCK_MISSING: CODE.incomplete,
  BLOCK_WRONG: CODE.badRequest,
  DEVICE_NOT_OF_PATH: CODE.forbidden,
  OPTION_UNKNOWN: CODE.badOption,
  PROXY_UNSUPPORTED: CODE.proxyUnsupported,
  RATE_EXCEEDED: CODE.tooManyRequests,
  READING_NOT_FOUND: CODE.notFound,
  ROOM_EXHAUSTED: CODE.unavailable,
  SOURCE_UNVERIFIED: CODE.unauthorized
}

/** Faults that pass: who asks again a second later may be served. */
const PASSING: readonly FaultCode[] = ['RATE_EXCEEDED', 'ROOM_EXHAUSTED']

/** A reply that tells of a fault of CoAP's own. */
export function faultReply(code: FaultCode, options: readonly CoapOption[] = []): Reply {
  const reply = { code: FAULTS[code], payload: Buffer.from(code), format: null, options }
  return PASSING.includes(code) ? { ...reply, maxAgeSeconds: 1 } : reply
}

/** A reply that tells of a problem as HTTP would. */
export function problemReply(problem: Problem, options: readonly CoapOption[] = []): Reply {
  const reply = {
    code: codeOfProblem(problem),
    payload: Buffer.from(problem.code),
    format: null,
    options
  }
  const { retryAfterSeconds } = problem
  return retryAfterSeconds === null ? reply : { ...reply, maxAgeSeconds: retryAfterSeconds }
}

/** What of a reply one message says. */
export type ReplyBody = Pick<CoapMessage, 'code' | 'options' | 'payload'>

/** The part of a reply that was asked for: all of it, or one block. */
export function replyBody(
  reply: Reply,
  request: Pick<CoapRequest, 'block2' | 'wantsSize2'>,
  more: readonly CoapOption[] = []
): ReplyBody {
  const { code, payload } = reply
  const options = [...optionsOf(reply), ...more]
  const wanted: Block = request.block2 ?? { number: 0, more: false, sizeBytes: BLOCK_MAX_BYTES }
  const isWhole = wanted.number === 0 && payload.length <= wanted.sizeBytes
  // A diagnostic payload is a word or two: no block is worth it.
  if (isWhole || reply.format === null) return { code, options, payload }
  const begin = wanted.number * wanted.sizeBytes
  if (begin >= payload.length)
    return { code: CODE.badRequest, options: [], payload: Buffer.from('BLOCK_WRONG') }
  const end = begin + wanted.sizeBytes
  const block = { ...wanted, more: end < payload.length }
  const isFirst = wanted.number === 0 || request.wantsSize2
  const size = isFirst ? [numberOption(OPTION.size2, payload.length)] : []
  return {
    code,
    options: [...options, ...size, blockOption(OPTION.block2, block)],
    payload: payload.subarray(begin, end)
  }
}

function optionsOf({ format, etag, maxAgeSeconds, options = [] }: Reply): readonly CoapOption[] {
  return [
    ...options,
    ...(etag === undefined ? [] : [{ number: OPTION.etag, value: etag }]),
    ...(format === null ? [] : [numberOption(OPTION.contentFormat, format)]),
    ...(maxAgeSeconds === undefined ? [] : [numberOption(OPTION.maxAge, maxAgeSeconds)])
  ]
}

/** Whether the caller holds the reply already. */
export function isHeld({ etag }: Reply, { etags }: Pick<CoapRequest, 'etags'>): boolean {
  return etag !== undefined && etags.some((held) => Buffer.compare(held, etag) === 0)
}

/**
 * CoAP messages and their bytes.
 *
 * A reader of our own, because strangers' datagrams end here and the reader of
 * the usual package lets pass what the RFC calls a message format error: options
 * and tokens that run past the end, tokens of thirteen bytes, a marker without a
 * payload.
 *
 * @see RFC 7252 §3
 * @module
 */

/** How a message wants to be delivered, or what it says of another one. */
export type CoapType = 'confirmable' | 'non-confirmable' | 'acknowledgement' | 'reset'

/** An option as it stands in a message. */
export interface CoapOption {
  readonly number: number
  readonly value: Uint8Array
}

/** One message. */
export interface CoapMessage {
  readonly type: CoapType
  /** Class and detail in one byte: 0x01 is GET, 0x45 is 2.05; 0 is an empty message. */
  readonly code: number
  readonly messageId: number
  readonly token: Uint8Array
  /** In the order of their numbers. */
  readonly options: readonly CoapOption[]
  readonly payload: Uint8Array
}

/** What bytes are. */
export type CoapReading =
  | { readonly kind: 'message'; readonly message: CoapMessage }
  /** CoAP, and broken: whoever wanted an acknowledgement is told so. */
  | { readonly kind: 'malformed'; readonly type: CoapType; readonly messageId: number }
  /** Nothing that could be answered. */
  | { readonly kind: 'foreign' }

/** Options of one message: more say nothing that is understood here. */
const OPTIONS_MAX = 32
const HEADER_BYTES = 4
const TOKEN_MAX_BYTES = 8
const PAYLOAD_MARKER = 0xff
const VERSION = 1
const TYPES: readonly CoapType[] = ['confirmable', 'non-confirmable', 'acknowledgement', 'reset']
const NOTHING = new Uint8Array(0)

/** Extended lengths and deltas of options: one byte above 13, two bytes above 269. */
const EXTENDED_BY_ONE = 13
const EXTENDED_BY_TWO = 14
const TWO_BYTES_FROM = 269
const OPTION_NUMBER_MAX = 65_535

/** Reads a datagram; untrusted. What it returns lies in the same memory. */
export function decodeCoap(bytes: Uint8Array): CoapReading {
  const [first = 0, code = 0, high = 0, low = 0] = bytes
  if (bytes.length < HEADER_BYTES || first >> 6 !== VERSION) return { kind: 'foreign' }
  const type = TYPES[(first >> 4) & 3] ?? 'reset'
  const messageId = (high << 8) | low
  const malformed: CoapReading = { kind: 'malformed', type, messageId }
  const tokenLength = first & 15
  if (code === 0) {
    if (bytes.length !== HEADER_BYTES || tokenLength !== 0) return malformed
    const empty = { type, code, messageId, token: NOTHING, options: [], payload: NOTHING }
    return { kind: 'message', message: empty }
  }
  const begin = HEADER_BYTES + tokenLength
  if (tokenLength > TOKEN_MAX_BYTES || begin > bytes.length) return malformed
  const body = readBody(bytes, begin)
  if (body === undefined) return malformed
  const token = bytes.subarray(HEADER_BYTES, begin)
  return { kind: 'message', message: { type, code, messageId, token, ...body } }
}

function readBody(
  bytes: Uint8Array,
  begin: number
): Pick<CoapMessage, 'options' | 'payload'> | undefined {
  const options: CoapOption[] = []
  let at = begin
  let number = 0
  while (at < bytes.length) {
    const first = bytes[at++] ?? 0
    if (first === PAYLOAD_MARKER)
      return at === bytes.length ? undefined : { options, payload: bytes.subarray(at) }
    const delta = readExtended(bytes, at, first >> 4)
    const length = delta === undefined ? undefined : readExtended(bytes, delta.at, first & 15)
    if (delta === undefined || length === undefined) return undefined
    number += delta.value
    const end = length.at + length.value
    if (end > bytes.length || number > OPTION_NUMBER_MAX || options.length === OPTIONS_MAX)
      return undefined
    options.push({ number, value: bytes.subarray(length.at, end) })
    at = end
  }
  return { options, payload: NOTHING }
}

/** A length or delta, whose further bytes begin at `at`; undefined when it is cut short or reserved. */
function readExtended(
  bytes: Uint8Array,
  at: number,
  nibble: number
): { readonly value: number; readonly at: number } | undefined {
  if (nibble < EXTENDED_BY_ONE) return { value: nibble, at }
  const [first = 0, second = 0] = bytes.subarray(at, at + 2)
  if (nibble === EXTENDED_BY_ONE)
    return at + 1 > bytes.length ? undefined : { value: first + EXTENDED_BY_ONE, at: at + 1 }
  if (nibble > EXTENDED_BY_TWO || at + 2 > bytes.length) return undefined
  return { value: ((first << 8) | second) + TWO_BYTES_FROM, at: at + 2 }
}

/** Writes a message; options of one number keep their order. */
export function encodeCoap({
  type,
  code,
  messageId,
  token,
  options,
  payload
}: CoapMessage): Uint8Array {
  const first = (VERSION << 6) | (TYPES.indexOf(type) << 4) | token.length
  const parts: Uint8Array[] = [
    Uint8Array.of(first, code, messageId >> 8, messageId & 0xff),
    token,
    ...writeOptions(options)
  ]
  if (payload.length > 0) parts.push(Uint8Array.of(PAYLOAD_MARKER), payload)
  return Buffer.concat(parts)
}

function writeOptions(options: readonly CoapOption[]): Uint8Array[] {
  let last = 0
  return options
    .toSorted((a, b) => a.number - b.number)
    .map(({ number, value }) => {
      const delta = extend(number - last)
      const length = extend(value.length)
      last = number
      const head = (delta.nibble << 4) | length.nibble
      return Buffer.concat([Uint8Array.of(head, ...delta.rest, ...length.rest), value])
    })
}

function extend(value: number): { readonly nibble: number; readonly rest: readonly number[] } {
  if (value < EXTENDED_BY_ONE) return { nibble: value, rest: [] }
  if (value < TWO_BYTES_FROM) return { nibble: EXTENDED_BY_ONE, rest: [value - EXTENDED_BY_ONE] }
  const over = value - TWO_BYTES_FROM
  return { nibble: EXTENDED_BY_TWO, rest: [over >> 8, over & 0xff] }
}

/** An empty message: an acknowledgement without an answer, or a reset. */
export function emptyMessage(type: 'acknowledgement' | 'reset', messageId: number): Uint8Array {
  return encodeCoap({ type, code: 0, messageId, token: NOTHING, options: [], payload: NOTHING })
}

/**
 * CoAP options: which are understood here, and a request as they make it.
 *
 * An option that is not understood is passed over if its number is even, and
 * refuses the request if it is odd; so does one that stands where or as it may not.
 *
 * @see RFC 7252 §5.4 and §5.10
 * @module
 */

import type { CoapMessage, CoapOption } from './coap-message.ts'

/** Numbers of options. */
export const OPTION = {
  uriHost: 3,
  etag: 4,
  observe: 6,
  uriPort: 7,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  accept: 17,
  block2: 23,
  block1: 27,
  size2: 28,
  proxyUri: 35,
  proxyScheme: 39,
  size1: 60,
  echo: 252,
  requestTag: 292
} as const

/** What an option's value may be: length in bytes, and whether it may stand more than once. */
type Rule = readonly [least: number, most: number, isRepeatable?: boolean]

const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [OPTION.uriHost, [1, 255]],
  [OPTION.etag, [1, 8, true]],
  [OPTION.observe, [0, 3]],
  [OPTION.uriPort, [0, 2]],
  [OPTION.uriPath, [0, 255, true]],
  [OPTION.contentFormat, [0, 2]],
  [OPTION.uriQuery, [0, 255, true]],
  [OPTION.accept, [0, 2]],
  [OPTION.block2, [0, 3]],
  [OPTION.block1, [0, 3]],
  [OPTION.size2, [0, 4]],
  [OPTION.proxyUri, [1, 1034]],
  [OPTION.proxyScheme, [1, 255]],
  [OPTION.size1, [0, 4]],
  [OPTION.echo, [1, 40]],
  [OPTION.requestTag, [0, 8, true]]
])

/** Part of a body: which block, whether more follow, and how large blocks are. */
export interface Block {
  readonly number: number
  readonly more: boolean
  /** 16 to 1024. */
  readonly sizeBytes: number
}

/** The largest block. */
export const BLOCK_MAX_BYTES = 1024
const BLOCK_EXPONENT_LEAST = 4
const BLOCK_EXPONENT_RESERVED = 7

/** A request as its options make it. */
export interface CoapRequest {
  readonly code: number
  readonly path: readonly string[]
  readonly query: readonly string[]
  /** Null where none is given. */
  readonly contentFormat: number | null
  readonly accept: number | null
  readonly observe: number | null
  readonly block1: Block | null
  readonly block2: Block | null
  readonly size1: number | null
  readonly wantsSize2: boolean
  readonly etags: readonly Uint8Array[]
  readonly echo: Uint8Array | null
  readonly requestTag: string
  readonly payload: Uint8Array
}

/** A request, or why its options make none. */
export type RequestReading =
  | { readonly ok: true; readonly request: CoapRequest }
  | { readonly ok: false; readonly fault: 'OPTION_UNKNOWN' | 'BLOCK_WRONG' | 'PROXY_UNSUPPORTED' }

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads a request's options; untrusted. */
export function readRequest({ code, options, payload }: CoapMessage): RequestReading {
  const known = new Map<number, Uint8Array[]>()
  for (const option of options) {
    if (isUnderstood(option, known))
      known.set(option.number, [...(known.get(option.number) ?? []), option.value])
    else if (isCritical(option)) return { ok: false, fault: 'OPTION_UNKNOWN' }
  }
  if (known.has(OPTION.proxyUri) || known.has(OPTION.proxyScheme))
    return { ok: false, fault: 'PROXY_UNSUPPORTED' }
  const [path, query] = [texts(known, OPTION.uriPath), texts(known, OPTION.uriQuery)]
  if (path === undefined || query === undefined) return { ok: false, fault: 'OPTION_UNKNOWN' }
  const number = (of: number): number | null => readNumber(known.get(of)?.[0])
  const [block1, block2] = [readBlock(number(OPTION.block1)), readBlock(number(OPTION.block2))]
  if (block1 === undefined || block2 === undefined) return { ok: false, fault: 'BLOCK_WRONG' }
  const tags = known.get(OPTION.requestTag) ?? []
  const request: CoapRequest = {
    code,
    path,
    query,
    contentFormat: number(OPTION.contentFormat),
    accept: number(OPTION.accept),
    observe: number(OPTION.observe),
    block1,
    block2,
    size1: number(OPTION.size1),
    wantsSize2: known.has(OPTION.size2),
    etags: known.get(OPTION.etag) ?? [],
    echo: known.get(OPTION.echo)?.[0] ?? null,
    requestTag: tags.map((tag) => Buffer.from(tag).toString('hex')).join('.'),
    payload
  }
  return { ok: true, request }
}

function isCritical({ number }: CoapOption): boolean {
  return number % 2 === 1
}

function isUnderstood(
  { number, value }: CoapOption,
  known: ReadonlyMap<number, readonly Uint8Array[]>
): boolean {
  const rule = RULES.get(number)
  if (rule === undefined) return false
  const [least, most, isRepeatable = false] = rule
  return value.length >= least && value.length <= most && (isRepeatable || !known.has(number))
}

function texts(known: ReadonlyMap<number, Uint8Array[]>, number: number): string[] | undefined {
  try {
    return (known.get(number) ?? []).map((value) => UTF8.decode(value))
  } catch {
    // A stranger's bytes that are no text: a plain "no".
    return undefined
  }
}

function readNumber(value: Uint8Array | undefined): number | null {
  return value === undefined ? null : value.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** A number in as few bytes as it needs; zero needs none. */
export function numberOption(number: number, value: number): CoapOption {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return { number, value: Uint8Array.from(bytes) }
}

/** Undefined for the block size that RFC 7959 keeps for later. */
function readBlock(value: number | null): Block | null | undefined {
  if (value === null) return null
  const exponent = value & 7
  if (exponent === BLOCK_EXPONENT_RESERVED) return undefined
  const sizeBytes = 2 ** (exponent + BLOCK_EXPONENT_LEAST)
  return { number: value >>> 4, more: (value & 8) !== 0, sizeBytes }
}

/** A block as option 23 or 27. */
export function blockOption(option: 23 | 27, { number, more, sizeBytes }: Block): CoapOption {
  const exponent = Math.log2(sizeBytes) - BLOCK_EXPONENT_LEAST
  return numberOption(option, number * 16 + (more ? 8 : 0) + exponent)
}

/** Any text as an option. */
export function textOption(number: number, text: string): CoapOption {
  return { number, value: Buffer.from(text) }
}

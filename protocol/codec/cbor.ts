/**
 * The one wire format: deterministic CBOR made of arrays.
 *
 * Only unsigned integers up to 2^53−1, byte strings, text, null, arrays and the
 * empty map (a COSE header) exist. What does not encode back to the very same
 * bytes is refused, so every value has exactly one encoding and every hash over
 * bytes is a hash over the value.
 *
 * @see SPEC.md §1.1 Encoding
 * @module
 */

import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { equalBytes } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'

/** The empty map, which stands for an empty COSE header. */
export type EmptyMap = { readonly [key: string]: never }

/** Everything that can stand on the wire. */
export type CborValue = number | string | null | Uint8Array | EmptyMap | readonly CborValue[]

/** Arrays nested deeper than this are refused: nothing of ours comes near. */
const DEPTH_MAX = 12

const decodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true
}

/** The empty COSE header. */
export const emptyMap: EmptyMap = Object.freeze({})

/**
 * Encodes a value of our own making.
 *
 * @throws InvariantError when it holds a number that is no unsigned integer, or a text that would not come back
 */
export function encodeCbor(value: CborValue): Uint8Array {
  invariant(isWireValue(value, 0), 'only wire values are encoded')
  return encode(value, rfc8949EncodeOptions)
}

/**
 * Decodes bytes of anyone's making.
 *
 * @returns the value, or undefined when the bytes are not the one encoding of a wire value
 */
export function decodeCbor(bytes: Uint8Array): CborValue | undefined {
  let value: unknown
  try {
    value = decode(bytes, decodeOptions)
  } catch {
    // The library reports a stranger's bytes by throwing; to us that is a plain "no".
    return undefined
  }
  if (!isWireValue(value, 0)) return undefined
  return equalBytes(encode(value, rfc8949EncodeOptions), bytes) ? value : undefined
}

/** Whether a decoded map stands empty, as the unprotected header of a signature must. */
export function isEmptyMap(value: CborValue | undefined): value is EmptyMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  )
}

function isWireValue(value: unknown, depth: number): value is CborValue {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)
  if (typeof value === 'string') return isWireText(value)
  if (value === null || value instanceof Uint8Array) return true
  if (Array.isArray(value)) {
    if (depth >= DEPTH_MAX) return false
    for (const item of value) if (!isWireValue(item, depth + 1)) return false
    return true
  }
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** A text that UTF-8 can hold and whose bytes read as itself again, which half a pair or a mark in front do not. */
function isWireText(value: string): boolean {
  return !value.startsWith('\ufeff') && !/\p{Surrogate}/u.test(value)
}

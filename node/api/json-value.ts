/**
 * Records as JSON: bytes become lower-case hex, everything else keeps its name and value.
 *
 * @module
 */

import { invariant, toHex } from '../../protocol/index.ts'

/** Anything JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

/** A JSON object. */
export type JsonObject = { readonly [name: string]: JsonValue }

/**
 * Turns a record of ours into JSON.
 *
 * @throws InvariantError for an integer that JSON readers would round
 */
export function toJsonValue(value: unknown): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    invariant(
      Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)),
      'records hold numbers that JSON can carry'
    )
    return value
  }
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(toJsonValue)
  invariant(typeof value === 'object', 'records hold data only')
  return toJsonObject(value)
}

/** Turns a record of ours into a JSON object. */
export function toJsonObject(record: object): JsonObject {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, toJsonValue(value)])
  )
}

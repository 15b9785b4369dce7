/**
 * SenML packs as people read them: the JSON form of the CBOR that devices sign.
 *
 * @see RFC 8428 §5 and §6
 * @module
 */

import { decode } from 'cborg'
import type { JsonObject, JsonValue } from './json-value.ts'

/** Labels of RFC 8428 §6, Table 4. */
const NAMES: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [-1, 'bver'],
  [-2, 'bn'],
  [-3, 'bt'],
  [-4, 'bu'],
  [-5, 'bv'],
  [-6, 'bs'],
  [0, 'n'],
  [1, 'u'],
  [2, 'v'],
  [3, 'vs'],
  [4, 'vb'],
  [5, 's'],
  [6, 't'],
  [7, 'ut'],
  [8, 'vd']
])

/** The records of a SenML pack in CBOR; undefined when the bytes are none. */
export function senmlRecords(pack: Uint8Array): readonly JsonObject[] | undefined {
  let records: unknown
  try {
    records = decode(pack, { useMaps: true, allowIndefinite: false, allowBigInt: false })
  } catch {
    // The library reports a stranger's bytes by throwing; to us that is a plain "no".
    return undefined
  }
  if (!Array.isArray(records)) return undefined
  const read = records.map(readRecord)
  return read.every((record) => record !== undefined) ? read : undefined
}

function readRecord(record: unknown): JsonObject | undefined {
  if (!(record instanceof Map)) return undefined
  const fields: [string, JsonValue][] = []
  for (const [label, value] of record) {
    const name = NAMES.get(label)
    const read = readValue(value)
    if (name === undefined || read === undefined) return undefined
    fields.push([name, read])
  }
  return Object.fromEntries(fields)
}

function readValue(value: unknown): JsonValue | undefined {
  if (typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url')
  return undefined
}

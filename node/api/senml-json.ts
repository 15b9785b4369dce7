/**
 * SenML packs as people read them: the JSON form of the CBOR that devices sign.
 *
 * @see RFC 8428 §5 and §6
 * @module
 */

import { decode } from 'cborg'
import { SENML_FIELDS } from '../../protocol/index.ts'
import type { StoredReading } from '../ledger-service.ts'
import type { JsonObject, JsonValue } from './json-value.ts'

/** Labels in CBOR, and what they are called in JSON. */
const NAMES: ReadonlyMap<unknown, string> = new Map<unknown, string>(
  SENML_FIELDS.map(([name, label]) => [label, name])
)

/** The first byte of clear content that is a SenML pack of its own. */
const INLINE_FORM = 0x00

/** The records of a message that lie open; undefined when it is sealed, or holds none. */
export function openRecords({
  dataKeyEpoch,
  content
}: Pick<StoredReading, 'dataKeyEpoch' | 'content'>): readonly JsonObject[] | undefined {
  const isOpenPack = dataKeyEpoch === 0 && content[0] === INLINE_FORM
  return isOpenPack ? senmlRecords(content.subarray(1)) : undefined
}

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

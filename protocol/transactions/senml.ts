/**
 * SenML packs in CBOR: whether bytes are one.
 *
 * Only well-formedness is law: a pack of one to 64 records, each a map of known
 * labels to values of the right type, every record with a value or a sum, base
 * fields aside. What the values mean is for the reader of the pack.
 *
 * @see SPEC.md §4.3 SenML
 * @see RFC 8428 §4 and §6
 * @module
 */

import { decode } from 'cborg'

const RECORDS_MAX = 64
const BASE_VERSION_MAX = 10

type Check = (value: unknown) => boolean

const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
/** Bytes that are no UTF-8 are read as U+FFFD, which therefore stands in no text here. */
const isText: Check = (value) => typeof value === 'string' && !value.includes('\ufffd')
const isName: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9\-:./_]*$/.test(value)

/** Labels of RFC 8428 §6, Table 4, with the type of their value. */
const FIELDS: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  [
    -1,
    (value) => isNumber(value) && (value as number) <= BASE_VERSION_MAX && (value as number) > 0
  ],
  [-2, isName],
  [-3, isNumber],
  [-4, isText],
  [-5, isNumber],
  [-6, isNumber],
  [0, isName],
  [1, isText],
  [2, isNumber],
  [3, isText],
  [4, (value) => typeof value === 'boolean'],
  [5, isNumber],
  [6, isNumber],
  [7, isNumber],
  [8, (value) => value instanceof Uint8Array]
])

const VALUE_LABELS: readonly number[] = [2, 3, 4, 8]
const SUM_LABEL = 5

/** Whether the bytes are one SenML pack in definite-length CBOR. */
export function isSenmlPack(bytes: Uint8Array): boolean {
  let pack: unknown
  try {
    pack = decode(bytes, {
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
      useMaps: true
    })
  } catch {
    // The library reports a stranger's bytes by throwing; to us that is a plain "no".
    return false
  }
  if (!Array.isArray(pack) || pack.length === 0 || pack.length > RECORDS_MAX) return false
  return pack.every(isRecord)
}

/** Labels that are not known are passed over, but for those that must be understood (RFC 8428 §4.4). */
function isField(label: unknown, value: unknown): boolean {
  const check = FIELDS.get(label)
  if (check !== undefined) return check(value)
  if (typeof label === 'string') return isText(label) && !label.endsWith('_')
  return typeof label === 'number'
}

function isRecord(record: unknown): boolean {
  if (!(record instanceof Map) || record.size === 0) return false
  let values = 0
  let hasBase = false
  for (const [label, value] of record) {
    if (!isField(label, value)) return false
    if (VALUE_LABELS.includes(label)) values++
    if (typeof label === 'number' && label < 0) hasBase = true
  }
  return values <= 1 && (values === 1 || record.has(SUM_LABEL) || hasBase)
}

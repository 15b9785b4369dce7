/**
 * SenML packs in CBOR and JSON, and what their records mean once base fields are applied.
 *
 * Packs that are written here are deterministic CBOR and pass the ledger's rule
 * for content; packs that are read may come from anyone and in any order.
 *
 * @see RFC 8428 §4 to §6
 * @module
 */

import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { concatBytes } from '../protocol/index.ts'

/** A record as it stands in a pack; each member is optional. */
export interface SenmlRecord {
  /** Base version. */
  readonly bver?: number
  /** Base name, time (seconds), unit, value and sum: in force until another record sets them. */
  readonly bn?: string
  readonly bt?: number
  readonly bu?: string
  readonly bv?: number
  readonly bs?: number
  /** Name, unit and value of this record: number, text, truth or bytes. */
  readonly n?: string
  readonly u?: string
  readonly v?: number
  readonly vs?: string
  readonly vb?: boolean
  readonly vd?: Uint8Array
  /** Sum, time (seconds) and update time. */
  readonly s?: number
  readonly t?: number
  readonly ut?: number
}

/** A record with the base fields applied and an absolute time. */
export interface ResolvedRecord {
  readonly name: string
  /** Seconds since 1970. */
  readonly timeSeconds: number
  readonly unit?: string
  readonly value?: number | string | boolean | Uint8Array
  readonly sum?: number
  readonly updateTimeSeconds?: number
}

type Label = keyof SenmlRecord
type FieldType = 'number' | 'text' | 'truth' | 'bytes'

/** The labels of RFC 8428 §6, Table 4: in JSON, in CBOR, and their type. */
const FIELDS: readonly (readonly [Label, number, FieldType])[] = [
  ['bver', -1, 'number'],
  ['bn', -2, 'text'],
  ['bt', -3, 'number'],
  ['bu', -4, 'text'],
  ['bv', -5, 'number'],
  ['bs', -6, 'number'],
  ['n', 0, 'text'],
  ['u', 1, 'text'],
  ['v', 2, 'number'],
  ['vs', 3, 'text'],
  ['vb', 4, 'truth'],
  ['s', 5, 'number'],
  ['t', 6, 'number'],
  ['ut', 7, 'number'],
  ['vd', 8, 'bytes']
]

/** Times below this are relative to now (RFC 8428 §4.5.3). */
const RELATIVE_TIME_BELOW = 2 ** 28
const VERSION = 10
const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/

/** A pack in CBOR. */
export function encodeSenmlCbor(records: readonly SenmlRecord[]): Uint8Array {
  const pack = records.map((record) => {
    const fields = FIELDS.filter(([label]) => record[label] !== undefined)
    return new Map(fields.map(([label, number]) => [number, record[label]]))
  })
  return encode(pack, rfc8949EncodeOptions)
}

/** A pack as the content of a reading or alarm: the form byte 0x00, then the pack. */
export function senmlContent(records: readonly SenmlRecord[]): Uint8Array {
  return concatBytes(Uint8Array.of(0), encodeSenmlCbor(records))
}

/**
 * Reads a pack in CBOR.
 *
 * @param bytes - untrusted
 * @returns the records without labels that are not known; undefined when it is no pack, or holds a
 *   label that must be understood
 */
export function decodeSenmlCbor(bytes: Uint8Array): SenmlRecord[] | undefined {
  let pack: unknown
  try {
    pack = decode(bytes, { useMaps: true, rejectDuplicateMapKeys: true, allowUndefined: false })
  } catch {
    // The library reports a stranger's bytes by throwing; to us that is a plain "no".
    return undefined
  }
  const byNumber = new Map<unknown, Label>(FIELDS.map(([label, number]) => [number, label]))
  return readPack(pack, (record) =>
    record instanceof Map
      ? [...record].map(([label, value]) => [byNumber.get(label) ?? label, value] as const)
      : undefined
  )
}

/** A pack in JSON; bytes are base64url without padding. */
export function encodeSenmlJson(records: readonly SenmlRecord[]): string {
  return JSON.stringify(
    records.map((record) =>
      Object.fromEntries(
        FIELDS.filter(([label]) => record[label] !== undefined).map(([label]) => {
          const value = record[label]
          return [label, value instanceof Uint8Array ? toBase64Url(value) : value]
        })
      )
    )
  )
}

/** Reads a pack in JSON; undefined as for CBOR. */
export function decodeSenmlJson(text: string): SenmlRecord[] | undefined {
  let pack: unknown
  try {
    pack = JSON.parse(text)
  } catch {
    // A stranger's text that is no JSON: a plain "no".
    return undefined
  }
  return readPack(pack, (record) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined
    return Object.entries(record).map(([label, value]) =>
      label === 'vd' && typeof value === 'string'
        ? ([label, fromBase64Url(value)] as const)
        : ([label, value] as const)
    )
  })
}

/**
 * Applies base fields and makes times absolute, in order of time (RFC 8428 §4.6).
 *
 * @returns the records; undefined when a name or the version is not allowed
 */
export function resolveSenml(
  records: readonly SenmlRecord[],
  nowSeconds: number
): ResolvedRecord[] | undefined {
  const resolved: ResolvedRecord[] = []
  let base: SenmlRecord = {}
  for (const record of records) {
    base = { ...base, ...record }
    if ((record.bver ?? VERSION) > VERSION) return undefined
    const entry = resolveRecord(base, record, nowSeconds)
    if (entry === undefined) continue
    if (!NAME.test(entry.name)) return undefined
    resolved.push(entry)
  }
  return resolved.sort((a, b) => a.timeSeconds - b.timeSeconds)
}

/** One record; undefined when it only sets base fields. */
function resolveRecord(
  base: SenmlRecord,
  record: SenmlRecord,
  nowSeconds: number
): ResolvedRecord | undefined {
  const other = record.vs ?? record.vb ?? record.vd
  if (record.v === undefined && other === undefined && record.s === undefined) return undefined
  const time = (base.bt ?? 0) + (record.t ?? 0)
  const unit = record.u ?? base.bu
  const value = other ?? sumOf(base.bv, record.v)
  const sum = sumOf(base.bs, record.s)
  return {
    name: `${base.bn ?? ''}${record.n ?? ''}`,
    timeSeconds: time < RELATIVE_TIME_BELOW ? nowSeconds + time : time,
    ...(unit === undefined ? {} : { unit }),
    ...(value === undefined ? {} : { value }),
    ...(sum === undefined ? {} : { sum }),
    ...(record.ut === undefined ? {} : { updateTimeSeconds: record.ut })
  }
}

/** A missing part counts as zero, two missing parts as nothing. */
function sumOf(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined && right === undefined ? undefined : (left ?? 0) + (right ?? 0)
}

function readPack(
  pack: unknown,
  entriesOf: (record: unknown) => readonly (readonly [unknown, unknown])[] | undefined
): SenmlRecord[] | undefined {
  if (!Array.isArray(pack)) return undefined
  const records: SenmlRecord[] = []
  for (const item of pack) {
    const entries = entriesOf(item)
    const record = entries === undefined ? undefined : readRecord(entries)
    if (record === undefined) return undefined
    records.push(record)
  }
  return records
}

const TYPES: ReadonlyMap<unknown, FieldType> = new Map(
  FIELDS.map(([label, , type]) => [label, type])
)

function readRecord(entries: readonly (readonly [unknown, unknown])[]): SenmlRecord | undefined {
  const record: Record<string, unknown> = {}
  for (const [label, value] of entries) {
    const type = TYPES.get(label)
    // RFC 8428 §4.4: what is not known is skipped, unless its name says that it must be understood.
    if (type === undefined && typeof label === 'string' && label.endsWith('_')) return undefined
    if (type === undefined) continue
    if (!isOfType(value, type)) return undefined
    record[label as Label] = value
  }
  return record as SenmlRecord
}

function isOfType(value: unknown, type: FieldType): boolean {
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value)
  if (type === 'text') return typeof value === 'string'
  return type === 'truth' ? typeof value === 'boolean' : value instanceof Uint8Array
}

function toBase64Url(bytes: Uint8Array): string {
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(text)) return undefined
  try {
    const letters = atob(text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''))
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0))
  } catch {
    // A length that no bytes encode to: a plain "no".
    return undefined
  }
}

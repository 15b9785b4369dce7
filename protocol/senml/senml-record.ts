/**
 * SenML records: their fields, and which of them make one record.
 *
 * Packs come from anyone, in CBOR or JSON; both hand their entries to this one
 * reader, so that what is refused in the one form is refused in the other. The
 * ledger's own rule for what a device signs is narrower (transactions/senml.ts).
 *
 * @see RFC 8428 §4
 * @module
 */

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

/** The name of a field in JSON. */
export type SenmlLabel = keyof SenmlRecord
type FieldType = 'number' | 'text' | 'truth' | 'bytes'

/** The labels of RFC 8428 §6, Table 4: in JSON, in CBOR, and their type. */
export const SENML_FIELDS: readonly (readonly [SenmlLabel, number, FieldType])[] = [
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

/** Records of one pack: a pack of 64 KiB in CBOR has fewer that say anything. */
const RECORDS_MAX = 16_384
const VALUES: readonly SenmlLabel[] = ['v', 'vs', 'vb', 'vd']
const TYPES: ReadonlyMap<unknown, FieldType> = new Map(
  SENML_FIELDS.map(([label, , type]) => [label, type])
)

/** The label and value of each field of a record, labels in JSON's form. */
export type SenmlEntries = readonly (readonly [label: unknown, value: unknown])[]

/**
 * Reads a pack that was decoded.
 *
 * @param pack      - untrusted
 * @param entriesOf - the fields of one item; undefined when it is no map
 * @returns the records without fields that are not known; undefined when it is no pack
 */
export function readSenmlPack(
  pack: unknown,
  entriesOf: (item: unknown) => SenmlEntries | undefined
): SenmlRecord[] | undefined {
  if (!Array.isArray(pack) || pack.length > RECORDS_MAX) return undefined
  const records: SenmlRecord[] = []
  for (const item of pack) {
    const entries = entriesOf(item)
    const record = entries === undefined ? undefined : readRecord(entries)
    if (record === undefined) return undefined
    records.push(record)
  }
  return records
}

/** Whether a field is in force for the records after its own. */
function isBaseLabel(label: string): boolean {
  return label.startsWith('b')
}

function readRecord(entries: SenmlEntries): SenmlRecord | undefined {
  const fields = new Map<SenmlLabel, unknown>()
  for (const [label, value] of entries) {
    const type = TYPES.get(label)
    // RFC 8428 §4.4: what is not known is skipped, unless its name says that it must be understood.
    if (type === undefined && typeof label === 'string' && label.endsWith('_')) return undefined
    if (type === undefined) continue
    if (!isOfType(value, type) || fields.has(label as SenmlLabel)) return undefined
    fields.set(label as SenmlLabel, value)
  }
  return isRecord(fields) ? (Object.fromEntries(fields) as SenmlRecord) : undefined
}

/** At most one value; and one of value, sum and base field, for a record says or sets something. */
function isRecord(fields: ReadonlyMap<SenmlLabel, unknown>): boolean {
  const values = VALUES.filter((label) => fields.has(label)).length
  const version = fields.get('bver')
  if (typeof version === 'number' && (!Number.isSafeInteger(version) || version < 1)) return false
  return values <= 1 && (values === 1 || fields.has('s') || [...fields.keys()].some(isBaseLabel))
}

function isOfType(value: unknown, type: FieldType): boolean {
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value)
  if (type === 'text') return typeof value === 'string'
  return type === 'truth' ? typeof value === 'boolean' : value instanceof Uint8Array
}

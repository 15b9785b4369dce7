/**
 * Thing Descriptions of devices: how to read, watch and command one through a node.
 *
 * A view, stored nowhere, in the words of the W3C. Its properties are what the device has said of
 * late; it has an action only where somebody may command it. Reading is open to all, for the ledger
 * is; a command is an object that its controller has signed, whatever carries it.
 *
 * @see https://www.w3.org/TR/wot-thing-description11/
 * @module
 */

import { toHex } from '../foundation/bytes.ts'
import type { Controller } from '../ledger/records/controller-record.ts'
import type { DeviceRecord } from '../ledger/records/device-record.ts'
import type { OwnershipRecord } from '../ledger/records/ownership-record.ts'
import { type DeviceDid, didOf } from './did-document.ts'

/** A value that a device names in what it says, with the JSON type that it was last of. */
export interface SaidValue {
  readonly name: string
  readonly unit: string | null
  readonly type: 'number' | 'string' | 'boolean'
}

/** A record of a SenML pack in its JSON form (RFC 8428 §5), as far as it is looked at here. */
export type SaidRecord = Readonly<Record<string, unknown>>

/** What a description is made of. */
export interface ThingRecords {
  readonly device: DeviceRecord
  readonly ownership: OwnershipRecord
  readonly controllers: readonly Controller[]
  /** What it has said in clear of late. */
  readonly said: readonly SaidValue[]
  /** Controllers whose term is over by then count no more. */
  readonly timeMs: number
}

/** Where the node that describes can be reached. */
export interface ThingSurfaces {
  /** What relative addresses are relative to; null for the address of the description itself. */
  readonly base: string | null
  /** `mqtt://<host>:<port>`; null where there is no broker. */
  readonly mqtt: string | null
}

/** How an interaction is carried. */
export interface ThingForm {
  readonly href: string
  readonly op: string
  readonly contentType: string
  readonly security?: readonly string[]
}

/** One property, action or event: a schema of data, and the forms by which it is had. */
export type ThingAffordance = {
  readonly forms: readonly ThingForm[]
} & { readonly [name: string]: unknown }

/** A device's description, ready to be written as JSON. */
export interface ThingDescription {
  readonly '@context': readonly (string | Readonly<Record<string, string>>)[]
  readonly id: string
  readonly title: string
  readonly base?: string
  readonly version: { readonly instance: string }
  readonly securityDefinitions: Readonly<Record<string, { readonly scheme: string }>>
  readonly security: readonly string[]
  readonly properties: Readonly<Record<string, ThingAffordance>>
  readonly actions?: Readonly<Record<string, ThingAffordance>>
  readonly links: readonly { readonly rel: string; readonly href: string; readonly type: string }[]
}

const CONTEXT = ['https://www.w3.org/2022/wot/td/v1.1', { tm: 'urn:thingmoot:td:1:' }] as const
const JSON_TYPE = 'application/json'
const CBOR_TYPE = 'application/cbor'
/** Names of one description: what a device makes up of late does not grow it without end. */
const NAMES_MAX = 64
/** The longest name of a value: base name and name together, as long as an address may carry. */
const NAME_LENGTH_MAX = 128
const UNIT_LENGTH_MAX = 32
/** Names of the properties that every device has. */
const OWN_NAMES: readonly string[] = ['standing', 'readings', 'state']

/** The description of a device as its records stand. */
export function createThingDescription(
  device: DeviceDid,
  records: ThingRecords,
  { base, mqtt }: ThingSurfaces
): ThingDescription {
  const id = toHex(device.deviceId)
  const path = `/v1/devices/${id}`
  const commanders = records.controllers.filter(({ notAfterMs }) => notAfterMs > records.timeMs)
  const properties = {
    standing: readable(path, { type: 'object' }),
    readings: readable(`${path}/readings`, { type: 'object' }),
    ...(mqtt === null ? {} : { state: watched(`${mqtt}/tm/${device.networkId}/d/${id}/state`) }),
    ...Object.fromEntries(records.said.map((said) => [said.name, valueProperty(path, said)]))
  }
  const { incarnation } = records.device
  return {
    '@context': CONTEXT,
    id: didOf(device),
    title: `Device ${id.slice(0, 8)}`,
    ...(base === null ? {} : { base }),
    version: { instance: `${incarnation}-${records.ownership.ownerSequence}` },
    securityDefinitions: {
      open: { scheme: 'nosec' },
      signed: { scheme: 'tm:SignedObject' }
    },
    security: ['open'],
    properties,
    ...(commanders.length === 0 ? {} : { actions: { command: COMMAND } }),
    links: [{ rel: 'alternate', href: `${path}/did`, type: 'application/did+json' }]
  }
}

/**
 * The values that a device names in its packs, each as it was last said; packs newest first.
 *
 * @param packs - records in their JSON form; names and units that no reader could use are left out
 */
export function saidValues(packs: readonly (readonly SaidRecord[])[]): SaidValue[] {
  const found = new Map<string, SaidValue>()
  for (const { name, unit, value } of packs.flatMap(lastValues)) {
    const type = typeof value
    if (type !== 'number' && type !== 'string' && type !== 'boolean') continue
    if (!found.has(name) && found.size < NAMES_MAX) found.set(name, { name, unit, type })
  }
  return [...found.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** The newest value under a name, and undefined where the device has not said it of late. */
export function saidValue(
  packs: readonly (readonly SaidRecord[])[],
  wanted: string
): number | string | boolean | undefined {
  const found = packs.flatMap(lastValues).find(({ name }) => name === wanted)?.value
  const isValue = ['number', 'string', 'boolean'].includes(typeof found)
  return isValue ? (found as number | string | boolean) : undefined
}

/** One value of a pack, its base fields worked in. */
interface Named {
  readonly name: string
  readonly unit: string | null
  readonly value: unknown
}

/** The values of one pack, of each name the last: base fields hold for what follows them. */
function lastValues(pack: readonly SaidRecord[]): Named[] {
  const values = new Map<string, Named>()
  let base: Named = { name: '', unit: null, value: 0 }
  for (const record of pack) {
    base = {
      name: textOf(record['bn']) ?? base.name,
      unit: textOf(record['bu']) ?? base.unit,
      value: typeof record['bv'] === 'number' ? record['bv'] : base.value
    }
    const named = namedValue(record, base)
    if (named.value !== undefined && isName(named.name)) values.set(named.name, named)
  }
  return [...values.values()]
}

function namedValue(record: SaidRecord, base: Named): Named {
  const { v } = record as { readonly v?: unknown }
  const unit = textOf(record['u']) ?? base.unit
  const isUnit = unit !== null && unit.length > 0 && unit.length <= UNIT_LENGTH_MAX
  return {
    name: `${base.name}${textOf(record['n']) ?? ''}`,
    unit: isUnit ? unit : null,
    value: typeof v === 'number' ? (base.value as number) + v : (record['vs'] ?? record['vb'])
  }
}

/** Names of RFC 8428 §4.5.1, but those that mean something else here, or to JavaScript. */
function isName(name: string): boolean {
  if (name.length > NAME_LENGTH_MAX || OWN_NAMES.includes(name)) return false
  return /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/.test(name)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function readable(href: string, schema: Readonly<Record<string, unknown>>): ThingAffordance {
  return {
    ...schema,
    readOnly: true,
    forms: [{ href, op: 'readproperty', contentType: JSON_TYPE }]
  }
}

function watched(href: string): ThingAffordance {
  return {
    type: 'object',
    readOnly: true,
    observable: true,
    forms: [{ href, op: 'observeproperty', contentType: JSON_TYPE }]
  }
}

function valueProperty(path: string, { name, unit, type }: SaidValue): ThingAffordance {
  // Of what may stand in a name, the slash and the colon alone mean something in an address.
  const segment = name.replaceAll('/', '%2F').replaceAll(':', '%3A')
  return readable(`${path}/properties/${segment}`, { type, ...(unit === null ? {} : { unit }) })
}

/** Any node takes a signed transaction; what it holds is sealed to the device. */
const COMMAND: ThingAffordance = {
  safe: false,
  idempotent: true,
  forms: [
    {
      href: '/v1/transactions',
      op: 'invokeaction',
      contentType: CBOR_TYPE,
      security: ['signed']
    }
  ]
}

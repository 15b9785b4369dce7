/**
 * Home Assistant device discovery: one retained message that says what a device is and what it tells.
 *
 * The form is the one of Home Assistant 2024.12 and later: `<prefix>/device/<object id>/config` with
 * `dev`, `o` and `cmps`. Each component reads its value out of the device's own `state`, so nothing
 * is published twice.
 *
 * @module
 */

import type { JsonObject } from '../api/json-value.ts'

/** What a value under a name is. */
export interface SpokenName {
  readonly name: string
  readonly kind: 'number' | 'text' | 'truth'
  /** As SenML has it. */
  readonly unit: string | null
}

/** A device as it is announced. */
export interface AnnouncedDevice {
  /** In lower-case hex. */
  readonly deviceId: string
  /** What people call it. */
  readonly name: string
}

/** What the announcement needs beside the device. */
export interface AnnouncementOptions {
  readonly stateTopic: string
  readonly version: string
}

/** Units of SenML (RFC 8428 §12.1) as Home Assistant writes them, with the class that goes with each. */
const UNITS: ReadonlyMap<string, readonly [unit: string, deviceClass: string | null]> = new Map([
  ['Cel', ['°C', 'temperature']],
  ['K', ['K', 'temperature']],
  ['%RH', ['%', 'humidity']],
  ['%EL', ['%', 'battery']],
  ['W', ['W', 'power']],
  ['V', ['V', 'voltage']],
  ['A', ['A', 'current']],
  ['Hz', ['Hz', 'frequency']],
  ['lx', ['lx', 'illuminance']],
  ['Pa', ['Pa', 'atmospheric_pressure']],
  ['m', ['m', 'distance']],
  ['kg', ['kg', 'weight']],
  ['/', ['', null]]
])

/** The topic of an announcement. */
export function configTopic(prefix: string, deviceId: string): string {
  return `${prefix}/device/${objectIdOf(deviceId)}/config`
}

/** The announcement of a device that has said values under these names. */
export function deviceConfig(
  device: AnnouncedDevice,
  names: readonly SpokenName[],
  { stateTopic, version }: AnnouncementOptions
): JsonObject {
  const id = objectIdOf(device.deviceId)
  const components = names.map((spoken): [string, JsonObject] => [
    keyOf(spoken.name),
    { ...componentOf(spoken), unique_id: `${id}_${keyOf(spoken.name)}`, name: spoken.name }
  ])
  return {
    dev: { ids: [id], name: device.name, mf: 'Thingmoot', sn: device.deviceId },
    o: { name: 'thingmoot', sw: version },
    cmps: Object.fromEntries(components),
    state_topic: stateTopic,
    qos: 1
  }
}

function componentOf({ name, kind, unit }: SpokenName): JsonObject {
  const field = { number: 'v', text: 'vs', truth: 'vb' }[kind]
  if (kind === 'truth')
    return {
      p: 'binary_sensor',
      value_template: templateOf(name, `('ON' if found[-1].${field} else 'OFF')`)
    }
  const value = `found[-1].${field}`
  if (kind === 'text') return { p: 'sensor', value_template: templateOf(name, value, 'this.state') }
  const common = { p: 'sensor', value_template: templateOf(name, value) }
  const [written, deviceClass] = unit === null ? ['', null] : (UNITS.get(unit) ?? [unit, null])
  return {
    ...common,
    state_class: 'measurement',
    ...(written === '' ? {} : { unit_of_measurement: written }),
    ...(deviceClass === null ? {} : { device_class: deviceClass })
  }
}

/**
 * A state that lacks the name leaves the value as it was: nothing at all is taken for no news, except
 * for text, which may be empty. Names hold no quotes (RFC 8428 §4.5.1).
 */
function templateOf(name: string, value: string, otherwise = "''"): string {
  const found = `value_json.records | default([]) | selectattr('n', 'eq', '${name}') | list`
  return `{% set found = ${found} %}{{ ${value} if found else ${otherwise} }}`
}

/** Home Assistant takes letters, digits, _ and - in object ids. */
function objectIdOf(deviceId: string): string {
  return `tm_${deviceId.slice(0, 32)}`
}

/** Different names keep different keys: what is no letter or digit is written by its code. */
function keyOf(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, (letter) => `_${letter.charCodeAt(0).toString(16)}`)
}

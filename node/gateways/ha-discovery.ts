/**
 * Announces devices to Home Assistant, once they have said something, and again whenever it begins anew.
 *
 * Announcements are made from the ledger when they are asked for, as states are: nothing is kept that
 * a restart could lose.
 *
 * @module
 */

import { fromHex, toHex } from '../../protocol/index.ts'
import { openRecords } from '../api/senml-json.ts'
import type { LedgerService, StoredReading } from '../ledger-service.ts'
import { softwareVersion } from '../software.ts'
import {
  type AnnouncedDevice,
  configTopic,
  deviceConfig,
  type SpokenName
} from './ha-device-config.ts'
import { isFitting } from './mqtt-topic-map.ts'
import type { Topics } from './mqtt-topics.ts'

/** What is announced, and where. */
export interface DiscoveryOptions {
  /** First level of the topics; Home Assistant's own is `homeassistant`. */
  readonly prefix: string
  readonly devices: readonly AnnouncedDevice[]
}

/** What discovery needs of others. */
export interface DiscoveryPorts {
  readonly ledger: Pick<LedgerService, 'readings'>
  readonly topics: Topics
}

/** One announcement. */
export interface Announcement {
  readonly topic: string
  readonly payload: string
}

/** The announcements of all devices. */
export interface Discovery {
  /** Where Home Assistant says that it is there; its will as well. */
  readonly statusTopic: string
  /** Whether a subscription is about announcements. */
  readonly isFilter: (filter: string) => boolean
  /** Announcements that fit a filter. */
  readonly announcements: (filter: string) => AsyncGenerator<Announcement, void, void>
  /** Takes a final reading over; an announcement where the device has said a new name. */
  readonly learn: (
    deviceId: Uint8Array,
    reading: StoredReading
  ) => Promise<Announcement | undefined>
}

/** Messages looked through for names that a device has said. */
const LOOK_BACK_MAX = 50
/** Names of one device that are announced. */
const NAMES_MAX = 64
const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:._/]{0,63}$/
const UNIT = /^[\x21-\x7e]{1,16}$/

/** Opens discovery for the devices that are named; what is kept is bounded by them. */
export function createDiscovery(
  { prefix, devices }: DiscoveryOptions,
  { ledger, topics }: DiscoveryPorts
): Discovery {
  const named = new Map(devices.map((device) => [device.deviceId, device]))
  const known = new Map<string, Map<string, SpokenName>>()

  const namesOf = async (deviceId: string): Promise<Map<string, SpokenName>> => {
    const ready = known.get(deviceId)
    if (ready !== undefined) return ready
    const names = new Map<string, SpokenName>()
    const page = { limit: LOOK_BACK_MAX, beforeSequence: null, incarnation: null, isRival: false }
    const readings = await ledger.readings(fromHex(deviceId) ?? new Uint8Array(0), page)
    for (const reading of (readings ?? []).toReversed()) addNames(names, reading)
    // Another look may have come to its end first, and learnt more since.
    const first = known.get(deviceId) ?? names
    known.set(deviceId, first)
    return first
  }
  const announce = (
    device: AnnouncedDevice,
    names: ReadonlyMap<string, SpokenName>
  ): Announcement => {
    const options = { stateTopic: topics.of(device.deviceId, 'state'), version: softwareVersion() }
    const config = deviceConfig(device, [...names.values()], options)
    return { topic: configTopic(prefix, device.deviceId), payload: JSON.stringify(config) }
  }
  return {
    statusTopic: `${prefix}/status`,
    isFilter: (filter) => filter.startsWith(`${prefix}/`),
    announcements: async function* (filter) {
      for (const device of named.values()) {
        if (!isFitting(configTopic(prefix, device.deviceId), filter)) continue
        const names = await namesOf(device.deviceId)
        if (names.size > 0) yield announce(device, names)
      }
    },
    learn: async (deviceId, reading) => {
      const device = named.get(toHex(deviceId))
      if (device === undefined) return undefined
      const names = await namesOf(device.deviceId)
      return addNames(names, reading) ? announce(device, names) : undefined
    }
  }
}

/** Adds the names of a reading; whether any was new, or means something else now. */
function addNames(names: Map<string, SpokenName>, reading: StoredReading): boolean {
  if (reading.outcome !== 'applied' || reading.contentKind !== 0) return false
  const records = openRecords(reading) ?? []
  // Base fields make other names and values of those that follow, which the components would not find.
  if (records.some((record) => 'bn' in record || 'bv' in record)) return false
  let isNew = false
  for (const record of records) {
    const spoken = spokenName(record)
    if (spoken === undefined) continue
    const before = names.get(spoken.name)
    const isRoom = before !== undefined || names.size < NAMES_MAX
    if (!isRoom || (before?.kind === spoken.kind && before.unit === spoken.unit)) continue
    names.set(spoken.name, spoken)
    isNew = true
  }
  return isNew
}

function spokenName(record: object): SpokenName | undefined {
  const { n: name, u: unit = null } = record as { readonly n?: unknown; readonly u?: unknown }
  const kind = kindOf(record)
  if (kind === undefined || typeof name !== 'string' || !NAME.test(name)) return undefined
  return { name, kind, unit: typeof unit === 'string' && UNIT.test(unit) ? unit : null }
}

function kindOf(record: object): SpokenName['kind'] | undefined {
  if ('v' in record) return 'number'
  if ('vb' in record) return 'truth'
  return 'vs' in record ? 'text' : undefined
}

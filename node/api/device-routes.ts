/**
 * Devices in the words of the W3C: DID documents, Thing Descriptions, and the values that these name.
 *
 * All of them are views of the records, by the word of this node; whoever trusts no node makes them
 * of proved records, as `thingmoot device did` and `td` do.
 *
 * @module
 */

import * as z from 'zod'
import {
  controllers,
  createDidDocument,
  createThingDescription,
  type DeviceDid,
  saidValue,
  saidValues,
  toHex
} from '../../protocol/index.ts'
import type { DeviceView, LedgerService, StoredReading } from '../ledger-service.ts'
import type { JsonObject } from './json-value.ts'
import { type Answer, createRoute, problem, type Route } from './route.ts'
import { openRecords } from './senml-json.ts'
import { id, idParams, nothing } from './shapes.ts'

/** Messages looked through for what a device says: heartbeats and alarms lie among its readings. */
const LOOK_BACK_MAX = 50
const NAME_LENGTH_MAX = 128

const didRoute = createRoute({
  method: 'GET',
  path: '/v1/devices/:id/did',
  scope: ({ id: deviceId }) => [toHex(deviceId)],
  produces: ['application/did+json', 'application/did-resolution'],
  summary: "A device's DID document, or with resolution=1 what a resolver says of it",
  params: idParams,
  query: z.strictObject({ resolution: z.enum(['0', '1']).optional() }),
  isOfState: true,
  handle: ({ params, query, status, origin }, { ledger }) => {
    const owned = ownedDevice(params.id, ledger)
    if (owned === null) return unknownDevice()
    const { device, ownership } = owned
    const nodeUrls = origin === null ? [] : [`${origin.scheme}://${origin.host}`]
    const resolved = createDidDocument(nameOf(params.id, status.networkId), {
      ...{ device, ownership, nodeUrls }
    })
    return query.resolution === '1'
      ? typed('application/did-resolution', {
          didResolutionMetadata: { contentType: 'application/did+json' },
          ...resolved
        })
      : typed('application/did+json', resolved.didDocument)
  }
})

const thingRoute = createRoute({
  method: 'GET',
  path: '/v1/devices/:id/td',
  scope: ({ id: deviceId }) => [toHex(deviceId)],
  produces: ['application/td+json'],
  summary: 'How to read, watch and command a device: its WoT Thing Description',
  params: idParams,
  query: nothing,
  handle: async ({ params, status, origin }, { ledger, mqttPort }) => {
    const owned = ownedDevice(params.id, ledger)
    if (owned === null) return unknownDevice()
    const { device, ownership } = owned
    const { value } = await ledger.readState(controllers.number, params.id, false)
    const records = {
      device,
      ownership,
      controllers: value === null ? [] : controllers.decode(value),
      said: saidValues(await openPacks(params.id, ledger)),
      timeMs: status.finalAtMs
    }
    const port = mqttPort()
    const mqtt =
      port === null || origin === null ? null : `mqtt://${hostNameOf(origin.host)}:${port}`
    const surfaces = { base: null, mqtt }
    return typed(
      'application/td+json',
      createThingDescription(nameOf(params.id, status.networkId), records, surfaces)
    )
  }
})

const propertyRoute = createRoute({
  method: 'GET',
  path: '/v1/devices/:id/properties/:name',
  scope: ({ id: deviceId }) => [toHex(deviceId)],
  produces: ['application/json'],
  summary: 'The newest value under a name, among the last messages of a device',
  params: z.strictObject({ id, name: z.string().min(1).max(NAME_LENGTH_MAX) }),
  query: nothing,
  handle: async ({ params }, { ledger }) => {
    if (ledger.device(params.id) === null) return unknownDevice()
    const value = saidValue(await openPacks(params.id, ledger), params.name)
    return value === undefined
      ? problem('PROPERTY_NOT_FOUND', 'The device has not said this in clear of late.')
      : typed('application/json', value)
  }
})

/** The routes that describe devices to those who know no Thingmoot. */
export const deviceRoutes: readonly Route[] = [didRoute, thingRoute, propertyRoute]

function ownedDevice(
  deviceId: Uint8Array,
  ledger: LedgerService
): (DeviceView & { readonly ownership: NonNullable<DeviceView['ownership']> }) | null {
  const view = ledger.device(deviceId)
  if (view === null || view.ownership === null) return null
  return { ...view, ownership: view.ownership }
}

function nameOf(deviceId: Uint8Array, networkId: string): DeviceDid {
  return { networkId, deviceId }
}

function unknownDevice(): Answer {
  return problem('DEVICE_NOT_FOUND', 'No such device was claimed on this ledger.')
}

/** What a device said in clear, newest first. */
async function openPacks(
  deviceId: Uint8Array,
  ledger: LedgerService
): Promise<readonly (readonly JsonObject[])[]> {
  const page = { limit: LOOK_BACK_MAX, beforeSequence: null, incarnation: null, isRival: false }
  const readings = (await ledger.readings(deviceId, page)) ?? []
  return readings.filter(isReading).flatMap((reading) => {
    const records = openRecords(reading)
    return records === undefined ? [] : [records]
  })
}

const READING_KIND = 0

function isReading({ contentKind, outcome }: StoredReading): boolean {
  return contentKind === READING_KIND && outcome === 'applied'
}

/** An answer that is exactly what its media type says, without an envelope. */
function typed(mediaType: string, value: object | number | string | boolean): Answer {
  return { kind: 'bytes', mediaType, bytes: new TextEncoder().encode(JSON.stringify(value)) }
}

/** A host without its port; an IPv6 address keeps its brackets. */
function hostNameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}

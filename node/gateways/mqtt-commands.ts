/**
 * Commands over MQTT: a device that listens to its `down` is handed what it has still to receive.
 *
 * What waits lies on the ledger, so nothing is kept here but how far each listener was told: whoever
 * subscribes anew, after a restart of either side, hears everything again that the device has not
 * answered. An acknowledgement ends nothing, because anybody may listen: the device's reply does.
 *
 * @module
 */

import type { Client } from 'aedes'
import { fromHex } from '../../protocol/index.ts'
import { commandToJson } from '../api/command-routes.ts'
import type { LedgerService, WaitingCommand } from '../ledger-service.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import type { MqttSession, MqttSessions } from './mqtt-sessions.ts'
import type { Topics } from './mqtt-topics.ts'

/** What deliveries need of others. */
export interface CommandDeliveryPorts {
  readonly ledger: Pick<LedgerService, 'commands'>
  readonly topics: Topics
  readonly sessions: MqttSessions
}

/** Hands out commands. */
export interface CommandDeliveries {
  /** A client has begun to listen to a filter: it is told from the beginning. */
  readonly begin: (client: Client, filter: string) => void
  /** A device may have more to receive: all who listen to it are told what they were not. */
  readonly go: (deviceId: string) => void
}

/** Commands of one delivery: the next ones follow when the device has answered, or asks anew. */
const AHEAD_MAX = 16

/** Where a command stands on the ledger. */
export type Place = Pick<WaitingCommand, 'height' | 'index'>

/** Opens the deliveries. Sessions and their filters are bounded, and so is what is kept of each. */
export function createCommandDeliveries(ports: CommandDeliveryPorts): CommandDeliveries {
  const { ledger, topics, sessions } = ports
  const told = new WeakMap<MqttSession, Map<string, Place | null>>()

  const deliver = (session: MqttSession, deviceId: string): void => {
    const id = fromHex(deviceId)
    const places = told.get(session)
    if (id === undefined || places === undefined) return
    // In the lane of the client, so that it cannot have more read for it than it may have judged.
    session.lane.run(
      () => readFrom(ledger, id, places.get(deviceId) ?? null),
      (commands) => {
        for (const command of commands ?? []) {
          // Two runs may have read from one place.
          if (!isBehind(command, places.get(deviceId) ?? null)) continue
          places.set(deviceId, { height: command.height, index: command.index })
          const text = JSON.stringify({ command: commandToJson(command) })
          sessions.answer(session.client, deviceId, text)
        }
      }
    )
  }
  return {
    begin: (client, filter) => {
      const read = topics.readFilter(filter)
      if (read === undefined || read.channel === 'state') return
      const session = sessions.of(client)
      const places = told.get(session) ?? new Map<string, Place | null>()
      told.set(session, places)
      // What it listened to before and does not any more is forgotten.
      const heard = [...session.filters.keys()].map((other) => topics.readFilter(other)?.deviceId)
      for (const deviceId of places.keys()) if (!heard.includes(deviceId)) places.delete(deviceId)
      places.set(read.deviceId, null)
      deliver(session, read.deviceId)
    },
    go: (deviceId) => {
      for (const session of sessions.listenersOf(deviceId))
        if (told.get(session)?.has(deviceId) === true) deliver(session, deviceId)
    }
  }
}

async function readFrom(
  ledger: CommandDeliveryPorts['ledger'],
  deviceId: Uint8Array,
  after: Place | null
): ReturnType<LedgerService['commands']> {
  try {
    return await ledger.commands(deviceId, { after, limit: AHEAD_MAX })
  } catch (error) {
    // It is being mended: the device hears of it when it asks anew, or with the next one.
    if (error instanceof DamagedRecord) return null
    throw error
  }
}

/** Whether a command stands behind a place of the ledger. */
export function isBehind(place: Place, other: Place | null): boolean {
  if (other === null) return true
  return place.height === other.height ? place.index > other.index : place.height > other.height
}

/**
 * MQTT sessions: who listens to which device, and what each client has under way.
 *
 * The node delivers to its clients itself instead of through the broker's
 * emitter, where one client that does not read would hold up all others.
 *
 * @module
 */

import type { Client } from 'aedes'
import { REASON } from './mqtt-ingress.ts'
import { createLane, type Lane } from './mqtt-lane.ts'
import { createOutbox, type OutboundMessage, type Outbox } from './mqtt-outbox.ts'
import type { DeviceChannel, Topics } from './mqtt-topics.ts'

/** Messages of one client on their way, each direction. */
export const IN_FLIGHT_MAX = 20
/** Subscriptions of one client. */
const SUBSCRIPTIONS_MAX = 256
/** Messages that wait for one client: a block may bring many at once, and all listeners share a text. */
const OUTBOX_WAITING_MAX = 2_048
/** More than fits into what is read from a connection at once. */
const LANE_WAITING_MAX = 2_048

/** A client with what it listens to and what it has under way. */
export interface MqttSession {
  readonly client: Client
  readonly lane: Lane
  readonly outbox: Outbox
  /** Granted quality of service, by filter. */
  readonly filters: Map<string, 0 | 1>
}

/** All sessions. */
export interface MqttSessions {
  /** The session of a client, opened when it is first asked for. */
  readonly of: (client: Client) => MqttSession
  /** Whether the client may listen to a filter; if so, it does from now on. */
  readonly listen: (client: Client, filter: string, qos: number) => boolean
  readonly unlisten: (client: Client, filter: string) => void
  /** Whether anybody listens to any device. */
  readonly isHeard: () => boolean
  /** Sends to every client that listens to a device's channel. */
  readonly broadcast: (deviceId: string, channel: DeviceChannel, text: string) => void
  /** Sends to one client, if it listens there. */
  readonly answer: (client: Client, deviceId: string, text: string) => void
}

/** Opens the sessions. Clients are bounded by the listener, their filters here. */
export function createMqttSessions(
  topics: Topics,
  reportBug: (error: unknown) => void
): MqttSessions {
  const sessions = new WeakMap<Client, MqttSession>()
  const listeners = new Map<string, Set<MqttSession>>()

  const of = (client: Client): MqttSession => {
    const open = sessions.get(client)
    if (open !== undefined) return open
    const session = createSession(client, reportBug)
    sessions.set(client, session)
    client.conn.once('close', () => {
      session.outbox.close()
      for (const filter of [...session.filters.keys()]) unlisten(client, filter)
    })
    return session
  }
  const unlisten = (client: Client, filter: string): void => {
    const session = of(client)
    const deviceId = topics.readFilter(filter)?.deviceId
    if (deviceId === undefined || !session.filters.delete(filter)) return
    const hasOther = [...session.filters.keys()].some(
      (other) => topics.readFilter(other)?.deviceId === deviceId
    )
    const audience = listeners.get(deviceId)
    if (hasOther || audience === undefined) return
    audience.delete(session)
    if (audience.size === 0) listeners.delete(deviceId)
  }
  const listen = (client: Client, filter: string, qos: number): boolean => {
    const deviceId = topics.readFilter(filter)?.deviceId
    if (deviceId === undefined || client.closed) return false
    const session = of(client)
    if (!session.filters.has(filter) && session.filters.size >= SUBSCRIPTIONS_MAX) return false
    session.filters.set(filter, qos === 0 ? 0 : 1)
    const audience = listeners.get(deviceId) ?? new Set()
    listeners.set(deviceId, audience.add(session))
    return true
  }
  const deliver = (session: MqttSession, message: OutboundMessage, filters: readonly string[]) => {
    const granted = filters.map((filter) => session.filters.get(filter)).filter(isGranted)
    if (granted.length === 0) return
    const qos = granted.includes(1) ? message.qos : 0
    session.outbox.offer({ ...message, qos })
  }
  return {
    of,
    listen,
    unlisten,
    isHeard: () => listeners.size > 0,
    broadcast: (deviceId, channel, text) => {
      const audience = listeners.get(deviceId)
      if (audience === undefined) return
      const filters = topics.filtersOf(deviceId, channel)
      const message = messageOf(topics.of(deviceId, channel), channel, text)
      for (const session of audience) deliver(session, message, filters)
    },
    answer: (client, deviceId, text) => {
      const message = messageOf(topics.of(deviceId, 'down'), 'down', text)
      deliver(of(client), message, topics.filtersOf(deviceId, 'down'))
    }
  }
}

function isGranted(qos: 0 | 1 | undefined): qos is 0 | 1 {
  return qos !== undefined
}

/** Receipts are to arrive; of states only the latest counts. */
function messageOf(topic: string, channel: DeviceChannel, payload: string): OutboundMessage {
  const isState = channel === 'state'
  return { topic, payload, qos: isState ? 0 : 1, isReplaceable: isState }
}

function createSession(client: Client, reportBug: (error: unknown) => void): MqttSession {
  const inFlightMax = Math.min(IN_FLIGHT_MAX, client.receiveMaximum)
  const outbox = createOutbox(
    { inFlightMax, waitingMax: OUTBOX_WAITING_MAX },
    {
      send: ({ topic, payload, qos }, done) =>
        client.publish({ cmd: 'publish', topic, payload, qos, retain: false, dup: false }, () =>
          done()
        ),
      cutOff: () => client.disconnect({ reasonCode: REASON.quotaExceeded })
    }
  )
  const lane = createLane({ runningMax: IN_FLIGHT_MAX, waitingMax: LANE_WAITING_MAX }, (error) => {
    reportBug(error)
    client.close()
  })
  return { client, lane, outbox, filters: new Map() }
}

/**
 * What the MQTT broker asks of its storage: sessions that are kept, and the states of devices.
 *
 * The queues of kept sessions are the sessions' own, so the broker finds none. Retained messages are
 * the node's, made from the ledger when they are asked for; there are no wills.
 *
 * @module
 */

import { Readable } from 'node:stream'
import type { Client } from 'aedes'
import type { Discovery } from './ha-discovery.ts'
import type { MqttSessions } from './mqtt-sessions.ts'
import type { States } from './mqtt-states.ts'
import type { Topics } from './mqtt-topics.ts'

/** A retained message as the broker wants it. */
export interface RetainedPacket {
  readonly cmd: 'publish'
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0
  readonly retain: true
}

/** A packet on its way to a client, as the broker shows it. */
interface OutgoingPacket {
  readonly brokerCounter: number
  readonly messageId?: number
}

/** The part of the broker's storage interface that it uses without wills. */
export interface MqttPersistence {
  setup(): Promise<void>
  destroy(): Promise<void>
  storeRetained(): Promise<void>
  createRetainedStreamCombi(filters: readonly string[]): Readable
  addSubscriptions(client: Client): Promise<void>
  removeSubscriptions(client: Client, filters: readonly string[]): Promise<void>
  subscriptionsByClient(client: { readonly id: string }): Promise<readonly object[]>
  subscriptionsByTopic(): Promise<readonly never[]>
  cleanSubscriptions(client: Client): Promise<void>
  outgoingEnqueue(to: unknown, packet: OutgoingPacket): Promise<void>
  outgoingEnqueueCombi(): Promise<void>
  outgoingUpdate(client: Client, packet: OutgoingPacket): Promise<void>
  outgoingClearMessageId(
    client: Client,
    packet: { readonly messageId?: number }
  ): Promise<undefined>
  outgoingStream(): Readable
  incomingStorePacket(client: Client, packet: { readonly messageId: number }): Promise<void>
  incomingGetPacket(client: Client, packet: { readonly messageId: number }): Promise<object>
  incomingDelPacket(client: Client, packet: { readonly messageId: number }): Promise<void>
  putWill(): Promise<void>
  delWill(): Promise<undefined>
  streamWill(): Readable
}

/** What the storage is made of. */
export interface MqttPersistencePorts {
  readonly topics: Topics
  readonly states: States
  readonly sessions: MqttSessions
  readonly discovery: Discovery | null
  readonly reportBug: (error: unknown) => void
}

/** Builds the storage. */
export function createMqttPersistence(ports: MqttPersistencePorts): MqttPersistence {
  const { sessions } = ports
  const nothing = async (): Promise<undefined> => undefined
  const none = async (): Promise<readonly never[]> => []
  return {
    setup: nothing,
    destroy: nothing,
    storeRetained: nothing,
    createRetainedStreamCombi: (filters) => Readable.from(retained(filters, ports)),
    // What was granted: the broker would also store what was refused.
    addSubscriptions: (client) => sessions.keep(client),
    removeSubscriptions: async (client, filters) => {
      for (const filter of filters) sessions.unlisten(client, filter)
      await sessions.keep(client)
    },
    subscriptionsByClient: async ({ id }) =>
      sessions.filtersOf(id).map(([topic, qos]) => ({ clientId: id, topic, qos })),
    subscriptionsByTopic: none,
    // Asked for at a clean start, and when a connection ends: those to be kept end by the store's own time.
    cleanSubscriptions: async (client) => {
      if (client.connecting || client.clean) sessions.forget(client.id)
    },
    // Asked within the very call that hands the broker a message.
    outgoingEnqueue: async (_to, { brokerCounter }) => sessions.queued(brokerCounter),
    outgoingEnqueueCombi: nothing,
    outgoingUpdate: async (client, { brokerCounter, messageId }) => {
      if (messageId !== undefined) sessions.of(client).places.written(brokerCounter, messageId)
    },
    outgoingClearMessageId: async (client, { messageId }) => {
      sessions.acknowledge(client, messageId)
      return undefined
    },
    outgoingStream: () => Readable.from([]),
    incomingStorePacket: (client, { messageId }) => sessions.setReceived(client, messageId, true),
    incomingGetPacket: async (client, { messageId }) => {
      if (sessions.receive(client, messageId) === 'known') return { messageId }
      throw new Error('no such packet')
    },
    incomingDelPacket: (client, { messageId }) => sessions.setReceived(client, messageId, false),
    putWill: nothing,
    delWill: nothing,
    streamWill: () => Readable.from([])
  }
}

async function* retained(
  filters: readonly string[],
  { topics, states, discovery, reportBug }: MqttPersistencePorts
): AsyncGenerator<RetainedPacket> {
  for (const filter of filters) {
    if (discovery?.isFilter(filter)) yield* announced(filter, discovery, reportBug)
    const read = topics.readFilter(filter)
    if (read === undefined || read.channel === 'down') continue
    try {
      const state = await states.latest(read.deviceId)
      if (state === undefined) continue
      const topic = topics.of(read.deviceId, 'state')
      yield { cmd: 'publish', topic, payload: Buffer.from(state), qos: 0, retain: true }
    } catch (error) {
      // The broker's pipe has no ear for errors: thrown on, it would end the process unnamed.
      reportBug(error)
    }
  }
}

async function* announced(
  filter: string,
  discovery: Discovery,
  reportBug: (error: unknown) => void
): AsyncGenerator<RetainedPacket> {
  try {
    for await (const { topic, payload } of discovery.announcements(filter))
      yield { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 0, retain: true }
  } catch (error) {
    reportBug(error)
  }
}

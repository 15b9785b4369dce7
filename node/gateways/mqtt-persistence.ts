/**
 * What the MQTT broker asks of its storage: nothing is kept but the states of devices.
 *
 * Sessions end with their connections and there are no wills, so no stranger can
 * leave anything behind. Retained messages are the node's own, made when they are
 * asked for.
 *
 * @module
 */

import { Readable } from 'node:stream'
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

/** The part of the broker's storage interface that it uses without sessions and wills. */
export interface MqttPersistence {
  setup(): Promise<void>
  destroy(): Promise<void>
  storeRetained(): Promise<void>
  createRetainedStreamCombi(filters: readonly string[]): Readable
  addSubscriptions(): Promise<void>
  removeSubscriptions(): Promise<void>
  subscriptionsByClient(): Promise<readonly never[]>
  subscriptionsByTopic(): Promise<readonly never[]>
  cleanSubscriptions(): Promise<void>
  outgoingEnqueue(): Promise<void>
  outgoingEnqueueCombi(): Promise<void>
  outgoingUpdate(): Promise<void>
  outgoingClearMessageId(): Promise<undefined>
  outgoingStream(): Readable
  putWill(): Promise<void>
  delWill(): Promise<undefined>
  streamWill(): Readable
}

/** Builds the storage. */
export function createMqttPersistence(ports: {
  readonly topics: Topics
  readonly states: States
  readonly reportBug: (error: unknown) => void
}): MqttPersistence {
  const nothing = async (): Promise<undefined> => undefined
  const none = async (): Promise<readonly never[]> => []
  return {
    setup: nothing,
    destroy: nothing,
    storeRetained: nothing,
    createRetainedStreamCombi: (filters) => Readable.from(retained(filters, ports)),
    addSubscriptions: nothing,
    removeSubscriptions: nothing,
    subscriptionsByClient: none,
    subscriptionsByTopic: none,
    cleanSubscriptions: nothing,
    outgoingEnqueue: nothing,
    outgoingEnqueueCombi: nothing,
    outgoingUpdate: nothing,
    outgoingClearMessageId: nothing,
    outgoingStream: () => Readable.from([]),
    putWill: nothing,
    delWill: nothing,
    streamWill: () => Readable.from([])
  }
}

async function* retained(
  filters: readonly string[],
  { topics, states, reportBug }: Parameters<typeof createMqttPersistence>[0]
): AsyncGenerator<RetainedPacket> {
  for (const filter of filters) {
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

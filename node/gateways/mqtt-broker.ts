/**
 * The MQTT broker: who may connect, publish and listen, as the protocol's own rules leave it open.
 *
 * @module
 */

import { Aedes, type Client, type ConnectPacket, type PublishPacket } from 'aedes'
import { atMostEvery, type PacedWork } from './at-most-every.ts'
import type { Announcement } from './ha-discovery.ts'
import type { MqttParts } from './mqtt-parts.ts'
import { createMqttPersistence } from './mqtt-persistence.ts'
import { remoteOf, takePacket } from './mqtt-publications.ts'
import { IN_FLIGHT_MAX } from './mqtt-sessions.ts'
import { TOPIC_LEVELS_MAX } from './mqtt-topics.ts'

const ANNOUNCE_EVERY_MS = 5_000
/** A CONNECT is whole when it comes here: the broker has to read it, and no more. */
const CONNECT_TIMEOUT_MS = 1_000
/** A client that takes nothing for so long is cut off. */
const DRAIN_TIMEOUT_MS = 5_000
const KEEPALIVE_MAX_SECONDS = 300
const CLIENT_ID_LENGTH_MAX = 128
/** Packets of one client that may come before its CONNECT is answered. */
const EARLY_PACKETS_MAX = 32

/** Return codes of MQTT 3.1.1 §3.2.2.3; the broker turns them into reason codes of 5.0. */
const RETURN_IDENTIFIER_REJECTED = 2
const RETURN_PASSWORD_WRONG = 4
const RETURN_NOT_AUTHORIZED = 5

/** Builds the broker; it takes connections once it listens. */
export function createMqttBroker(parts: MqttParts, packetSizeMaxBytes: number): Aedes {
  const { topics, states, sessions, deliveries, discovery, awaySecondsMax, reportBug } = parts
  const refusals = new WeakMap<Client, number>()
  const broker = new Aedes({
    persistence: createMqttPersistence({ topics, states, sessions, discovery, reportBug }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    drainTimeout: DRAIN_TIMEOUT_MS,
    keepaliveLimit: KEEPALIVE_MAX_SECONDS,
    queueLimit: EARLY_PACKETS_MAX,
    maxClientsIdLength: CLIENT_ID_LENGTH_MAX,
    maxTopicLevels: TOPIC_LEVELS_MAX,
    maximumPacketSize: packetSizeMaxBytes,
    receiveMaximum: IN_FLIGHT_MAX,
    // One second is the least that clients can be told.
    sessionExpiryIntervalLimit: Math.max(1, awaySecondsMax),
    // The store counts the time of sessions, over restarts; the broker shall hold no timers of its own.
    pendingSessionsLimit: 1,
    preConnect: (client, packet, done) => {
      const refusal = judgeConnect(packet, discovery?.statusTopic)
      if (refusal !== 0) refusals.set(client, refusal)
      else if (packet.clientId !== '') packet.clientId = ownClientId(client, packet.clientId)
      done(null, true)
    },
    authenticate: (client, name, password, done) => {
      const returnCode = refusals.get(client) ?? judgeUser(parts, client, { name, password })
      if (returnCode === undefined) done(null, true)
      else done(Object.assign(new Error('the connection is refused'), { returnCode }), null)
    },
    authorizePublish: (client, packet, done) => {
      if (client === null) done(new Error('nothing but clients publishes here'))
      else if (packet.topic === discovery?.statusTopic) {
        packet.retain = false
        done()
        if (packet.payload.toString() === 'online') announcing.ask()
      } else takePacket(client, packet, { parts, done })
    },
    // Refused by a failure code in SUBACK, in both versions.
    authorizeSubscribe: (client, subscription, done) =>
      discovery?.isFilter(subscription.topic) ||
      sessions.listen(client, subscription.topic, subscription.qos)
        ? done(null, subscription)
        : done(null, null),
    // What clients publish stays with the node: listeners hear the node alone.
    authorizeForward: (_client, packet) => (isOwn(parts, packet.topic) ? packet : null)
  })
  const announcing = announceOnBirth(broker, parts)
  broker.on('closed', announcing.stop)
  // After the acknowledgement, so that a client knows what it is for.
  broker.on('subscribe', (subscriptions, client) => {
    for (const { topic } of subscriptions) deliveries.begin(client, topic)
  })
  // A kept session need not subscribe anew to be told what waited.
  broker.on('clientReady', (client) => {
    for (const [filter] of client.clean ? [] : sessions.filtersOf(client.id))
      deliveries.begin(client, filter)
    sessions.resume(client)
  })
  broker.on('unsubscribe', (filters, client) => {
    for (const filter of filters) sessions.unlisten(client, filter)
  })
  broker.on('ack', (_packet, client) => sessions.of(client).outbox.acknowledge())
  broker.on('error' as 'closed', reportBug as () => void)
  return broker
}

/** Home Assistant has begun anew, and has forgotten whom it knew; anybody might say so. */
function announceOnBirth(broker: Aedes, { discovery, reportBug }: MqttParts): PacedWork {
  const publishAll = async (): Promise<void> => {
    for await (const announcement of discovery?.announcements('#') ?? [])
      broker.publish(announcementPacket(announcement), (error) => {
        if (error) reportBug(error)
      })
  }
  const announce = (): void => void publishAll().catch(reportBug)
  return atMostEvery(ANNOUNCE_EVERY_MS, announce, () => performance.now())
}

/** An announcement as the broker publishes it; who comes later is given it as retained. */
export function announcementPacket({ topic, payload }: Announcement): PublishPacket {
  return { cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false }
}

/** Whether a topic is one on which the node itself publishes. */
function isOwn({ topics, topicMap, discovery }: MqttParts, topic: string): boolean {
  if (topic === discovery?.statusTopic) return false
  return topics.readUp(topic) === undefined && topicMap.ruleOf(topic) === undefined
}

/**
 * Whoever names a device that is held has to know its password; other names mean nothing here, because
 * the signature inside a message decides.
 */
function judgeUser(
  { custody, users }: MqttParts,
  client: Client,
  {
    name,
    password
  }: { readonly name?: string | undefined; readonly password?: Uint8Array | undefined }
): number | undefined {
  if (name === undefined || custody?.deviceIdOf(name) === undefined) return undefined
  if (!custody.isPassword(name, password ?? new Uint8Array(0))) return RETURN_PASSWORD_WRONG
  users.set(client, name)
  return undefined
}

/** The return code to refuse a CONNECT with, or 0. */
function judgeConnect({ clientId, will }: ConnectPacket, statusTopic: string | undefined): number {
  if (clientId.length > CLIENT_ID_LENGTH_MAX) return RETURN_IDENTIFIER_REJECTED
  // A will would be published in nobody's name; refused aloud instead of dropped in silence.
  return will === undefined || will.topic === statusTopic ? 0 : RETURN_NOT_AUTHORIZED
}

/** An id that nobody elsewhere can take over: clients are told apart by address as well. */
function ownClientId(client: Client, clientId: string): string {
  return `${remoteOf(client)}/${clientId}`
}

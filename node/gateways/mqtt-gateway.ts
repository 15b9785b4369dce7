/**
 * The MQTT gateway: signed device messages come in on `up`, results go out on `down`.
 *
 * The broker speaks the protocol and nothing more: it keeps no session, no will
 * and no message of a stranger. A message of quality 1 is acknowledged when the
 * ledger has it, or with the reason why not; where version 3.1.1 has no reason to
 * give, a message that may not be lost is left unacknowledged and the connection
 * closed, so that the client sends it again.
 *
 * @module
 */

import { createServer, type Socket } from 'node:net'
import { Aedes, type Client, type ConnectPacket, type PublishPacket } from 'aedes'
import { toHex } from '../../protocol/index.ts'
import type { LedgerService } from '../ledger-service.ts'
import type { Gateway } from './gateway.ts'
import { addressOf, type ConnectionLimits, limitConnections, listen } from './listening.ts'
import { REASON, type Reaction, statusText, takePublication } from './mqtt-ingress.ts'
import { createMqttPersistence } from './mqtt-persistence.ts'
import { createMqttSessions, IN_FLIGHT_MAX, type MqttSessions } from './mqtt-sessions.ts'
import { createStates, type States } from './mqtt-states.ts'
import { createTopics, TOPIC_LEVELS_MAX, type Topics } from './mqtt-topics.ts'

/** Settings of the gateway. */
export interface MqttGatewayOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly networkId: string
  readonly networkTag: Uint8Array
  readonly connections?: ConnectionLimits
}

/** What the gateway needs of others. */
export interface MqttGatewayPorts {
  readonly ledger: LedgerService
  /** Hears of errors that no client should be able to cause. */
  readonly reportBug: (error: unknown) => void
}

/** Clients: in all, and from one remote address, behind which a whole site may stand. */
const CONNECTION_LIMITS: ConnectionLimits = {
  connectionsMax: 1_024,
  connectionsPerAddressMax: 512
}
const CONNECT_TIMEOUT_MS = 5_000
/** A client that takes nothing for so long is cut off. */
const DRAIN_TIMEOUT_MS = 5_000
/** How long a stopping gateway lets its clients take leave. */
const STOP_DEADLINE_MS = 1_000
const CONNECT_SIZE_MAX_BYTES = 4_096
const PACKET_SIZE_MAX_BYTES = 32_768
const KEEPALIVE_MAX_SECONDS = 300
const CLIENT_ID_LENGTH_MAX = 128
/** Packets of one client that may come before its CONNECT is answered. */
const EARLY_PACKETS_MAX = 32

/** Return codes of MQTT 3.1.1 §3.2.2.3; the broker turns them into reason codes of 5.0. */
const RETURN_IDENTIFIER_REJECTED = 2
const RETURN_NOT_AUTHORIZED = 5

/** The gateway's parts, as its functions share them. */
interface Parts extends MqttGatewayPorts {
  readonly networkTag: Uint8Array
  readonly topics: Topics
  readonly states: States
  readonly sessions: MqttSessions
}

/** Builds the gateway; it listens once started. */
export function createMqttGateway(options: MqttGatewayOptions, ports: MqttGatewayPorts): Gateway {
  const topics = createTopics(options.networkId)
  const parts: Parts = {
    ...ports,
    networkTag: options.networkTag,
    topics,
    states: createStates(ports.ledger),
    sessions: createMqttSessions(topics, ports.reportBug)
  }
  const broker = createBroker(parts)
  // Bounded by the server's connections.
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  limitConnections(server, options.connections ?? CONNECTION_LIMITS)
  let unfollow: () => void = () => undefined
  return {
    name: 'MQTT',
    start: async () => {
      await listen(server, options, 'MQTT')
      await broker.listen()
      unfollow = followLedger(parts)
    },
    stop: async () => {
      unfollow()
      const serverClosed = new Promise<void>((resolve) => server.close(() => resolve()))
      const deadline = setTimeout(() => destroyAll(sockets), STOP_DEADLINE_MS)
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      clearTimeout(deadline)
      destroyAll(sockets)
      await serverClosed
    },
    address: () => addressOf(server)
  }
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy()
}

/** Tells clients what became final. */
function followLedger({ ledger, sessions, states }: Parts): () => void {
  // While nobody listens, what is held ready would grow old unseen.
  const isFollowed = (): boolean => {
    if (!sessions.isHeard()) states.forgetAll()
    return sessions.isHeard()
  }
  const stopReadings = ledger.onFinalReading((deviceId, reading) => {
    const state = states.update(deviceId, reading)
    if (state !== undefined) sessions.broadcast(toHex(deviceId), 'state', state)
  }, isFollowed)
  const stopEnds = ledger.onTransactionEnd((deviceId, status) => {
    if (deviceId !== null && sessions.isHeard())
      sessions.broadcast(toHex(deviceId), 'down', statusText(status))
  })
  return () => {
    stopReadings()
    stopEnds()
  }
}

function createBroker(parts: Parts): Aedes {
  const { topics, states, sessions, reportBug } = parts
  const refusals = new WeakMap<Client, number>()
  const broker = new Aedes({
    persistence: createMqttPersistence({ topics, states, reportBug }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    drainTimeout: DRAIN_TIMEOUT_MS,
    keepaliveLimit: KEEPALIVE_MAX_SECONDS,
    queueLimit: EARLY_PACKETS_MAX,
    maxClientsIdLength: CLIENT_ID_LENGTH_MAX,
    maxTopicLevels: TOPIC_LEVELS_MAX,
    maximumPacketSize: PACKET_SIZE_MAX_BYTES,
    receiveMaximum: IN_FLIGHT_MAX,
    // No session outlives its connection; one second is the least that clients can be told.
    sessionExpiryIntervalLimit: 1,
    pendingSessionsLimit: 1,
    preConnect: (client, packet, done) => {
      const isTooLarge = (packet.length ?? 0) > CONNECT_SIZE_MAX_BYTES
      const refusal = judgeConnect(packet)
      if (refusal !== 0) refusals.set(client, refusal)
      else if (packet.clientId !== '') packet.clientId = ownClientId(client, packet.clientId)
      done(isTooLarge ? new Error('the CONNECT packet is too large') : null, !isTooLarge)
    },
    authenticate: (client, _username, _password, done) => {
      const returnCode = refusals.get(client)
      if (returnCode === undefined) done(null, true)
      else done(Object.assign(new Error('the connection is refused'), { returnCode }), null)
    },
    authorizePublish: (client, packet, done) => {
      if (client === null) done(new Error('nothing but clients publishes here'))
      else takePacket(client, packet, { parts, done })
    },
    // Refused by a failure code in SUBACK, in both versions.
    authorizeSubscribe: (client, subscription, done) =>
      sessions.listen(client, subscription.topic, subscription.qos)
        ? done(null, subscription)
        : done(null, null),
    // What clients publish stays with the node: listeners hear the node alone.
    authorizeForward: (_client, packet) =>
      topics.readUp(packet.topic) === undefined ? packet : null
  })
  broker.on('unsubscribe', (filters, client) => {
    for (const filter of filters) sessions.unlisten(client, filter)
  })
  broker.on('ack', (_packet, client) => sessions.of(client).outbox.acknowledge())
  broker.on('error' as 'closed', reportBug as () => void)
  return broker
}

/** The return code to refuse a CONNECT with, or 0. */
function judgeConnect({ clientId, will }: ConnectPacket): number {
  if (clientId.length > CLIENT_ID_LENGTH_MAX) return RETURN_IDENTIFIER_REJECTED
  // A will would be published in nobody's name; refused aloud instead of dropped in silence.
  return will === undefined ? 0 : RETURN_NOT_AUTHORIZED
}

/** An id that nobody elsewhere can take over: clients are told apart by address as well. */
function ownClientId(client: Client, clientId: string): string {
  return `${remoteOf(client)}/${clientId}`
}

function remoteOf({ conn }: Client): string {
  return 'remoteAddress' in conn ? (conn.remoteAddress ?? '') : ''
}

/** How the broker is told whether a packet may pass. */
type Done = (error?: Error | null) => void

function takePacket(
  client: Client,
  packet: PublishPacket,
  { parts, done }: { readonly parts: Parts; readonly done: Done }
): void {
  const { topics, sessions, ledger, networkTag } = parts
  const deviceId = topics.readUp(packet.topic)
  if (deviceId === undefined) done(new Error('not a topic to publish on'))
  else if (packet.qos !== 2) {
    packet.retain = false
    const { payload: sent } = packet
    const payload = typeof sent === 'string' ? Buffer.from(sent) : sent
    const publication = { deviceId, payload, source: `mqtt:${remoteOf(client)}` }
    const isBegun = sessions.of(client).lane.run(
      () => takePublication(publication, networkTag, ledger),
      (reaction) => {
        if (!client.closed) react(reaction, { client, packet, deviceId, sessions, done })
      }
    )
    if (!isBegun) client.disconnect({ reasonCode: REASON.quotaExceeded })
  } else if (client.version === 5) client.disconnect({ reasonCode: REASON.qosNotSupported })
  else done(new Error('quality of service 2 is not supported'))
}

interface Reacting {
  readonly client: Client
  readonly packet: PublishPacket
  readonly deviceId: string
  readonly sessions: MqttSessions
  readonly done: Done
}

function react(reaction: Reaction, reacting: Reacting): void {
  const { client, packet, deviceId, sessions, done } = reacting
  switch (reaction.kind) {
    case 'taken':
      done()
      sessions.broadcast(deviceId, 'down', reaction.text)
      break
    case 'foreign':
      done(new Error('the message is of another device than the topic'))
      break
    case 'refused':
      acknowledge(client, packet, reaction.reason)
      done()
      if (reaction.isOfDevice) sessions.broadcast(deviceId, 'down', reaction.text)
      else sessions.answer(client, deviceId, reaction.text)
      break
    case 'busy':
      reactBusy(reaction.text, reacting)
  }
}

function reactBusy(text: string, reacting: Reacting): void {
  const { client, packet, deviceId, sessions, done } = reacting
  if (packet.qos === 1 && client.version !== 5) {
    // Not acknowledged: in 3.1.1 that would say "taken", and nobody would send it again.
    done(new Error('the node is busy'))
    return
  }
  acknowledge(client, packet, REASON.quotaExceeded)
  done()
  sessions.answer(client, deviceId, text)
}

const PUBACK = 0x40
const PUBACK_LENGTH = 3

/**
 * Acknowledges a message with a reason, where the version has reasons.
 *
 * The broker itself knows only "success" and "not authorized": so the
 * acknowledgement is written here, and the packet passes on as one that needs none.
 */
function acknowledge(client: Client, packet: PublishPacket, reason: number): void {
  if (packet.qos !== 1 || client.version !== 5) return
  const messageId = packet.messageId ?? 0
  client.conn.write(Uint8Array.of(PUBACK, PUBACK_LENGTH, messageId >> 8, messageId & 0xff, reason))
  packet.qos = 0
}

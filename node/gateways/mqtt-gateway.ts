/**
 * The MQTT gateway: signed device messages come in on `up`, results and commands go out on `down`.
 *
 * The broker speaks the protocol and nothing more: it keeps no will and no message
 * of a stranger, and of sessions what they listen to and were not told. A message of quality 1 is acknowledged when the
 * ledger has it, or with the reason why not; where version 3.1.1 has no reason to
 * give, a message that may not be lost is left unacknowledged and the connection
 * closed, so that the client sends it again.
 *
 * @module
 */

import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Aedes } from 'aedes'
import { toHex } from '../../protocol/index.ts'
import type { LedgerService } from '../ledger-service.ts'
import type { Metrics } from '../metrics.ts'
import type { Custody } from './custody.ts'
import type { Gateway } from './gateway.ts'
import { createDiscovery, type DiscoveryOptions } from './ha-discovery.ts'
import { addressOf, type ConnectionLimits, limitConnections, listen } from './listening.ts'
import { announcementPacket, createMqttBroker } from './mqtt-broker.ts'
import { createCommandDeliveries } from './mqtt-commands.ts'
import { statusText } from './mqtt-ingress.ts'
import { showMqttMetrics } from './mqtt-metrics.ts'
import type { MqttParts } from './mqtt-parts.ts'
import type { MqttSessionStore } from './mqtt-session-store.ts'
import { MqttSessions } from './mqtt-sessions.ts'
import { createStates } from './mqtt-states.ts'
import { createThreshold, type ThresholdLimits } from './mqtt-threshold.ts'
import { createTopicMap, type TopicRule } from './mqtt-topic-map.ts'
import { createTopics } from './mqtt-topics.ts'

/** Settings of the gateway. */
export interface MqttGatewayOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly networkId: string
  readonly networkTag: Uint8Array
  readonly connections?: ConnectionLimits
  readonly entrance?: EntranceLimits
  /** Certificate chain and key, PEM; with them the gateway speaks TLS alone. */
  readonly tls?: { readonly certificate: string; readonly key: string } | null
  readonly topicRules?: readonly TopicRule[]
  /** What is announced to Home Assistant; nothing unless said. */
  readonly discovery?: DiscoveryOptions | null
  /** How long a kept session may be away; sessions are kept only where there is a store. */
  readonly awaySecondsMax?: number
}

/** What strangers may cost. */
export interface EntranceLimits {
  /** Connections whose CONNECT is not here yet. */
  readonly waitingMax: number
  readonly connectTimeoutMs: number
  /** The largest packet that is taken from anyone who is connected. */
  readonly packetSizeMaxBytes: number
}

/** What the gateway needs of others. */
export interface MqttGatewayPorts {
  readonly ledger: LedgerService
  /** Where sessions outlive their connections; without it none does. */
  readonly store?: MqttSessionStore | null
  /** Who speaks for devices that cannot sign. */
  readonly custody?: Custody | null
  readonly metrics?: Pick<Metrics, 'show'>
  /** Hears of errors that no client should be able to cause. */
  readonly reportBug: (error: unknown) => void
}

/** Clients: in all, and from one remote address, behind which a whole site may stand. */
const CONNECTION_LIMITS: ConnectionLimits = {
  connectionsMax: 1_024,
  connectionsPerAddressMax: 512
}
const ENTRANCE_LIMITS: EntranceLimits = {
  waitingMax: 256,
  connectTimeoutMs: 5_000,
  packetSizeMaxBytes: 32_768
}
const CONNECT_SIZE_MAX_BYTES = 4_096
/** What is read ahead of a connection. */
const READ_AHEAD_BYTES = 16_384
/** How long a stopping gateway lets its clients take leave. */
const STOP_DEADLINE_MS = 1_000
/** How often sessions are looked through for those whose time is over. */
const FORGET_EVERY_MS = 60_000

/** Builds the gateway; it listens once started. */
export function createMqttGateway(options: MqttGatewayOptions, ports: MqttGatewayPorts): Gateway {
  const topics = createTopics(options.networkId)
  const { store = null, custody = null, reportBug } = ports
  const sessions = new MqttSessions({ topics, store, reportBug })
  const parts: MqttParts = {
    ...ports,
    networkTag: options.networkTag,
    awaySecondsMax: store === null ? 0 : (options.awaySecondsMax ?? 0),
    topics,
    topicMap: createTopicMap(options.topicRules ?? []),
    custody,
    users: new WeakMap(),
    discovery:
      options.discovery == null
        ? null
        : createDiscovery(options.discovery, { ledger: ports.ledger, topics }),
    states: createStates(ports.ledger),
    sessions,
    deliveries: createCommandDeliveries({ ledger: ports.ledger, topics, sessions })
  }
  const entrance = options.entrance ?? ENTRANCE_LIMITS
  const broker = createMqttBroker(parts, entrance.packetSizeMaxBytes)
  const threshold = createThreshold(thresholdLimits(entrance), (socket) => broker.handle(socket))
  // Bounded by the server's connections.
  const sockets = new Set<Socket>()
  const server = createListener(options, entrance, threshold.take)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  if (ports.metrics !== undefined)
    showMqttMetrics(ports.metrics, {
      clients: () => broker.connectedClients ?? 0,
      waiting: threshold.waiting,
      store,
      custody
    })
  limitConnections(server, options.connections ?? CONNECTION_LIMITS)
  // From now on, not from when it listens: a kept session misses nothing of what becomes final.
  const unfollow = followLedger(parts, broker)
  const forgetting = setInterval(() => sessions.forgetOld(), FORGET_EVERY_MS).unref()
  return {
    name: 'MQTT',
    start: async () => {
      await listen(server, options, 'MQTT')
      await broker.listen()
    },
    stop: async () => {
      unfollow()
      clearInterval(forgetting)
      const serverClosed = new Promise<void>((resolve) => server.close(() => resolve()))
      const deadline = setTimeout(() => destroyAll(sockets), STOP_DEADLINE_MS)
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      clearTimeout(deadline)
      destroyAll(sockets)
      await serverClosed
      await store?.close()
    },
    address: () => addressOf(server)
  }
}

function createListener(
  { tls }: MqttGatewayOptions,
  { connectTimeoutMs }: EntranceLimits,
  take: (socket: Socket) => void
): Server {
  const common = { noDelay: true, highWaterMark: READ_AHEAD_BYTES }
  if (tls == null) return createServer(common, take)
  const secrets = { cert: tls.certificate, key: tls.key }
  return createTlsServer({ ...common, ...secrets, handshakeTimeout: connectTimeoutMs }, take)
}

/** Half of those who wait may come from one address, behind which a whole site may stand. */
function thresholdLimits({ waitingMax, connectTimeoutMs }: EntranceLimits): ThresholdLimits {
  return {
    waitingMax,
    waitingPerAddressMax: Math.ceil(waitingMax / 2),
    timeoutMs: connectTimeoutMs,
    connectSizeMaxBytes: CONNECT_SIZE_MAX_BYTES
  }
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy()
}

/** Tells clients what became final. */
function followLedger(parts: MqttParts, broker: Aedes): () => void {
  const { ledger, sessions, states, deliveries, discovery } = parts
  // While nobody listens, what is held ready would grow old unseen.
  const isFollowed = (): boolean => {
    if (!sessions.isHeard()) states.forgetAll()
    return sessions.isHeard() || discovery !== null
  }
  const stopReadings = ledger.onFinalReading((deviceId, reading) => {
    const state = states.update(deviceId, reading)
    if (state !== undefined) sessions.broadcast(toHex(deviceId), 'state', state)
    discovery
      ?.learn(deviceId, reading)
      .then((news) => news && broker.publish(announcementPacket(news), () => undefined))
      .catch(parts.reportBug)
  }, isFollowed)
  const stopEnds = ledger.onTransactionEnd((deviceId, status) => {
    if (deviceId !== null && sessions.isHeard())
      sessions.broadcast(toHex(deviceId), 'down', statusText(status))
  })
  const stopCommands = ledger.onCommand((deviceId) => {
    if (sessions.isHeard()) deliveries.go(toHex(deviceId))
  })
  return () => {
    stopReadings()
    stopEnds()
    stopCommands()
  }
}

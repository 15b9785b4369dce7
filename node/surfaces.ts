/**
 * Surfaces: where people, devices and monitors reach this node.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { type Config, formatGenesis, type GenesisDocument } from '../config/index.ts'
import { TokenDesk } from './api/access/token-desk.ts'
import { tokenFileOf } from './api/access/token-file.ts'
import { createHttpApi, type HttpApi, type HttpApiOptions } from './api/http-api.ts'
import type { JsonObject } from './api/json-value.ts'
import { createMetricsListener } from './api/metrics-listener.ts'
import { readTlsFiles } from './api/tls-files.ts'
import { bridgeLinkOf } from './bridge-settings.ts'
import { systemClock } from './clock.ts'
import { readPageFiles } from './dashboard/page-files.ts'
import { createCoapGateway } from './gateways/coap-gateway.ts'
import type { Custody } from './gateways/custody.ts'
import type { Gateway } from './gateways/gateway.ts'
import type { DiscoveryOptions } from './gateways/ha-discovery.ts'
import { createMqttBridge } from './gateways/mqtt-bridge.ts'
import { createMqttGateway } from './gateways/mqtt-gateway.ts'
import type { MqttSessionStore } from './gateways/mqtt-session-store.ts'
import type { LedgerService } from './ledger-service.ts'
import type { Metrics } from './metrics.ts'
import type { Network } from './network/network.ts'
import { DamagedRecord } from './storage/damaged-record.ts'

/** What the surfaces need of the node. */
export interface SurfacesPorts {
  readonly service: LedgerService
  /** Null where no session of an MQTT client is kept. */
  readonly mqttStore: MqttSessionStore | null
  /** Null where no keys of devices are held. */
  readonly custody: Custody | null
  readonly genesis: GenesisDocument
  readonly networkTag: Uint8Array
  readonly nodeId: Uint8Array
  readonly metrics: Metrics
  readonly network: Network
  readonly fail: (error: unknown) => void
  /** Hears of what an operator should look at, while everything goes on. */
  readonly warn: (sentence: string, error: unknown) => void
}

/** All surfaces, in the order in which they open. */
export interface Surfaces {
  readonly http: HttpApi
  readonly mqtt: Gateway | null
  readonly coap: Gateway | null
  readonly metrics: Gateway | null
  readonly all: readonly Gateway[]
}

/** Builds the surfaces that the settings ask for; each listens once started. */
export function createSurfaces(config: Config, given: SurfacesPorts): Surfaces {
  const { service, mqttStore, custody, genesis, networkTag, metrics, fail, warn } = given
  const reportBug = (error: unknown): void => {
    // a record that is being mended is no reason to stop: whoever asked for it is told
    if (!(error instanceof DamagedRecord)) fail(error)
  }
  const reportTrouble = (error: unknown): void =>
    warn('the tokens of the API cannot be read: all are refused', error)
  const ports = { ledger: service, reportBug }
  const genesisFile: JsonObject = JSON.parse(formatGenesis(genesis))
  const pages = readPageFiles(fileURLToPath(new URL('./dashboard/public/', import.meta.url)))
  const { clientsMax } = config.mqtt
  const mqttOptions = {
    ...config.mqtt,
    networkId: genesis.networkId,
    networkTag,
    connections: { connectionsMax: clientsMax, connectionsPerAddressMax: clientsMax },
    tls: config.mqtt.enabled ? readTlsFiles(config.mqtt.tls, 'mqtt') : null,
    topicRules: config.mqtt.topics,
    discovery: discoveryOptions(config, custody),
    entrance: {
      waitingMax: config.mqtt.connectsMax,
      connectTimeoutMs: 1000 * config.mqtt.connectSeconds,
      packetSizeMaxBytes: config.mqtt.packetBytesMax
    },
    awaySecondsMax: config.mqtt.sessions.awaySeconds
  }
  const mqttPorts = { ...ports, store: mqttStore, custody, metrics }
  const mqtt = config.mqtt.enabled ? createMqttGateway(mqttOptions, mqttPorts) : null
  const mqttPort = (): number | null => mqtt?.address()?.port ?? null
  const http = createHttpApi(httpOptions(config), {
    ...ports,
    genesis: genesisFile,
    pages,
    mqttPort,
    tokens: new TokenDesk(tokenFileOf(config.dataDirectory), { clock: systemClock, reportTrouble })
  })
  const coap = config.coap.enabled
    ? createCoapGateway({ ...config.coap, networkTag }, { ...ports, clock: systemClock })
    : null
  const listener = config.metrics.enabled
    ? createMetricsListener(config.metrics, { metricsText: metrics.text, reportBug: fail })
    : null
  const bridge = createBridge(config, given, reportBug)
  const all = [http, mqtt, bridge, coap, listener].filter((gateway) => gateway !== null)
  return { http, mqtt, coap, metrics: listener, all }
}

/** @throws NodeError CONFIGURATION_WRONG for a certificate or key that is not there, or no pair */
function httpOptions({ http }: Config): HttpApiOptions {
  const { host, port, behindProxy, tokenNeeded, corsOrigins, rate } = http
  return {
    host,
    port,
    behindProxy,
    isTokenNeeded: tokenNeeded,
    origins: corsOrigins,
    rates: {
      read: rate.readsPerSecond,
      submit: rate.submissionsPerSecond,
      heavy: rate.heavyPerSecond
    },
    tls: readTlsFiles(http.tls)
  }
}

function createBridge(
  config: Config,
  { service, custody, genesis, networkTag, nodeId, metrics, warn }: SurfacesPorts,
  reportBug: (error: unknown) => void
): Gateway | null {
  const link = bridgeLinkOf(config, nodeId)
  if (link === null) return null
  const discovery = discoveryOptions(config, custody)
  const { networkId } = genesis
  return createMqttBridge(
    { link, networkId, networkTag, topicRules: config.mqtt.topics, discovery },
    { ledger: service, custody, metrics, warn, reportBug }
  )
}

/** Whom Home Assistant is told of: those that are named, and those that are held under a topic. */
function discoveryOptions({ mqtt }: Config, custody: Custody | null): DiscoveryOptions | null {
  const { enabled, prefix, devices } = mqtt.homeAssistant
  if (!enabled) return null
  const named = new Map(devices.map(({ id, name }) => [id, name]))
  for (const { device } of mqtt.topics) {
    const id = custody?.deviceIdOf(device)
    if (id !== undefined && !named.has(id)) named.set(id, device)
  }
  return { prefix, devices: [...named].map(([deviceId, name]) => ({ deviceId, name })) }
}

/** The settings with the ports that were taken in place of free ones. */
export function settleConfig(
  config: Config,
  network: Pick<Network, 'listening'>,
  { http, mqtt, coap, metrics }: Surfaces
): Config {
  const portOf = (gateway: Gateway | null, port: number): number => gateway?.address()?.port ?? port
  const isOpen = config.network.listen.some((address) => /\/tcp\/0(\/|$)/.test(address))
  const listening = network.listening().map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
  return {
    ...config,
    network: { ...config.network, listen: isOpen ? listening : config.network.listen },
    http: { ...config.http, port: portOf(http, config.http.port) },
    mqtt: { ...config.mqtt, port: portOf(mqtt, config.mqtt.port) },
    coap: { ...config.coap, port: portOf(coap, config.coap.port) },
    metrics: { ...config.metrics, port: portOf(metrics, config.metrics.port) }
  }
}

/** Where a node that is ready is reached, in one line. */
export function describeReady(
  { network, service }: Pick<SurfacesPorts, 'network' | 'service'>,
  { http, mqtt, coap }: Surfaces
): string {
  const at = (gateway: Gateway | null): string => {
    const address = gateway?.address()
    return address == null ? 'off' : `${address.host}:${address.port}`
  }
  const { height, role, peers } = service.status()
  const [address] = network.listening()
  return `height=${height} role=${role} peers=${peers} http=${at(http)} mqtt=${at(mqtt)} coap=${at(coap)} p2p=${address ?? 'none'}`
}

/**
 * Surfaces: where people, devices and monitors reach this node.
 *
 * @module
 */

import { type Config, formatGenesis, type GenesisDocument } from '../config/index.ts'
import { createHttpApi, type HttpApi } from './api/http-api.ts'
import type { JsonObject } from './api/json-value.ts'
import { createMetricsListener } from './api/metrics-listener.ts'
import type { Gateway } from './gateways/gateway.ts'
import { createMqttGateway } from './gateways/mqtt-gateway.ts'
import type { LedgerService } from './ledger-service.ts'
import type { Metrics } from './metrics.ts'
import type { Network } from './network/network.ts'
import { DamagedRecord } from './storage/damaged-record.ts'

/** What the surfaces need of the node. */
export interface SurfacesPorts {
  readonly service: LedgerService
  readonly genesis: GenesisDocument
  readonly networkTag: Uint8Array
  readonly metrics: Metrics
  readonly network: Network
  readonly fail: (error: unknown) => void
}

/** All surfaces, in the order in which they open. */
export interface Surfaces {
  readonly http: HttpApi
  readonly mqtt: Gateway | null
  readonly metrics: Gateway | null
  readonly all: readonly Gateway[]
}

/** Builds the surfaces that the settings ask for; each listens once started. */
export function createSurfaces(
  config: Config,
  { service, genesis, networkTag, metrics, fail }: SurfacesPorts
): Surfaces {
  const reportBug = (error: unknown): void => {
    // a record that is being mended is no reason to stop: whoever asked for it is told
    if (!(error instanceof DamagedRecord)) fail(error)
  }
  const ports = { ledger: service, reportBug }
  const genesisFile: JsonObject = JSON.parse(formatGenesis(genesis))
  const http = createHttpApi(config.http, { ...ports, genesis: genesisFile })
  const { clientsMax } = config.mqtt
  const mqttOptions = {
    ...config.mqtt,
    networkId: genesis.networkId,
    networkTag,
    connections: { connectionsMax: clientsMax, connectionsPerAddressMax: clientsMax }
  }
  const mqtt = config.mqtt.enabled ? createMqttGateway(mqttOptions, ports) : null
  const listener = config.metrics.enabled
    ? createMetricsListener(config.metrics, { metricsText: metrics.text, reportBug: fail })
    : null
  const all = [http, mqtt, listener].filter((gateway) => gateway !== null)
  return { http, mqtt, metrics: listener, all }
}

/** The settings with the ports that were taken in place of free ones. */
export function settleConfig(
  config: Config,
  network: Pick<Network, 'listening'>,
  { http, mqtt, metrics }: Surfaces
): Config {
  const portOf = (gateway: Gateway | null, port: number): number => gateway?.address()?.port ?? port
  const isOpen = config.network.listen.some((address) => /\/tcp\/0(\/|$)/.test(address))
  const listening = network.listening().map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
  return {
    ...config,
    network: { ...config.network, listen: isOpen ? listening : config.network.listen },
    http: { ...config.http, port: portOf(http, config.http.port) },
    mqtt: { ...config.mqtt, port: portOf(mqtt, config.mqtt.port) },
    metrics: { ...config.metrics, port: portOf(metrics, config.metrics.port) }
  }
}

/** Where a node that is ready is reached, in one line. */
export function describeReady(
  { network, service }: Pick<SurfacesPorts, 'network' | 'service'>,
  { http, mqtt }: Surfaces
): string {
  const at = (gateway: Gateway | null): string => {
    const address = gateway?.address()
    return address == null ? 'off' : `${address.host}:${address.port}`
  }
  const { height, role, peers } = service.status()
  const [address] = network.listening()
  return `height=${height} role=${role} peers=${peers} http=${at(http)} mqtt=${at(mqtt)} p2p=${address ?? 'none'}`
}

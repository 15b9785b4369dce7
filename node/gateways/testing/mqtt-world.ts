/**
 * A running MQTT gateway over a ledger in memory, with real clients, for tests.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { createMemoryLedger, type MemoryLedger } from '../../api/testing/memory-ledger.ts'
import { createTestDevice, type TestDevice } from '../../api/testing/test-device.ts'
import type { NodeMarker } from '../../storage/node-marker.ts'
import type { Custody } from '../custody.ts'
import { createMqttGateway, type MqttGatewayOptions } from '../mqtt-gateway.ts'
import type { SessionLimits } from '../mqtt-session-store.ts'
import { openSessionStore } from '../open-session-store.ts'

const MARKER: NodeMarker = {
  uuid: '00000000-0000-4000-8000-000000000000',
  networkId: 'memory',
  genesisHash: '00'.repeat(32),
  schemaVersion: 1,
  keyFingerprint: ''
}

/** A client that keeps what it hears. */
export interface Listener {
  readonly client: MqttClient
  /** The next message, as topic, parsed payload and whether it was retained. */
  readonly next: () => Promise<Heard>
}

/** What messages of the node say, results and states alike. */
export interface HeardBody {
  readonly transactionId: string | null
  readonly stage?: string | null
  readonly outcome: string | null
  readonly code: string | null
  readonly height: number | null
  readonly sequence?: number
  readonly records?: unknown
}

/** One message that a client heard. */
export interface Heard {
  readonly topic: string
  readonly body: HeardBody
  readonly retain: boolean
  readonly qos: number
}

/** A gateway that listens, with the ledger beneath and a device that is registered there. */
export interface MqttWorld {
  readonly port: number
  readonly ledger: MemoryLedger
  readonly device: TestDevice
  readonly bugs: readonly unknown[]
  readonly topic: (channel: string, device?: TestDevice) => string
  readonly open: (version: 4 | 5, options?: IClientOptions) => Promise<Listener>
  /** Ends the gateway with all connections, and begins a new one where the old one was. */
  readonly restart: () => Promise<void>
}

/** What a world may have beside the gateway. */
export interface MqttWorldOptions {
  /** Keeps sessions within these bounds, in a folder that is removed afterwards. */
  readonly sessions?: SessionLimits
  /** Settings beside place and network. */
  readonly gateway?: Partial<MqttGatewayOptions>
  readonly custody?: Custody
}

/** Runs a test in a fresh world; ends its clients and the gateway afterwards. */
export function withMqtt(
  run: (world: MqttWorld) => Promise<void>,
  { sessions, gateway: settings, custody }: MqttWorldOptions = {}
): () => Promise<void> {
  return async () => {
    const ledger = createMemoryLedger()
    const device = createTestDevice(ledger.networkTag, 1)
    ledger.register(device.deviceId)
    const bugs: unknown[] = []
    const { networkId, networkTag, service } = ledger
    const folder = await mkdtemp(join(tmpdir(), 'thingmoot-mqtt-'))
    const begin = async (at: number): Promise<{ port: number; stop: () => Promise<void> }> => {
      const reportBug = (error: unknown): void => void bugs.push(error)
      const opened =
        sessions === undefined
          ? null
          : await openSessionStore(
              { path: join(folder, 'mqtt'), marker: MARKER, limits: sessions },
              { onWriteFailure: reportBug, warn: (_sentence, error) => reportBug(error) }
            )
      const awaySecondsMax = sessions?.awaySecondsMax ?? 0
      const gateway = createMqttGateway(
        {
          ...{ host: '127.0.0.1', port: at, networkId, networkTag, awaySecondsMax },
          ...settings
        },
        { ledger: service, store: opened?.store ?? null, custody: custody ?? null, reportBug }
      )
      await gateway.start()
      const stop = async (): Promise<void> => {
        await gateway.stop()
        await opened?.close()
      }
      return { port: gateway.address()?.port ?? 0, stop }
    }
    let gateway = await begin(0)
    const { port } = gateway
    const clients: MqttClient[] = []
    try {
      await run({
        port,
        ledger,
        device,
        bugs,
        topic: (channel, of = device) => `tm/${networkId}/d/${of.hexId}/${channel}`,
        open: async (protocolVersion, options) => {
          const client = connect({
            port,
            host: '127.0.0.1',
            protocolVersion,
            reconnectPeriod: 0,
            ...options
          })
          clients.push(client)
          const listener = listenTo(client)
          await new Promise((resolve, reject) => {
            client.once('connect', resolve).once('error', reject)
          })
          return listener
        },
        restart: async () => {
          await gateway.stop()
          gateway = await begin(port)
        }
      })
    } finally {
      await Promise.all(clients.map((client) => client.endAsync(true)))
      await gateway.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Resolves when the gateway ends a client's connection. */
export async function closeOf(client: MqttClient): Promise<void> {
  await new Promise<void>((resolve) => {
    client.once('close', () => resolve())
  })
}

function listenTo(client: MqttClient): Listener {
  const heard: Heard[] = []
  const waiting: ((message: Heard) => void)[] = []
  client.on('error', () => undefined) // tests look at what happens, not at the client's complaints
  client.on('message', (topic, payload, { retain, qos }) => {
    const message = { topic, body: JSON.parse(payload.toString()), retain, qos }
    const wake = waiting.shift()
    if (wake === undefined) heard.push(message)
    else wake(message)
  })
  return {
    client,
    next: async () => heard.shift() ?? new Promise((resolve) => waiting.push(resolve))
  }
}

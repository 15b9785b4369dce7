/**
 * The MQTT bridge: this node as a client of a broker that is there already.
 *
 * From the other broker it takes what is published on `up` and on mapped topics, as the own gateway
 * does; there it publishes what became of it, commands, states and announcements, for the devices
 * that spoke through it or that it was told of.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { fromHex, toHex } from '../../protocol/index.ts'
import { commandToJson } from '../api/command-routes.ts'
import { readingToJson } from '../api/reading-json.ts'
import type { LedgerService, StoredReading } from '../ledger-service.ts'
import type { Metrics } from '../metrics.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import { atMostEvery, type PacedWork } from './at-most-every.ts'
import {
  type BridgedMessage,
  type BridgeLink,
  type BridgeLinkOptions,
  createBridgeLink
} from './bridge-link.ts'
import { type BridgeOutbox, createBridgeOutbox } from './bridge-outbox.ts'
import type { Custody } from './custody.ts'
import type { Gateway } from './gateway.ts'
import { createDiscovery, type Discovery, type DiscoveryOptions } from './ha-discovery.ts'
import { isBehind, type Place } from './mqtt-commands.ts'
import { type Reaction, statusText, takeForeign, takePublication } from './mqtt-ingress.ts'
import { createTopicMap, type TopicMap, type TopicRule } from './mqtt-topic-map.ts'
import { createTopics, type Topics } from './mqtt-topics.ts'

/** Settings of the bridge. */
export interface MqttBridgeOptions {
  readonly link: Omit<BridgeLinkOptions, 'filters'>
  readonly networkId: string
  readonly networkTag: Uint8Array
  readonly topicRules: readonly TopicRule[]
  readonly discovery: DiscoveryOptions | null
}

/** What the bridge needs of others. */
export interface MqttBridgePorts {
  readonly ledger: LedgerService
  readonly custody: Custody | null
  readonly metrics: Pick<Metrics, 'show' | 'count'>
  readonly warn: (sentence: string, error: unknown) => void
  readonly reportBug: (error: unknown) => void
}

/** Devices that spoke through the bridge, of which it tells the other broker. */
const FOLLOWED_MAX = 10_000
const OUTBOX_LIMITS = { waitingMax: 2_048, inFlightMax: 20 }
const COMMANDS_AHEAD_MAX = 16
const PAYLOAD_SIZE_MAX_BYTES = 32_768
/** How long a message waits that this node has no room for now; the other broker keeps the rest. */
const BUSY_REST_MS = 1_000
const ANNOUNCE_EVERY_MS = 5_000
const READING_KIND = 0

/** Builds the bridge; it connects once started, and the node is ready whether it does or not. */
export function createMqttBridge(options: MqttBridgeOptions, ports: MqttBridgePorts): Gateway {
  const bridge = new MqttBridge(options, ports)
  return {
    name: 'MQTT bridge',
    start: () => bridge.start(),
    stop: () => bridge.stop(),
    address: () => null
  }
}

class MqttBridge {
  readonly #options: MqttBridgeOptions
  readonly #ports: MqttBridgePorts
  readonly #topics: Topics
  readonly #map: TopicMap
  readonly #discovery: Discovery | null
  readonly #outbox: BridgeOutbox
  readonly #link: BridgeLink
  readonly #stopped = new AbortController()
  /** By id in hex; how far each was told of its commands. */
  readonly #spoken = new LRUCache<string, { place: Place | null }>({ max: FOLLOWED_MAX })
  readonly #told: ReadonlySet<string>
  readonly #announcing: PacedWork
  #unfollow: () => void = () => undefined

  constructor(options: MqttBridgeOptions, ports: MqttBridgePorts) {
    const { networkId, topicRules, discovery, link } = options
    const { ledger, custody, metrics, warn, reportBug } = ports
    this.#options = options
    this.#ports = ports
    this.#topics = createTopics(networkId)
    this.#map = createTopicMap(topicRules)
    this.#discovery =
      discovery === null ? null : createDiscovery(discovery, { ledger, topics: this.#topics })
    const held = topicRules.flatMap(({ device }) => custody?.deviceIdOf(device) ?? [])
    this.#told = new Set([...held, ...(discovery?.devices ?? []).map(({ deviceId }) => deviceId)])
    this.#outbox = createBridgeOutbox(OUTBOX_LIMITS, (message) => this.#link.publish(message))
    const status = this.#discovery === null ? [] : [this.#discovery.statusTopic]
    const filters = [`tm/${networkId}/d/+/up`, ...topicRules.map(({ topic }) => topic), ...status]
    this.#link = createBridgeLink(
      { ...link, filters },
      {
        onOpen: () => this.#open(),
        onClose: () => this.#outbox.setOpen(false),
        take: (message) => this.#take(message),
        warn,
        reportBug
      }
    )
    const announce = (): void => this.#announceAll()
    this.#announcing = atMostEvery(ANNOUNCE_EVERY_MS, announce, () => performance.now())
    this.#show(metrics)
  }

  async start(): Promise<void> {
    const { ledger } = this.#ports
    const stopReadings = ledger.onFinalReading(
      (deviceId, reading) => this.#tellReading(deviceId, reading),
      () => true
    )
    const stopEnds = ledger.onTransactionEnd((deviceId, status) => {
      const id = deviceId === null ? null : toHex(deviceId)
      if (id !== null && this.#isFollowed(id)) this.#tell(id, 'down', statusText(status))
    })
    const stopCommands = ledger.onCommand((deviceId) => this.#tellCommands(toHex(deviceId)))
    this.#unfollow = () => {
      stopReadings()
      stopEnds()
      stopCommands()
    }
    await this.#link.start()
  }

  async stop(): Promise<void> {
    this.#unfollow()
    this.#stopped.abort()
    this.#announcing.stop()
    await this.#link.stop()
  }

  #open(): void {
    this.#outbox.setOpen(true)
    this.#announcing.ask()
  }

  #isFollowed(deviceId: string): boolean {
    return this.#told.has(deviceId) || this.#spoken.has(deviceId)
  }

  /** Deals with a message; a node without room now lets the other broker wait. */
  async #take({ topic, payload, isRetained }: BridgedMessage): Promise<boolean> {
    if (topic === this.#discovery?.statusTopic) {
      if (Buffer.from(payload).toString() === 'online') this.#announcing.ask()
      return true
    }
    // What is retained would be signed anew after each reconnection; what is signed already counts once.
    const isStale = isRetained && this.#topics.readUp(topic) === undefined
    const isTooLarge = payload.length > PAYLOAD_SIZE_MAX_BYTES
    const task = isStale || isTooLarge ? undefined : this.#taskOf(topic, payload)
    if (task === undefined) {
      this.#count('ignored')
      return true
    }
    for (;;) {
      const reaction = await task.judge()
      // The other broker gives it again.
      if (this.#stopped.signal.aborted) return false
      if (reaction.kind !== 'busy') {
        this.#count(reaction.kind)
        if (reaction.kind !== 'foreign') this.#answer(task.deviceId, reaction)
        return true
      }
      await sleep(BUSY_REST_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined)
    }
  }

  #taskOf(
    topic: string,
    payload: Uint8Array
  ): { readonly deviceId: string; readonly judge: () => Promise<Reaction> } | undefined {
    const { networkTag } = this.#options
    const { ledger, custody } = this.#ports
    const deviceId = this.#topics.readUp(topic)
    if (deviceId !== undefined) {
      const publication = { deviceId, payload, source: 'mqtt:bridge' }
      return { deviceId, judge: () => takePublication(publication, networkTag, ledger) }
    }
    const rule = this.#map.ruleOf(topic)
    const heldId = rule && custody?.deviceIdOf(rule.device)
    if (rule === undefined || custody === null || heldId === undefined) return undefined
    return {
      deviceId: heldId,
      judge: () => takeForeign({ rule, payload }, custody, Date.now() / 1000)
    }
  }

  #answer(deviceId: string, reaction: Exclude<Reaction, { kind: 'foreign' }>): void {
    const isNew = !this.#spoken.has(deviceId) && reaction.kind === 'taken'
    // Whoever sends rubbish under any id shall not have the node follow and answer it.
    if (!isNew && !this.#isFollowed(deviceId)) return
    if (isNew) this.#spoken.set(deviceId, { place: null })
    else this.#spoken.get(deviceId)
    this.#tell(deviceId, 'down', reaction.text)
    if (isNew) this.#tellCommands(deviceId)
  }

  #tell(deviceId: string, channel: 'down' | 'state', payload: string): void {
    const topic = this.#topics.of(deviceId, channel)
    this.#outbox.offer({ topic, payload, isRetained: channel === 'state' })
  }

  #tellReading(deviceId: Uint8Array, reading: StoredReading): void {
    const id = toHex(deviceId)
    if (!this.#isFollowed(id)) return
    if (reading.contentKind === READING_KIND && reading.outcome === 'applied')
      this.#tell(id, 'state', JSON.stringify(readingToJson(reading)))
    this.#discovery
      ?.learn(deviceId, reading)
      .then((news) => news && this.#outbox.offer({ ...news, isRetained: true }))
      .catch((error) => this.#report(error))
  }

  #tellCommands(deviceId: string): void {
    const id = fromHex(deviceId)
    const known = this.#spoken.get(deviceId)
    if (id === undefined || known === undefined) return
    this.#ports.ledger
      .commands(id, { after: known.place, limit: COMMANDS_AHEAD_MAX })
      .then((commands) => {
        for (const command of commands ?? []) {
          // Two looks may have begun at one place.
          if (!isBehind(command, known.place)) continue
          known.place = { height: command.height, index: command.index }
          this.#tell(deviceId, 'down', JSON.stringify({ command: commandToJson(command) }))
        }
      })
      .catch((error) => this.#report(error))
  }

  #announceAll(): void {
    const discovery = this.#discovery
    if (discovery === null) return
    const announce = async (): Promise<void> => {
      for await (const announcement of discovery.announcements('#'))
        this.#outbox.offer({ ...announcement, isRetained: true })
    }
    announce().catch((error) => this.#report(error))
  }

  /** A record that is being mended is read again with the next news. */
  #report(error: unknown): void {
    if (!(error instanceof DamagedRecord)) this.#ports.reportBug(error)
  }

  #count(kind: string): void {
    this.#ports.metrics.count('thingmoot_gateways_bridge_messages_total', kind, 1)
  }

  #show({ show }: Pick<Metrics, 'show'>): void {
    show('thingmoot_gateways_bridge_connected', 'whether the bridged broker is reached', () =>
      this.#link.isOpen() ? 1 : 0
    )
    show('thingmoot_gateways_bridge_messages_waiting', 'messages for the bridged broker', () =>
      this.#outbox.waiting()
    )
    show('thingmoot_gateways_bridge_dropped_total', 'of these, dropped', () =>
      this.#outbox.dropped()
    )
  }
}

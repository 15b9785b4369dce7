/**
 * The link of a bridge: an MQTT client that comes back by itself, each time after a longer wait.
 *
 * The other broker keeps its session, so that what is published while this node is away is handed over
 * later. One message is taken at a time, and acknowledged when it was dealt with.
 *
 * @module
 */

import type { IClientOptions, MqttClient } from 'mqtt'

/** Where the other broker is, and who this node is to it. */
export interface BridgeLinkOptions {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  readonly url: string
  readonly clientId: string
  readonly username: string | null
  readonly password: string | null
  /** Certificates to trust instead of the system's, PEM. */
  readonly authorities: string | null
  /** What is listened to, at quality 1. */
  readonly filters: readonly string[]
}

/** A message of the other broker. */
export interface BridgedMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** Whether the other broker had it before, and tells it again at each subscription. */
  readonly isRetained: boolean
}

/** What the link needs of others. */
export interface BridgeLinkPorts {
  readonly onOpen: () => void
  readonly onClose: () => void
  /** Deals with a message; it is acknowledged once this says that it was dealt with. */
  readonly take: (message: BridgedMessage) => Promise<boolean>
  /** Hears once that the other broker is not reached, and once that it is again. */
  readonly warn: (sentence: string, error: unknown) => void
  readonly reportBug: (error: unknown) => void
}

/** The link. */
export interface BridgeLink {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  readonly isOpen: () => boolean
  readonly publish: (message: {
    readonly topic: string
    readonly payload: string
    readonly isRetained: boolean
  }) => Promise<void>
}

const BACK_OFF_MIN_MS = 500
const BACK_OFF_MAX_MS = 60_000
const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE_SECONDS = 30
/** Spoken by every broker. */
const VERSION = 4

/** The wait before the next attempt; part of it is drawn, so that many do not come back together. */
export function backOffMs(attempt: number, drawn: number): number {
  const longest = Math.min(BACK_OFF_MIN_MS * 2 ** Math.min(attempt, 20), BACK_OFF_MAX_MS)
  return longest / 2 + (longest / 2) * drawn
}

/** Makes a link; it connects once started, and tries for as long as it is not stopped. */
export function createBridgeLink(options: BridgeLinkOptions, ports: BridgeLinkPorts): BridgeLink {
  let client: MqttClient | undefined
  let isOpen = false
  let isStopped = false
  let attempt = 0
  let again: NodeJS.Timeout | undefined
  let lastError: unknown = null

  const opened = (link: MqttClient): void => {
    if (attempt > 0) ports.warn('the bridged MQTT broker is reached again', null)
    attempt = 0
    link.subscribe([...options.filters], { qos: 1 }, (error) => {
      if (error || isStopped) return
      isOpen = true
      ports.onOpen()
    })
  }
  const closed = (link: MqttClient): void => {
    if (isOpen) ports.onClose()
    isOpen = false
    if (isStopped) return
    if (attempt === 0) ports.warn('the bridged MQTT broker is not reached', lastError)
    again = setTimeout(() => link.reconnect(), backOffMs(attempt++, Math.random()))
  }
  return {
    start: async () => {
      const { connect } = await import('mqtt')
      const link = connect(options.url, clientOptions(options))
      client = link
      link.on('error', (error) => {
        lastError = error
      })
      link.on('connect', () => opened(link))
      link.on('close', () => closed(link))
      link.handleMessage = ({ topic, payload, retain: isRetained }, done) => {
        const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
        ports.take({ topic, payload: bytes, isRetained }).then((isDealtWith) => {
          if (isDealtWith) done()
        }, ports.reportBug)
      }
    },
    stop: async () => {
      isStopped = true
      clearTimeout(again)
      await client?.endAsync(true)
    },
    isOpen: () => isOpen,
    publish: async ({ topic, payload, isRetained }) => {
      await client?.publishAsync(topic, payload, { qos: 1, retain: isRetained })
    }
  }
}

function clientOptions(options: BridgeLinkOptions): IClientOptions {
  const { clientId, username, password, authorities } = options
  return {
    clientId,
    protocolVersion: VERSION,
    clean: false,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(authorities === null ? {} : { ca: authorities })
  }
}

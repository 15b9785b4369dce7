/**
 * A device's link over MQTT 5: published on `up`, settled by what comes on `down`.
 *
 * @module
 */

import { connect, type MqttClient } from 'mqtt'
import { z } from 'zod'
import { fromHex, OUTCOMES, type OutcomeName } from '../../protocol/index.ts'
import type { DeviceLink, DeviceLinkPorts, FleetNode } from './device-link.ts'

const CONNECT_TIMEOUT_MS = 3_000
const KEEPALIVE_SECONDS = 5
const REDIAL_MS = 500
/** A gateway takes so many unacknowledged messages; acknowledged ones wait for their outcome. */
const WINDOW_MAX = 20

const newsShape = z.object({
  transactionId: z.string().nullable(),
  stage: z.string().nullable(),
  outcome: z
    .string()
    .refine((name): name is OutcomeName => Object.hasOwn(OUTCOMES, name))
    .nullable(),
  code: z.string().nullable(),
  height: z.number().nullable()
})

/** The topics of one device. */
export interface DeviceTopics {
  readonly up: string
  readonly down: string
}

/** Opens a link; `nodes` with the nearest first. */
export function openMqttLink(
  nodes: readonly FleetNode[],
  topics: DeviceTopics,
  ports: DeviceLinkPorts
): DeviceLink {
  return new MqttLink(nodes, topics, ports)
}

class MqttLink implements DeviceLink {
  readonly windowMax: number = WINDOW_MAX
  readonly #nodes: readonly FleetNode[]
  readonly #topics: DeviceTopics
  readonly #ports: DeviceLinkPorts
  #turn = 0
  #client: MqttClient | undefined
  #redial: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(nodes: readonly FleetNode[], topics: DeviceTopics, ports: DeviceLinkPorts) {
    this.#nodes = nodes
    this.#topics = topics
    this.#ports = ports
    this.#dial()
  }

  readonly send = (_messageId: Uint8Array, wire: Uint8Array): void => {
    const client = this.#client
    if (client?.connected !== true) return
    client.publish(this.#topics.up, Buffer.from(wire), { qos: 1 }, () => {
      // Acknowledged or not: what counts is the outcome on `down`, and until then it is resent.
    })
  }

  readonly moveOn = (): void => {
    // Ends in `close`, which dials the next one.
    this.#client?.end(true)
  }

  readonly close = async (): Promise<void> => {
    this.#isClosed = true
    clearTimeout(this.#redial)
    await this.#client?.endAsync(true)
  }

  #dial(): void {
    const node = this.#nodes[this.#turn % this.#nodes.length]
    if (this.#isClosed || node === undefined) return
    const client = connect(node.mqttUrl, {
      protocolVersion: 5,
      clean: true,
      keepalive: KEEPALIVE_SECONDS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // The next try goes to another node, which the library does not know of.
      reconnectPeriod: 0
    })
    this.#client = client
    client.on('message', (_topic, payload) => this.#take(payload))
    client.on('error', () => {
      // Followed by `close` where there was a connection; without one it is told here alone.
      client.end(true)
    })
    client.once('connect', () => {
      client
        .subscribeAsync(this.#topics.down, { qos: 1 })
        .then(() => this.#ports.onConnected())
        .catch(() => client.end(true))
    })
    client.once('close', () => {
      if (this.#client !== client) return
      this.#client = undefined
      this.#turn++
      if (!this.#isClosed) this.#redial = setTimeout(() => this.#dial(), REDIAL_MS)
    })
  }

  #take(payload: Uint8Array): void {
    const news = newsShape.safeParse(parse(payload)).data
    const messageId = fromHex(news?.transactionId ?? '')
    if (news === undefined || messageId === undefined) return
    const { stage, outcome, code, height } = news
    if (stage === 'final' && outcome !== null)
      this.#ports.onFinal({ messageId, outcome, code, height })
    else if (stage === null || stage === 'dropped')
      this.#ports.onRefused(messageId, code ?? 'DROPPED')
  }
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    // A node that says no JSON says nothing; the message is sent again in time.
    return undefined
  }
}

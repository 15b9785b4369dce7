/**
 * A device's link over HTTP: each message is one request that waits until it is final.
 *
 * @module
 */

import { ClientError, createHttpClient, type Transport } from '../../client/index.ts'
import { toHex } from '../../protocol/index.ts'
import type { DeviceLink, DeviceLinkPorts, FleetNode } from './device-link.ts'

const ANSWER_TIMEOUT_MS = 2_000
const FINAL_WAIT_MS = 5_000
/** A node takes 32 connections from one address, behind which the whole fleet stands here. */
const WINDOW_MAX = 6

/** Opens a link; `nodes` with the nearest first. */
export function openHttpLink(nodes: readonly FleetNode[], ports: DeviceLinkPorts): DeviceLink {
  const underWay = new Map<string, Promise<void>>()
  let first = 0
  let transport = connect(nodes, first)
  let isClosed = false
  return {
    windowMax: WINDOW_MAX,
    send: (messageId, wire) => {
      const name = toHex(messageId)
      if (isClosed || underWay.has(name)) return
      const sending = submit(transport, messageId, wire, ports).finally(() => underWay.delete(name))
      underWay.set(name, sending)
    },
    moveOn: () => {
      first = (first + 1) % nodes.length
      transport = connect(nodes, first)
    },
    close: async () => {
      isClosed = true
      await Promise.all(underWay.values())
    }
  }
}

function connect(nodes: readonly FleetNode[], first: number): Transport {
  const urls = nodes.map(({ httpUrl }) => httpUrl)
  return createHttpClient({
    baseUrls: [...urls.slice(first), ...urls.slice(0, first)],
    timeoutMs: ANSWER_TIMEOUT_MS,
    waitMs: FINAL_WAIT_MS
  })
}

async function submit(
  transport: Transport,
  messageId: Uint8Array,
  wire: Uint8Array,
  ports: DeviceLinkPorts
): Promise<void> {
  try {
    const report = await transport.submit(wire, 'final')
    if (report.kind === 'refused') {
      ports.onRefused(messageId, report.code)
      return
    }
    const { stage, outcome, code, height } = report.status
    if (stage === 'final' && outcome !== null) ports.onFinal({ messageId, outcome, code, height })
  } catch (error) {
    // No node takes it now: the message stays on the list and is sent again.
    if (!(error instanceof ClientError)) throw error
  }
}

/**
 * What one message costs on a direct stream between two nodes of this machine: encryption, framing,
 * sockets and the system's own work, at both ends together.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { NodeError } from '../../node/errors.ts'
import { createNetwork, type Network } from '../../node/network/network.ts'
import { dice } from './fleet.ts'

/** Processor time of a message, sent and received. */
export interface LinkCost {
  /** Of an empty one. */
  readonly messageUs: number
  readonly kilobyteUs: number
}

const SMALL_BYTES = 200
const LARGE_BYTES = 8_192
const MESSAGES = 4_000
/** Handed over at once, as a member hands its vote to all others. */
const BURST = 16
const WAIT_MS = 20_000
const POLL_MS = 5
const HOST = '127.0.0.1'
const KILOBYTE = 1_000

/** Measures it on two networks of the product, over the loopback. */
export async function measureLinkCost(): Promise<LinkCost> {
  const [sender, receiver] = [createPeer(), createPeer()]
  try {
    await Promise.all([sender.start(), receiver.start()])
    const members = [sender, receiver].map((network) => ({
      key: network.self,
      addresses: network.listening()
    }))
    for (const network of [sender, receiver]) network.setMembers(members)
    let received = 0
    receiver.onMemberMessage(() => void received++)
    await until('two networks to meet', () =>
      sender.sendToMember('votes', receiver.self, dice(SMALL_BYTES))
    )
    const costUs = async (bytes: number): Promise<number> => {
      received = 0
      const before = process.cpuUsage()
      for (let sent = 0; sent < MESSAGES; ) {
        for (let turn = 0; turn < BURST && sent < MESSAGES; turn++)
          if (sender.sendToMember('votes', receiver.self, dice(bytes))) sent++
        await until('messages to arrive', () => received >= sent)
      }
      const { user, system } = process.cpuUsage(before)
      return (user + system) / MESSAGES
    }
    await costUs(SMALL_BYTES)
    const [smallUs, largeUs] = [await costUs(SMALL_BYTES), await costUs(LARGE_BYTES)]
    const kilobyteUs = Math.max(0, (KILOBYTE * (largeUs - smallUs)) / (LARGE_BYTES - SMALL_BYTES))
    const messageUs = Math.max(0, smallUs - (kilobyteUs * SMALL_BYTES) / KILOBYTE)
    return { messageUs, kilobyteUs }
  } finally {
    await Promise.all([sender.stop(), receiver.stop()])
  }
}

function createPeer(): Network {
  const ignore = (): void => undefined
  return createNetwork(
    {
      networkId: 'bench',
      identitySeed: dice(32),
      listenAddresses: [`/ip4/${HOST}/tcp/0`],
      announceAddresses: [],
      bootstrapAddresses: [],
      observersMax: 1
    },
    {
      log: { debug: ignore, info: ignore, warn: ignore },
      now: () => performance.now(),
      count: ignore,
      random: Math.random
    }
  )
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + WAIT_MS
  // Most messages are there after a turn of the loop; a timer would cost more than they do.
  for (let turn = 0; !isSo(); turn++) {
    if (performance.now() > endMs)
      throw new NodeError('NODE_NOT_READY', `waited in vain for ${what}`)
    if (turn % 64 === 63) await sleep(POLL_MS)
    else await new Promise((resolve) => setImmediate(resolve))
  }
}

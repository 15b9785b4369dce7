/**
 * A libp2p stranger with a key of its own, that finds the protocols and sends garbage on all of them.
 *
 * @module
 */

import '../../node/shims.ts'
import { NodeError } from '../../node/errors.ts'
import { createNetwork, type Network } from '../../node/network/network.ts'
import type { PeerKey } from '../../node/network/peer-key.ts'
import {
  REQUEST_PROTOCOLS,
  type RequestProtocol,
  TOPICS
} from '../../node/network/protocol-names.ts'
import { decodeSubmission } from '../../node/service/submission-message.ts'
import { encodeNodeStatus } from '../../node/sync/sync-message.ts'
import { encodeCbor } from '../../protocol/index.ts'
import { dice } from '../benchmarks/fleet.ts'
import { waitFor } from './live-net.ts'

const REQUEST_DEADLINE_MS = 3_000
const HUGE_BYTES = 60_000
const FAR = 2 ** 40

/** What of the stranger's garbage was answered. */
export interface Pestering {
  readonly answered: number
  /** Submissions that a node said it took. */
  readonly taken: number
}

/** Bytes of every sort, from nothing to well-formed nonsense. */
const GARBAGE: readonly Uint8Array[] = [
  new Uint8Array(0),
  Uint8Array.of(0xff),
  new Uint8Array(HUGE_BYTES).fill(0x9f),
  new Uint8Array(500).fill(0x81),
  encodeCbor([]),
  encodeCbor([1, []]),
  encodeCbor([2, new Uint8Array(32)]),
  encodeCbor([3, 0, FAR]),
  encodeCbor([4, 0, FAR]),
  encodeCbor([4, FAR, 64]),
  encodeCbor([99, null]),
  encodeCbor([new Uint8Array(HUGE_BYTES), [], null])
]

/** A stranger that was let in. */
export interface Stranger {
  /** How often it was asked where it stands; each time it boasted. */
  readonly timesAsked: () => number
  /** Sends everything it has, until it is through or thrown out. */
  readonly pester: () => Promise<Pestering>
  readonly stop: () => Promise<void>
}

/** Opens a stranger that knows one member. */
export async function openStranger(
  networkId: string,
  member: { readonly key: string; readonly address: string }
): Promise<Stranger> {
  const network = createNetwork(
    {
      networkId,
      identitySeed: dice(32),
      listenAddresses: [],
      announceAddresses: [],
      bootstrapAddresses: [],
      observersMax: 0
    },
    {
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      now: () => performance.now(),
      count: () => undefined,
      random: Math.random
    }
  )
  let timesAsked = 0
  network.serve('status', async () => {
    timesAsked++
    return encodeNodeStatus({ height: FAR, view: FAR, isMember: true })
  })
  network.serve('fetch', async () => new Uint8Array(HUGE_BYTES))
  await network.start()
  const key = member.key as PeerKey
  network.setMembers([{ key, addresses: [member.address] }])
  await waitFor('the stranger to be let in', async () =>
    network.peers().some(({ state }) => state === 'connected') ? true : undefined
  )
  return {
    timesAsked: () => timesAsked,
    pester: () => pester(network, key),
    stop: () => network.stop()
  }
}

async function pester(network: Network, to: PeerKey): Promise<Pestering> {
  let answered = 0
  let taken = 0
  const ask = async (protocol: RequestProtocol, bytes: Uint8Array): Promise<void> => {
    try {
      const answer = await network.request(protocol, to, bytes, { timeoutMs: REQUEST_DEADLINE_MS })
      answered++
      if (protocol === 'submit' && decodeSubmission(answer)?.kind === 'taken') taken++
    } catch (error) {
      // Thrown out or left without an answer: that is what a stranger may expect.
      if (!(error instanceof NodeError)) throw error
    }
  }
  for (const topic of TOPICS) network.subscribe(topic, async () => 'ignore')
  for (const protocol of REQUEST_PROTOCOLS)
    await Promise.all(GARBAGE.map((bytes) => ask(protocol, bytes)))
  for (const topic of TOPICS)
    for (const bytes of GARBAGE) await network.publish(topic, bytes).catch(unpublished)
  return { answered, taken }
}

/** Nobody listens to a stranger that was thrown out. */
function unpublished(): void {}

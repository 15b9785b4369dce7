/**
 * Latency: how long finality takes at light load, with the distances of a region set between nodes.
 *
 * Messages leave at random moments, each from a device beside one of the nodes, whatever became of
 * those before: a slow ledger is not spared by a sender that waits for it.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { trustNetwork } from '../../node/cli/network-trust.ts'
import { requestNode } from '../../node/cli/node-request.ts'
import { NodeError } from '../../node/errors.ts'
import { toHex } from '../../protocol/index.ts'
import type { ClusterNode } from '../cluster/cluster.ts'
import { quantile } from '../fleet/fleet-record.ts'
import { finalityFloor } from '../regions/finality-floor.ts'
import type { RegionSet } from '../regions/region-set.ts'
import { awaitSameHeight, blockFinalMs, judgeNodes } from '../report/verdict.ts'
import { type BenchNet, nodePids, nodeUrls, openBenchNet, type PhasePorts } from './bench-net.ts'
import { createFleet, makerOf } from './fleet.ts'
import { type SignedMessage, signChain } from './messages.ts'
import { ascending, heightOf, nodeAt } from './net-figures.ts'
import { processorUse, sampleProcessors } from './processor-time.ts'
import { registerFleet } from './submit.ts'

/** How latency is measured. */
export interface LatencyOptions {
  readonly nodes: number
  readonly regions: RegionSet
  readonly seconds: number
  /** Messages a second of all devices together. */
  readonly rate: number
  readonly folder: string
  readonly isKept: boolean
}

/** What was measured; null where there was nothing to measure. */
export interface Latency {
  readonly nodes: number
  readonly regions: RegionSet
  readonly seconds: number
  readonly messages: number
  /** From submission to final, at the node that it was submitted to. */
  readonly p50FinalMs: number | null
  readonly p99FinalMs: number | null
  /**
   * From proposal to final: the median over the nodes of their own medians, over all blocks since
   * they started.
   */
  readonly p50BlockFinalMs: number | null
  /**
   * The same for the blocks that carry this phase's messages, until the answer of the node that a
   * message was submitted to was there.
   */
  readonly p50AnsweredBlockFinalMs: number | null
  readonly p99AnsweredBlockFinalMs: number | null
  /** What distance alone costs. */
  readonly floorMs: number
  /** `p50BlockFinalMs` to the floor; null where there is no distance. */
  readonly blockFinalToFloor: number | null
  /** How much later than asked the relays pass bytes on: the mean over all, and the worst. */
  readonly relayLatenessMs: number
  readonly relayLatenessMaxMs: number
  readonly foreignShare: number | null
  /** Messages that no node called final. */
  readonly unanswered: number
  readonly hasCrashed: boolean
  readonly finalHeight: number
  readonly stateRoots: Readonly<Record<string, string | null>>
  readonly rootsEqual: boolean
  /** Messages that were called final and are missing on a node. */
  readonly lost: number
}

const DEVICES_PER_NODE = 5
const SAME_HEIGHT_MS = 15_000
const SETTLE_MS = 1_000
const ANSWER_DEADLINE_MS = 40_000
const FINAL_QUERY = '/v1/transactions?wait=final&timeoutMs=30000'

const answerShape = z.object({
  transaction: z.object({
    stage: z.string(),
    height: z.number().nullable(),
    timeMs: z.number().nullable()
  })
})

/** Measures latency on a net of its own. */
export async function measureLatency(options: LatencyOptions, ports: PhasePorts): Promise<Latency> {
  const { nodes, regions, seconds, rate, folder, isKept } = options
  ports.note(`latency: starting ${nodes} nodes, ${regions}`)
  const net = await openBenchNet(
    { members: nodes, regionSet: regions, makers: 1, parentFolder: folder, isKept },
    ports
  )
  try {
    const { cluster, testnet } = net
    const firstHeight = 1 + (await heightOf(nodeAt(net, 0)))
    const chains = await bringDevices(net, Math.ceil(rate * seconds))
    ports.note(`latency: ${rate} messages a second, ${seconds} s`)
    const pids = [process.pid, ...nodePids(net)]
    const before = sampleProcessors(pids)
    const sent = await sendAll(net, chains, { rate, seconds })
    const { foreignShare } = processorUse(before, sampleProcessors(pids))
    const p50BlockFinalMs = await blockFinalMs(cluster.nodes)
    await awaitSameHeight(cluster.nodes, SAME_HEIGHT_MS)
    const finals = sent.filter(({ latencyMs }) => latencyMs !== null)
    const verdict = await judgeNodes(cluster.nodes, { firstHeight, finals })
    const { finalHeight, stateRoots, rootsEqual, lost } = verdict
    const { floorMs } = finalityFloor(nodes, testnet.regions.oneWayMs)
    const latencies = ascending(finals.map(({ latencyMs }) => latencyMs ?? 0))
    const answered = answeredBlocks(finals)
    return {
      nodes,
      regions,
      seconds,
      messages: sent.length,
      p50FinalMs: quantile(latencies, 0.5),
      p99FinalMs: quantile(latencies, 0.99),
      p50BlockFinalMs,
      p50AnsweredBlockFinalMs: quantile(answered, 0.5),
      p99AnsweredBlockFinalMs: quantile(answered, 0.99),
      floorMs,
      blockFinalToFloor:
        p50BlockFinalMs === null || floorMs === 0 ? null : p50BlockFinalMs / floorMs,
      ...latenessOf(net),
      foreignShare,
      unanswered: sent.length - finals.length,
      hasCrashed: net.hasCrashed(),
      finalHeight,
      stateRoots,
      rootsEqual,
      lost
    }
  } finally {
    await net.close('stop')
  }
}

/** Registers the devices and signs what they shall say: a chain for each, device by device round the nodes. */
async function bringDevices(net: BenchNet, messages: number): Promise<readonly SignedMessage[][]> {
  const { cluster, testnet, makerSeeds } = net
  const network = trustNetwork(testnet.genesis)
  const devices = DEVICES_PER_NODE * cluster.nodes.length
  const fleet = createFleet(network, {
    makers: makerSeeds.map(makerOf),
    devices,
    timeMs: Date.now(),
    vendorSequence: 1
  })
  await registerFleet(nodeUrls(net)[0] ?? '', fleet)
  await awaitSameHeight(cluster.nodes, SAME_HEIGHT_MS)
  await sleep(SETTLE_MS)
  const perDevice = Math.ceil(messages / devices)
  return fleet.devices.map((device) => signChain(network, device, perDevice))
}

interface Sent {
  readonly messageId: string
  readonly nodeUrl: string
  readonly height: number | null
  /** From submission to the answer; null when no node said that it is final. */
  readonly latencyMs: number | null
  /** From the time in the block's header to the answer. */
  readonly blockFinalMs: number
}

/** Sends the messages of all devices in turn; the moments are random, their number is not. */
async function sendAll(
  { cluster }: BenchNet,
  chains: readonly SignedMessage[][],
  { rate, seconds }: Pick<LatencyOptions, 'rate' | 'seconds'>
): Promise<readonly Sent[]> {
  const count = Math.ceil(rate * seconds)
  const startMs = performance.now()
  const moments = ascending(Array.from({ length: count }, () => 1000 * seconds * Math.random()))
  return await Promise.all(
    moments.map(async (momentMs, index) => {
      const device = index % chains.length
      const message = chains[device]?.[Math.floor(index / chains.length)] as SignedMessage
      const { url } = cluster.nodes[device % cluster.nodes.length] as ClusterNode
      await sleep(Math.max(0, startMs + momentMs - performance.now()))
      return await sendOne(url, message)
    })
  )
}

async function sendOne(nodeUrl: string, { id, wire }: SignedMessage): Promise<Sent> {
  const messageId = toHex(id)
  const unanswered = { messageId, nodeUrl, height: null, latencyMs: null, blockFinalMs: 0 }
  const sentMs = performance.now()
  try {
    const answer = await requestNode(nodeUrl, FINAL_QUERY, {
      body: wire,
      deadlineMs: ANSWER_DEADLINE_MS
    })
    const latencyMs = performance.now() - sentMs
    const nowMs = Date.now()
    const { stage, height, timeMs } = answerShape.parse(answer.json()).transaction
    if (stage !== 'final' || timeMs === null) return unanswered
    return { messageId, nodeUrl, height, latencyMs, blockFinalMs: Math.max(0, nowMs - timeMs) }
  } catch (error) {
    // Not taken, or no answer in time: counted as unanswered.
    if (error instanceof NodeError) return unanswered
    throw error
  }
}

/** By block and node: from the time in the header to the first answer, ascending. */
function answeredBlocks(finals: readonly Sent[]): number[] {
  const answeredMs = new Map<string, number>()
  for (const { nodeUrl, height, blockFinalMs: finalMs } of finals) {
    const name = `${nodeUrl} ${height}`
    answeredMs.set(name, Math.min(finalMs, answeredMs.get(name) ?? Number.POSITIVE_INFINITY))
  }
  return ascending([...answeredMs.values()])
}

function latenessOf({
  cluster
}: BenchNet): Pick<Latency, 'relayLatenessMs' | 'relayLatenessMaxMs'> {
  const values = cluster.links.map(({ meanLatenessMs }) => meanLatenessMs)
  if (values.length === 0) return { relayLatenessMs: 0, relayLatenessMaxMs: 0 }
  return {
    relayLatenessMs: values.reduce((sum, value) => sum + value, 0) / values.length,
    relayLatenessMaxMs: Math.max(...values)
  }
}

/**
 * The summary of a run: what was sent, how fast it became final, and whether all nodes agree.
 *
 * @module
 */

import type { Cluster } from '../cluster/cluster.ts'
import { countSeats } from '../cluster/node-api.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { quantile } from '../fleet/fleet-record.ts'
import type { PreparedTestnet } from '../founding/prepare.ts'
import { finalityFloor } from '../regions/finality-floor.ts'
import type { RegionSet } from '../regions/region-set.ts'
import { listed } from './text.ts'
import { awaitSameHeight, blockFinalMs, judgeNodes, type Verdict } from './verdict.ts'

/** What a run ends with; times in milliseconds. */
export interface Summary extends Verdict {
  /** From submission to final, as the devices saw it. */
  readonly p50FinalMs: number | null
  readonly p99FinalMs: number | null
  /** From the time in a block's header to its commit, over the members. */
  readonly p50BlockFinalMs: number | null
  /** What distance alone would cost. */
  readonly floorMs: number
  readonly nodes: number
  readonly observers: number
  readonly regions: RegionSet
  readonly seconds: number
  readonly messagesSent: number
  readonly messagesFinal: number
  readonly messagesPending: number
  readonly messagesRefused: number
}

/** The parts of a run that is to be summed up. */
export interface SummedRun {
  readonly testnet: PreparedTestnet
  readonly cluster: Cluster
  readonly fleet: Fleet
  /** The final height before the run's first transaction. */
  readonly startHeight: number
  readonly seconds: number
}

const DRAIN_MS = 30_000
const SAME_HEIGHT_MS = 15_000

/** Stops the devices, waits until everything is final everywhere, and compares the nodes. */
export async function sumUp(run: SummedRun): Promise<Summary> {
  const { testnet, cluster, fleet, startHeight, seconds } = run
  const { record } = fleet
  const p50BlockFinalMs = await blockFinalMs(cluster.nodes)
  await fleet.drain(DRAIN_MS)
  await awaitSameHeight(cluster.nodes, SAME_HEIGHT_MS)
  const finals = [...record.finals()]
  const verdict = await judgeNodes(cluster.nodes, { firstHeight: startHeight + 1, finals })
  const latencies = record.latenciesSince(Number.NEGATIVE_INFINITY)
  const founders = testnet.registry.nodes.filter(({ role }) => role === 'member').length
  const { floorMs } = finalityFloor(founders, testnet.regions.oneWayMs)
  const seats = await Promise.all(cluster.nodes.map(({ url }) => countSeats(url)))
  const members = seats.find((count) => count !== undefined) ?? founders
  return {
    finalHeight: verdict.finalHeight,
    transactions: verdict.transactions,
    p50FinalMs: rounded(quantile(latencies, 0.5)),
    p99FinalMs: rounded(quantile(latencies, 0.99)),
    p50BlockFinalMs: rounded(p50BlockFinalMs),
    floorMs: Math.round(10 * floorMs) / 10,
    stateRoots: verdict.stateRoots,
    rootsEqual: verdict.rootsEqual,
    lost: verdict.lost,
    nodes: members,
    observers: cluster.nodes.length - members,
    regions: testnet.registry.regionSet,
    seconds: Math.round(seconds),
    messagesSent: record.sentCount,
    messagesFinal: record.finalCount,
    messagesPending: fleet.pendingCount,
    messagesRefused: record.refusedCount
  }
}

/** The summary for people. */
export function summaryLines(summary: Summary): readonly string[] {
  const { stateRoots, rootsEqual, lost, finalHeight, p50FinalMs, p50BlockFinalMs } = summary
  const silent = Object.entries(stateRoots)
    .filter(([, root]) => root === null)
    .map(([name]) => name)
  const equal = rootsEqual
    ? `all nodes hold the same state at height ${finalHeight}`
    : `the nodes do not hold the same state at height ${finalHeight}`
  return [
    `${summary.messagesFinal} of ${summary.messagesSent} messages final in ${summary.seconds} s, ${lost} lost`,
    `p50 ${p50FinalMs ?? '–'} ms from submission to final, ${p50BlockFinalMs ?? '–'} ms from proposal to final, ${summary.floorMs} ms by distance alone`,
    silent.length === 0 ? equal : `${listed(silent)} did not answer`
  ]
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(10 * value) / 10
}

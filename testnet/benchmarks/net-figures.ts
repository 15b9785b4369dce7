/**
 * What benchmarks read of a net while it runs: heights, counters, processor time, memory.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { NodeError } from '../../node/errors.ts'
import { invariant } from '../../protocol/index.ts'
import type { ClusterNode } from '../cluster/cluster.ts'
import { readMetrics, readView } from '../cluster/node-api.ts'
import type { BenchNet } from './bench-net.ts'
import { sampleProcessors } from './processor-time.ts'

/** A counter, and when the node said so. */
export interface CountedAt {
  readonly count: number
  readonly atMs: number
}

const FINAL_COUNTER = 'thingmoot_ledger_transactions_total{kind="final"}'
const WAIT_MS = 300_000
const POLL_MS = 100

/** The node at a place: members first. */
export function nodeAt({ cluster }: Pick<BenchNet, 'cluster'>, index: number): ClusterNode {
  const found = cluster.nodes[index]
  invariant(found !== undefined, 'the net has so many nodes')
  return found
}

/** All metrics of a node; none when it is silent. */
export function metricsOf({ node }: ClusterNode): Promise<ReadonlyMap<string, number>> {
  return readMetrics(`http://127.0.0.1:${node.ports.metrics}`)
}

/** How many transactions a node has seen become final since it started. */
export async function finalCount(node: ClusterNode): Promise<number> {
  return (await metricsOf(node)).get(FINAL_COUNTER) ?? 0
}

/** The same of several nodes, each with the moment of its answer. */
export async function finalCounts(nodes: readonly ClusterNode[]): Promise<readonly CountedAt[]> {
  return await Promise.all(
    nodes.map(async (node) => ({ count: await finalCount(node), atMs: performance.now() }))
  )
}

/** Final transactions a second between two looks, by node. */
export function finalRates(
  before: readonly CountedAt[],
  after: readonly CountedAt[]
): readonly number[] {
  return after.map(({ count, atMs }, index) => {
    const earlier = before[index] ?? { count, atMs }
    return (1000 * (count - earlier.count)) / Math.max(1, atMs - earlier.atMs)
  })
}

/** The final height of a node; 0 when it is silent. */
export async function heightOf({ url }: ClusterNode): Promise<number> {
  return (await readView(url))?.height ?? 0
}

/** All processor time that processes have had. */
export function cpuMsOf(pids: readonly number[]): number {
  return sumOf([...sampleProcessors(pids).ownMs.values()])
}

/**
 * Asks until something is so.
 *
 * @throws NodeError NODE_NOT_READY when it does not come in time
 */
export async function until(what: string, isThere: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + WAIT_MS
  while (performance.now() < endMs) {
    if (await isThere()) return
    await sleep(POLL_MS)
  }
  throw new NodeError('NODE_NOT_READY', `waited in vain for ${what}`)
}

/** A sum. */
export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** A mean; 0 of nothing. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length
}

/** A copy in ascending order, as quantiles want it. */
export function ascending(values: readonly number[]): number[] {
  return [...values].sort((left, right) => left - right)
}

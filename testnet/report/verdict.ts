/**
 * The verdict on a run: whether all nodes hold the same state, and whether anything that was
 * called final is missing on any of them.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterNode } from '../cluster/cluster.ts'
import {
  type BlockSummary,
  type NodeView,
  readBlock,
  readMetrics,
  readView
} from '../cluster/node-api.ts'
import type { FinalMessage } from '../fleet/fleet-record.ts'

/** What the nodes hold in the end. */
export interface Verdict {
  /** The height at which they were compared. */
  readonly finalHeight: number
  /** Transactions in the blocks of this run. */
  readonly transactions: number
  /** By the name of the node; null for one that does not answer. */
  readonly stateRoots: Readonly<Record<string, string | null>>
  readonly rootsEqual: boolean
  /** Messages that were called final and are missing on one node or more. */
  readonly lost: number
}

const POLL_MS = 200
const READS_AT_ONCE = 8
const COUNTED: ReadonlySet<string> = new Set(['applied', 'void', 'duplicate'])

/** Waits until all nodes stand at one height, or the time is up. */
export async function awaitSameHeight(
  nodes: readonly ClusterNode[],
  timeoutMs: number
): Promise<void> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const views = await Promise.all(nodes.map(({ url }) => readView(url)))
    const heights = new Set(views.map((view) => view?.height))
    if ((heights.size === 1 && !heights.has(undefined)) || performance.now() > endMs) return
    await sleep(POLL_MS)
  }
}

/** Compares all nodes at the lowest of their final heights, and looks for what was called final. */
export async function judgeNodes(
  nodes: readonly ClusterNode[],
  run: { readonly firstHeight: number; readonly finals: readonly FinalMessage[] }
): Promise<Verdict> {
  const { firstHeight, finals } = run
  const views = await Promise.all(nodes.map(({ url }) => readView(url)))
  const finalHeight = Math.min(...views.map((view) => view?.height ?? Number.POSITIVE_INFINITY))
  const heights = Number.isFinite(finalHeight) ? finalHeight : 0
  const chains = await Promise.all(
    nodes.map(({ url }, index) =>
      views[index] === undefined ? NOTHING : readChain(url, firstHeight, heights)
    )
  )
  const stateRoots = Object.fromEntries(
    nodes.map(({ node }, index) => [node.name, rootAt(chains[index], views[index], heights)])
  )
  const roots = new Set(Object.values(stateRoots))
  const missing = new Set<string>()
  // A node that does not answer cannot be asked: that its root is unknown says so already.
  for (const { ids } of chains.filter((chain) => chain !== NOTHING))
    for (const { messageId } of finals) if (!ids.has(messageId)) missing.add(messageId)
  return {
    finalHeight: heights,
    transactions: Math.max(...chains.map((chain) => chain.transactions)),
    stateRoots,
    rootsEqual: roots.size === 1 && !roots.has(null),
    lost: missing.size
  }
}

/** The median over the members of the median time from a block's header to its commit, in ms. */
export async function blockFinalMs(nodes: readonly ClusterNode[]): Promise<number | null> {
  const members = nodes.filter(({ node }) => node.role === 'member')
  const metrics = await Promise.all(
    members.map(({ node }) => readMetrics(`http://127.0.0.1:${node.ports.metrics}`))
  )
  const name = 'thingmoot_consensus_block_final_seconds'
  const weighted = metrics
    .map((values) => ({
      valueMs: 1000 * (values.get(`${name}{quantile="0.5"}`) ?? Number.NaN),
      weight: values.get(`${name}_count`) ?? 0
    }))
    .filter(({ valueMs, weight }) => Number.isFinite(valueMs) && weight > 0)
    .sort((left, right) => left.valueMs - right.valueMs)
  const half = weighted.reduce((sum, { weight }) => sum + weight, 0) / 2
  let passed = 0
  for (const { valueMs, weight } of weighted) {
    passed += weight
    if (passed >= half) return valueMs
  }
  return null
}

interface Chain {
  readonly ids: ReadonlySet<string>
  readonly transactions: number
  readonly top: BlockSummary | undefined
}

const NOTHING: Chain = { ids: new Set(), transactions: 0, top: undefined }

async function readChain(url: string, first: number, height: number): Promise<Chain> {
  const ids = new Set<string>()
  let transactions = 0
  let top: BlockSummary | undefined
  // Nothing may have happened in this run: the last block is read all the same, for its root.
  let next = Math.min(first, height)
  if (height === 0) return NOTHING
  const lane = async (): Promise<void> => {
    while (next <= height) {
      const at = next++
      const block = await readBlock(url, at)
      if (at === height) top = block
      transactions += block.transactions.length
      for (const { transactionId, outcome } of block.transactions)
        if (COUNTED.has(outcome)) ids.add(transactionId)
    }
  }
  await Promise.all(Array.from({ length: READS_AT_ONCE }, lane))
  return { ids, transactions, top }
}

/** The root that the node's own state has, where it stands there; else that of the block it executed. */
function rootAt(
  chain: Chain | undefined,
  view: NodeView | undefined,
  height: number
): string | null {
  if (view?.height === height) return view.stateRoot
  return chain?.top?.stateRoot ?? null
}

/**
 * A ledger of many devices in a process of its own: opened, weighed, and made to change.
 *
 * Run by the benchmark of the state, so that what it holds in memory is nothing but that ledger. Its
 * only line is JSON.
 *
 * @module
 */

import '../../node/shims.ts'
import { hashPairs, sha256 } from '#crypto'
import { EXIT_READER_GONE, quietPipes } from '../../node/cli/quiet-pipes.ts'
import { TREE_LEAVES } from '../../node/ledger/keyspace.ts'
import type { StateLeaf } from '../../protocol/index.ts'
import { dice } from './fleet.ts'
import { residentBytes } from './idle.ts'
import { sumOf } from './net-figures.ts'
import {
  type BlockTimes,
  openStateDatabase,
  openStateLedger,
  processorMs,
  type StateLedger
} from './state-ledger.ts'

// What it says is for its parent alone.
quietPipes(process).addEventListener('abort', () => process.exit(EXIT_READER_GONE))

/** What the probe says. */
export interface StateProbe {
  readonly leaves: number
  /** From nothing to a ledger that answers, and reading its leaves from the disk alone. */
  readonly openMs: number
  readonly readLeavesMs: number
  /** Resident before anything was opened, once the ledger was open, and after it has changed. */
  readonly emptyBytes: number | null
  readonly openBytes: number | null
  readonly changedBytes: number | null
  /** For each leaf that a block touched, in microseconds. */
  readonly recordsUs: number
  readonly treeUs: number
  readonly storeUs: number
  /** The hashes alone that the tree owes. */
  readonly hashesUs: number
  readonly touched: number
}

const LEAF_BYTES = 97
const PAIR_BYTES = 64
const PAIRS = 4_096
const HASH_ROUNDS = 50

const [path = '', devicesText = '', blocksText = '', touchesText = ''] = process.argv.slice(2)
const probed = await probe(path, {
  devices: Number(devicesText),
  blocks: Number(blocksText),
  touches: Number(touchesText)
})
process.stdout.write(`${JSON.stringify(probed)}\n`)

async function probe(
  path_: string,
  wish: { readonly devices: number; readonly blocks: number; readonly touches: number }
): Promise<StateProbe> {
  const emptyBytes = residentBytes(process.pid)
  // Twice, for what the second one finds is in the memory of the system, as it is for the ledger.
  await readLeaves(path_)
  const readLeavesMs = await readLeaves(path_)
  const startMs = performance.now()
  const ledger = await openStateLedger(await openStateDatabase(path_, false))
  const openMs = performance.now() - startMs
  globalThis.gc?.()
  const openBytes = residentBytes(process.pid)
  const blocks: BlockTimes[] = []
  await ledger.addBlock(drawn(wish))
  for (let block = 0; block < wish.blocks; block++) blocks.push(await ledger.addBlock(drawn(wish)))
  globalThis.gc?.()
  const changedBytes = residentBytes(process.pid)
  const figures = { leaves: leafCount(ledger), openMs, readLeavesMs, emptyBytes, openBytes }
  await ledger.close()
  return { ...figures, changedBytes, ...costsOf(blocks) }
}

function leafCount(ledger: StateLedger): number {
  return ledger.leafCount()
}

async function readLeaves(path_: string): Promise<number> {
  const startMs = performance.now()
  const database = await openStateDatabase(path_, false)
  let bytes = 0
  for await (const page of database.iterate(TREE_LEAVES))
    for (const [, leaf] of page) bytes += leaf.length
  await database.close()
  return bytes === 0 ? 0 : performance.now() - startMs
}

/** Different devices, at random. */
function drawn({
  devices,
  touches
}: {
  readonly devices: number
  readonly touches: number
}): readonly number[] {
  const numbers = new Set<number>()
  while (numbers.size < Math.min(touches, devices))
    numbers.add(new DataView(dice(4).buffer).getUint32(0) % devices)
  return [...numbers]
}

function costsOf(
  blocks: readonly BlockTimes[]
): Pick<StateProbe, 'recordsUs' | 'treeUs' | 'storeUs' | 'hashesUs' | 'touched'> {
  const touched = sumOf(blocks.map(({ leaves }) => leaves.length))
  const each = (read: (times: BlockTimes) => number): number =>
    (1_000 * sumOf(blocks.map(read))) / Math.max(1, touched)
  const { leafUs, pairUs } = hashCosts()
  const nodes = sumOf(blocks.map(({ leaves }) => nodesAbove(leaves)))
  return {
    recordsUs: each(({ recordsMs }) => recordsMs),
    treeUs: each(({ treeMs }) => treeMs),
    storeUs: each(({ storeMs }) => storeMs),
    hashesUs: leafUs + (pairUs * nodes) / Math.max(1, touched),
    touched
  }
}

/** How many nodes of the tree stand above some leaves, each counted once. */
function nodesAbove(leaves: readonly StateLeaf[]): number {
  let level = new Set(leaves.map(({ index }) => index))
  let nodes = 0
  while (level.size > 0 && !(level.size === 1 && level.has(0))) {
    level = new Set([...level].map((index) => index >>> 1))
    nodes += level.size
  }
  return nodes
}

/** One leaf, and one of many pairs that are hashed at once. */
function hashCosts(): { readonly leafUs: number; readonly pairUs: number } {
  const [leaf, pairs] = [dice(LEAF_BYTES), dice(PAIR_BYTES * PAIRS)]
  const timed = (run: () => void): number => {
    run()
    const startMs = processorMs()
    for (let round = 0; round < HASH_ROUNDS; round++) run()
    return (1_000 * (processorMs() - startMs)) / HASH_ROUNDS / PAIRS
  }
  return {
    leafUs: timed(() => {
      for (let turn = 0; turn < PAIRS; turn++) sha256(leaf)
    }),
    pairUs: timed(() => hashPairs(pairs))
  }
}

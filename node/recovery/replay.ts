/**
 * The replay: executes a chain anew from genesis, in memory, and compares what comes out.
 *
 * @module
 */

import {
  type Block,
  beginBlockExecution,
  type CommittedLedger,
  commitVersion,
  createStateTree,
  deriveVersion,
  type ExecutedBlock,
  encodeReceiptLeaf,
  equalBytes,
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisView,
  type Height,
  LedgerBase,
  openCommittedLedger,
  type Transaction,
  toHex,
  versionOfBlock
} from '../../protocol/index.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'
import type { Auditing } from './ledger-audit.ts'

/** A chain being executed. */
export interface Replay {
  /** Executes the next block; its transactions by batch. */
  readonly execute: (stored: StoredBlock, batches: readonly (readonly Transaction[])[]) => void
}

/** A ledger in memory as genesis makes it. */
export interface GenesisLedger {
  readonly block: Block
  readonly ledger: CommittedLedger
  /** What it reads its values from, by their places; to be kept up by whoever moves it on. */
  readonly values: Map<string, Uint8Array>
}

/** Begins at genesis; from the first block on that comes out otherwise, nothing more is executed. */
export function replayFrom(auditing: Auditing): Replay {
  const { ledger: first, values } = createGenesisLedger(auditing.genesis)
  let ledger: CommittedLedger | undefined = first
  return {
    execute: (stored, batches) => {
      if (stored.block.header.height === 0 || ledger === undefined) return
      ledger = executeNext({ stored, batches, ledger, values }, auditing)
    }
  }
}

/** Makes the ledger of a genesis in memory. */
function createGenesisLedger(genesis: Genesis): GenesisLedger {
  const values = new Map<string, Uint8Array>()
  const base = new LedgerBase((table, key) => values.get(nameOf(table, key)))
  const view = genesisView(genesis, base)
  const changed = view.changedValues()
  for (const { table, key, value } of changed) values.set(nameOf(table, key), value)
  const tree = createStateTree()
  const leaves = changed.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  const version = deriveVersion(tree.base, leaves)
  const block = genesisBlock(genesis, version.root)
  view.commitInto(base)
  tree.adopt(version)
  const ledger = openCommittedLedger(base, tree, {
    blockId: block.id,
    blockIdBytes: block.idBytes,
    height: 0 as Height,
    electorate: genesisElectorate(genesis),
    timeMs: genesis.timeMs
  })
  return { block, ledger, values }
}

interface Step {
  readonly stored: StoredBlock
  readonly batches: readonly (readonly Transaction[])[]
  readonly ledger: CommittedLedger
  readonly values: Map<string, Uint8Array>
}

function executeNext(
  { stored, batches, ledger, values }: Step,
  { networkTag, fault }: Auditing
): CommittedLedger | undefined {
  const { block } = stored
  const { height, timeMs } = block.header
  const execution = beginBlockExecution(ledger.tip, {
    timeMs,
    networkTag,
    batches: block.batches.map(({ header }, index) => ({
      author: header.author,
      transactions: batches[index] ?? []
    }))
  })
  execution.advance(Number.MAX_SAFE_INTEGER)
  const executed = execution.finish()
  const difference = differenceOf(executed, stored, batches.flat())
  if (difference !== undefined) {
    fault(`block ${height}: executed anew it has another ${difference}`, false)
    return undefined
  }
  for (const { table, key, value } of executed.changedValues) values.set(nameOf(table, key), value)
  return commitVersion(ledger, versionOfBlock(block, executed))
}

function differenceOf(
  executed: ExecutedBlock,
  { block, outcomes }: StoredBlock,
  transactions: readonly Transaction[]
): string | undefined {
  if (!equalBytes(executed.stateRoot, block.header.stateRoot)) return 'state'
  if (!equalBytes(executed.receiptsRoot, block.header.receiptsRoot)) return 'set of receipts'
  const isEqual = executed.outcomes.every((outcome, index) => {
    const { id } = transactions[index] as Transaction
    const stored = outcomes[index]
    return stored && equalBytes(encodeReceiptLeaf(id, outcome), encodeReceiptLeaf(id, stored))
  })
  return isEqual ? undefined : 'outcome of a transaction'
}

function nameOf(table: number, key: Uint8Array): string {
  return `${table}/${toHex(key)}`
}

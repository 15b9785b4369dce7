/**
 * Execution of a block: its transactions in order, each with one outcome, then the roots.
 *
 * A pure function of the parent's state and the block's bytes. It can be done in
 * slices, so that a large block never holds up whoever executes it.
 *
 * @see SPEC.md §6.2 Execution
 * @module
 */

import { listLeafHash, listRootOfLeaves } from '../crypto/merkle.ts'
import { invariant } from '../foundation/invariant.ts'
import type { Electorate } from '../membership/electorate.ts'
import { deriveVersion } from '../state-tree/derive-version.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { Height } from '../types.ts'
import { executeTransaction } from './execute-transaction.ts'
import { applySeal } from './governance/apply-seal.ts'
import { awakeMsAt } from './governance/awake-time.ts'
import { sweepMotions } from './governance/motion-book.ts'
import { type NextEpoch, nextEpochOf } from './governance/next-epoch.ts'
import type { LedgerVersion } from './ledger-version.ts'
import { type ChangedValue, LedgerView } from './ledger-view.ts'
import { encodeReceiptLeaf, type Outcome } from './outcome.ts'
import type { Parameters as NetworkParameters } from './parameters.ts'
import { NETWORK_KEY, networkTable, recentBlockKey, recentBlocks } from './records/chain-record.ts'
import type { RuleContext } from './rule.ts'

/** A batch ready for execution: decoded, its stateless rules judged. */
export interface ExecutableBatch {
  /** Member id of the author. */
  readonly author: Uint8Array
  readonly transactions: readonly Transaction[]
}

/** What a block did. */
export interface ExecutedBlock {
  readonly view: LedgerView
  readonly tree: LedgerVersion['tree']
  readonly height: Height
  readonly timeMs: number
  readonly stateRoot: Uint8Array
  readonly receiptsRoot: Uint8Array
  /** One for each transaction, in order. */
  readonly outcomes: readonly Outcome[]
  /** The hashes of the receipts tree's leaves, for paths. */
  readonly receiptLeaves: readonly Uint8Array[]
  /** What the store must hold before the version is committed. */
  readonly changedValues: readonly ChangedValue[]
  /** Whoever is seated for the blocks that stand on this one. */
  readonly electorate: Electorate
  /** What the next block must seal; null when nothing is due. */
  readonly nextEpoch: NextEpoch | null
}

/** An execution under way. */
export interface BlockExecution {
  /** Executes up to `transactionsMax` further transactions; true when none is left. */
  readonly advance: (transactionsMax: number) => boolean
  /** The result, once nothing is left. */
  readonly finish: () => ExecutedBlock
}

/**
 * Begins to execute a block of a given time on its parent's state.
 *
 * Where an epoch is due, the block is its seal, and holds no batches.
 */
export function beginBlockExecution(
  parent: LedgerVersion,
  block: {
    readonly timeMs: number
    readonly networkTag: Uint8Array
    readonly batches: readonly ExecutableBatch[]
  }
): BlockExecution {
  const state = new LedgerView(parent.view)
  const network = state.read(networkTable, NETWORK_KEY)
  invariant(network !== undefined, 'genesis wrote the record of the network')
  const height = (parent.height + 1) as Height
  const { parameters } = network
  const { timeMs } = block
  const shared = { state, networkTag: block.networkTag, parameters, height, timeMs }
  invariant(parent.nextEpoch === null || block.batches.length === 0, 'a seal holds no batches')
  openBlock(state, { parent, parameters, height, timeMs })
  const outcomes: Outcome[] = []
  const receiptLeaves: Uint8Array[] = []
  const rest = pending(block.batches, shared)
  const advance = (transactionsMax: number): boolean => {
    for (let count = 0; count < transactionsMax; count++) {
      const next = rest.next()
      if (next.done === true) return true
      const { transaction, context } = next.value
      const outcome = executeTransaction(transaction, context)
      outcomes.push(outcome)
      receiptLeaves.push(listLeafHash(encodeReceiptLeaf(transaction.id, outcome)))
    }
    return false
  }
  const finish = (): ExecutedBlock => {
    invariant(rest.next().done === true, 'a block is finished when all of it was executed')
    const changedValues = state.changedValues()
    const tree = deriveVersion(
      parent.tree,
      changedValues.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
    )
    return {
      view: state,
      tree,
      height,
      timeMs: block.timeMs,
      stateRoot: tree.root,
      receiptsRoot: listRootOfLeaves(receiptLeaves),
      outcomes,
      receiptLeaves,
      changedValues,
      electorate: parent.nextEpoch?.electorate ?? parent.electorate,
      nextEpoch: nextEpochOf(state, { height, timeMs })
    }
  }
  return { advance, finish }
}

/** What a block writes before its first transaction: the anchor, awake time, the epoch, what has lapsed. */
function openBlock(
  state: LedgerView,
  {
    parent,
    parameters,
    height,
    timeMs
  }: {
    readonly parent: LedgerVersion
    readonly parameters: NetworkParameters
    readonly height: number
    readonly timeMs: number
  }
): void {
  state.write(recentBlocks, recentBlockKey(parent.height, parameters.anchorWindowBlocks), {
    height: parent.height,
    blockId: parent.blockIdBytes,
    timeMs: parent.timeMs,
    awakeMs: awakeMsAt(state, parent)
  })
  if (parent.nextEpoch !== null) applySeal(state, parent.nextEpoch, { timeMs, height })
  activateUpgrade(state, height)
  sweepMotions(state, { timeMs, parameters })
}

/** Rules that were agreed on come into force at their height. */
function activateUpgrade(state: LedgerView, height: number): void {
  const network = state.read(networkTable, NETWORK_KEY)
  if (network === undefined || network.upgrade === null) return
  if (height < network.upgrade.activationHeight) return
  const { protocolVersion } = network.upgrade
  state.write(networkTable, NETWORK_KEY, { ...network, protocolVersion, upgrade: null })
}

/** Executes a whole block at once. */
export function executeBlock(
  parent: LedgerVersion,
  block: Parameters<typeof beginBlockExecution>[1]
): ExecutedBlock {
  const execution = beginBlockExecution(parent, block)
  execution.advance(Number.MAX_SAFE_INTEGER)
  return execution.finish()
}

/**
 * What would become of a transaction in the next block after `version`, without doing it.
 *
 * @param carrierId - the member whose batch would carry it
 */
export function forecastTransaction(
  version: LedgerVersion,
  transaction: Transaction,
  block: {
    readonly timeMs: number
    readonly networkTag: Uint8Array
    readonly carrierId: Uint8Array
  }
): Outcome {
  const state = new LedgerView(version.view)
  const network = state.read(networkTable, NETWORK_KEY)
  invariant(network !== undefined, 'genesis wrote the record of the network')
  state.write(recentBlocks, recentBlockKey(version.height, network.parameters.anchorWindowBlocks), {
    height: version.height,
    blockId: version.blockIdBytes,
    timeMs: version.timeMs,
    awakeMs: awakeMsAt(state, version)
  })
  return executeTransaction(transaction, {
    state,
    parameters: network.parameters,
    height: version.height + 1,
    ...block
  })
}

function* pending(
  batches: readonly ExecutableBatch[],
  shared: Omit<RuleContext, 'carrierId'>
): Generator<{ readonly transaction: Transaction; readonly context: RuleContext }, undefined> {
  for (const { author, transactions } of batches) {
    const context = { ...shared, carrierId: author }
    for (const transaction of transactions) yield { transaction, context }
  }
}

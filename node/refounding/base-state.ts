/**
 * The base: the state that a new network goes on from, worked out from an old ledger and the blocks
 * that survivors carry.
 *
 * @module
 */

import {
  type Block,
  type BlockHeader,
  type CommittedLedger,
  commitVersion,
  concatBytes,
  decodeBatch,
  decodeBlock,
  decodeTransaction,
  equalBytes,
  executeBlock,
  type LedgerVersion,
  type RefoundingPlan,
  type Transaction,
  toHex,
  versionOfBlock
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { stateValueKey, treeLeafKey } from '../ledger/keyspace.ts'
import type { Batch } from '../storage/database.ts'
import type { CarriedBlock, ClosingFile } from './closing-file.ts'

/** The state of the base, and what the old ledger lacks of it. */
export interface BaseState {
  readonly header: BlockHeader
  readonly headerBytes: Uint8Array
  readonly ledger: CommittedLedger
  /** Puts what came after the old ledger's last final block. */
  readonly changes: readonly ((batch: Batch) => void)[]
}

/** An old ledger that is closed and read. */
export interface OldLedger {
  readonly networkTag: Uint8Array
  readonly committed: CommittedLedger
  readonly block: Block
}

/**
 * Executes what lies between the last final block of an old ledger and the base of a plan.
 *
 * @throws NodeError REFOUNDING_INCOMPLETE when no closing carries the blocks between, or the ledger is
 * already beyond the base
 */
export function reachBase(
  old: OldLedger,
  plan: RefoundingPlan,
  files: readonly ClosingFile[]
): BaseState {
  const path = pathTo(plan.baseId, old.block, files)
  const changes: ((batch: Batch) => void)[] = []
  let ledger = old.committed
  let last: Pick<Block, 'header' | 'headerBytes'> = old.block
  for (const { block, transactions } of path) {
    const version = executeOn(ledger.tip, { block, transactions, networkTag: old.networkTag })
    changes.push(changesOf(ledger, version))
    ledger = commitVersion(ledger, version)
    last = block
  }
  return { header: last.header, headerBytes: last.headerBytes, ledger, changes }
}

/** What a version changes, as it is to be written; to be asked before the version is committed. */
export function changesOf(
  { tree }: CommittedLedger,
  { view, tree: version }: Pick<LedgerVersion, 'view' | 'tree'>
): (batch: Batch) => void {
  const values = view.changedValues()
  const leaves = tree
    .changedLeaves(version)
    .map(
      ({ index, key, nextKey, valueHash }) => [index, concatBytes(key, nextKey, valueHash)] as const
    )
  return (batch) => {
    for (const { table, key, value } of values) batch.put(stateValueKey(table, key), value)
    for (const [index, leaf] of leaves) batch.put(treeLeafKey(index), leaf)
  }
}

interface Step {
  readonly block: Block
  readonly transactions: readonly (readonly Transaction[])[]
}

/** The blocks above a floor that lead to the base, from the lowest up. */
function pathTo(baseId: Uint8Array, floor: Block, files: readonly ClosingFile[]): readonly Step[] {
  const known = new Map<string, { readonly block: Block; readonly carried: CarriedBlock }>()
  for (const { blocks } of files)
    for (const carried of blocks) {
      const block = decodeBlock(carried.blockBytes)
      if (block !== undefined) known.set(block.id, { block, carried })
    }
  const path: Step[] = []
  let id = baseId
  while (!equalBytes(id, floor.idBytes)) {
    const found = known.get(toHex(id))
    // each step must go down: a liar's blocks could lead round in a circle otherwise
    if (found === undefined || found.block.header.height <= floor.header.height)
      throw new NodeError(
        'REFOUNDING_INCOMPLETE',
        `from block ${floor.header.height}, the last final one here, no closing leads to block ${toHex(baseId).slice(0, 16)} that the new network stands on: start the closed nodes together until their heights are equal, and close again`
      )
    path.unshift({ block: found.block, transactions: transactionsOf(found) })
    id = found.block.header.parentId
  }
  return path
}

function transactionsOf({
  block,
  carried
}: {
  readonly block: Block
  readonly carried: CarriedBlock
}): readonly (readonly Transaction[])[] {
  const byId = new Map(
    carried.batches.map(decodeBatch).flatMap((batch) => (batch ? [[batch.id, batch] as const] : []))
  )
  return block.batches.map(({ id }) => {
    const wires = byId.get(id)?.transactions
    if (wires === undefined) throw spoilt(block)
    return wires.map((wire) => {
      const decoded = decodeTransaction(wire, block.header.networkTag)
      if (!decoded.ok) throw spoilt(block)
      return decoded.value
    })
  })
}

/** A quorum has vouched for the header, so whatever comes to the same roots is what it vouched for. */
function executeOn(
  parent: LedgerVersion,
  { block, transactions, networkTag }: Step & { readonly networkTag: Uint8Array }
): LedgerVersion {
  const executed = executeBlock(parent, {
    timeMs: block.header.timeMs,
    networkTag,
    batches: block.batches.map(({ header }, index) => ({
      author: header.author,
      transactions: transactions[index] as readonly Transaction[]
    }))
  })
  const { stateRoot, receiptsRoot } = block.header
  const isSame =
    equalBytes(executed.stateRoot, stateRoot) && equalBytes(executed.receiptsRoot, receiptsRoot)
  if (!isSame) throw spoilt(block)
  return versionOfBlock(block, executed)
}

function spoilt({ header }: Block): NodeError {
  return new NodeError(
    'VERIFICATION_FAILED',
    `block ${header.height}: a closing carries it with batches that are not its own`
  )
}

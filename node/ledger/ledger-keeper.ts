/**
 * The keeper of the ledger: executes blocks, compares roots, and commits what is final.
 *
 * One block is one synced batch: values, leaves, block, index and floor become
 * durable together or not at all. Only then does memory move on.
 *
 * @module
 */

import {
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  type BlockId,
  batchListRoot,
  beginBlockExecution,
  type Certificate,
  type CommittedLedger,
  commitVersion,
  concatBytes,
  createBlock,
  type Electorate,
  type ExecutedBlock,
  encodeBlock,
  encodeCbor,
  equalBytes,
  type Height,
  invariant,
  isCounting,
  type LedgerVersion,
  type Transaction,
  toHex,
  type View
} from '../../protocol/index.ts'
import type { Database } from '../storage/database.ts'
import {
  blockKey,
  bodyKey,
  heightOfBlockKey,
  pendingBatchKey,
  stateValueKey,
  transactionKey,
  treeLeafKey
} from './keyspace.ts'
import { type Floor, type OpenLedger, putFloor } from './open-ledger.ts'
import { encodeStoredBlock } from './stored-block.ts'

/** Transactions executed before other work gets its turn. */
const SLICE_TRANSACTIONS = 64

/** What the keeper needs from others. */
export interface LedgerKeeperPorts {
  /** The transactions of a batch that is held; undefined when it is not. */
  readonly transactionsOf: (reference: BatchReference) => readonly Transaction[] | undefined
  /** Lets waiting work go first. */
  readonly pause: () => Promise<void>
  /** Hears of a block right after its write, before anything of the next one is written. */
  readonly onWritten?: (block: Block) => void
}

/** A block that was executed here. */
export interface ExecutedEntry {
  readonly block: Block
  readonly executed: ExecutedBlock
  readonly version: LedgerVersion
  readonly transactions: readonly Transaction[]
}

/** A block that has just become final. */
export interface CommittedBlock extends ExecutedEntry {
  readonly finalisation: Certificate | null
}

/** Keeps the committed state and what unfinalised blocks make of it. */
export class LedgerKeeper {
  readonly #database: Database
  readonly #networkTag: Uint8Array
  readonly #electorate: Electorate
  readonly #ports: LedgerKeeperPorts
  readonly #executed = new Map<BlockId, ExecutedEntry>()
  #committed: CommittedLedger
  #floor: Floor

  constructor(
    options: {
      readonly database: Database
      readonly networkTag: Uint8Array
      readonly electorate: Electorate
      readonly opened: OpenLedger
    },
    ports: LedgerKeeperPorts
  ) {
    this.#database = options.database
    this.#networkTag = options.networkTag
    this.#electorate = options.electorate
    this.#committed = options.opened.committed
    this.#floor = options.opened.floor
    this.#ports = ports
  }

  /** The committed state. */
  get tip(): LedgerVersion {
    return this.#committed.tip
  }

  /** The last final block. */
  get floor(): Floor {
    return this.#floor
  }

  /** A block that was executed and is not final yet. */
  entry(blockId: BlockId): ExecutedEntry | undefined {
    return this.#executed.get(blockId)
  }

  /** Whether a transaction stands in a block that was executed here and is not final yet. */
  isUnderWay(transactionId: Uint8Array): boolean {
    for (const { transactions } of this.#executed.values())
      if (transactions.some(({ id }) => equalBytes(id, transactionId))) return true
    return false
  }

  /** The highest version executed so far: the best guess of what the next block stands on. */
  get head(): LedgerVersion {
    let head = this.tip
    for (const { version } of this.#executed.values())
      if (version.height > head.height) head = version
    return head
  }

  /** Executes a proposed block and says whether all its claims hold here. */
  async execute(block: Block): Promise<boolean> {
    const { header } = block
    const parent = this.#versionOf(toHex(header.parentId) as BlockId)
    if (parent === undefined) return false
    if (header.height !== parent.height + 1 || header.timeMs <= parent.timeMs) return false
    const entry = await this.#run(block.batches, parent, header.timeMs)
    if (entry === undefined) return false
    const { executed, transactions } = entry
    const isEqual =
      equalBytes(executed.stateRoot, header.stateRoot) &&
      equalBytes(executed.receiptsRoot, header.receiptsRoot) &&
      transactions.length === header.transactionCount
    if (isEqual) this.#remember(block, executed, transactions)
    return isEqual
  }

  /** Makes the block that this node proposes. */
  async build(plan: {
    readonly view: View
    readonly parentView: View
    readonly parentId: BlockId
    readonly batches: readonly BatchReference[]
    readonly timeMs: number
  }): Promise<Block | null> {
    const parent = this.#versionOf(plan.parentId)
    if (parent === undefined) return null
    const timeMs = Math.max(plan.timeMs, parent.timeMs + 1)
    const entry = await this.#run(plan.batches, parent, timeMs)
    if (entry === undefined) return null
    const { executed, transactions } = entry
    const block = createBlock(
      {
        format: BLOCK_FORMAT,
        networkTag: this.#networkTag,
        epoch: this.#electorate.epoch,
        view: plan.view,
        parentId: parent.blockIdBytes,
        parentView: plan.parentView,
        height: (parent.height + 1) as Height,
        timeMs,
        batchListRoot: batchListRoot(plan.batches),
        stateRoot: executed.stateRoot,
        receiptsRoot: executed.receiptsRoot,
        transactionCount: transactions.length,
        electorateHash: this.#electorate.hash,
        seal: null
      },
      plan.batches
    )
    this.#remember(block, executed, transactions)
    return block
  }

  /** Commits executed blocks in order; the last one is what `finalisation` is about. */
  async commit(
    blockIds: readonly BlockId[],
    finalisation: Certificate
  ): Promise<readonly CommittedBlock[]> {
    const committed: CommittedBlock[] = []
    for (const blockId of blockIds) {
      const entry = this.#executed.get(blockId)
      invariant(entry !== undefined, 'a block is executed before it is committed')
      const own = finalisation.vote.subject?.blockId === blockId ? finalisation : null
      await this.#write(entry, own)
      this.#ports.onWritten?.(entry.block)
      this.#committed = commitVersion(this.#committed, entry.version)
      this.#executed.delete(blockId)
      committed.push({ ...entry, finalisation: own })
    }
    for (const [id, { version }] of this.#executed)
      if (version.height <= this.tip.height) this.#executed.delete(id)
    return committed
  }

  #versionOf(blockId: BlockId): LedgerVersion | undefined {
    return blockId === this.tip.blockId ? this.tip : this.#executed.get(blockId)?.version
  }

  async #run(
    references: readonly BatchReference[],
    parent: LedgerVersion,
    timeMs: number
  ): Promise<{ executed: ExecutedBlock; transactions: readonly Transaction[] } | undefined> {
    const batches: { author: Uint8Array; transactions: readonly Transaction[] }[] = []
    for (const reference of references) {
      const transactions = this.#ports.transactionsOf(reference)
      if (transactions === undefined) return undefined
      batches.push({ author: reference.header.author, transactions })
    }
    const networkTag = this.#networkTag
    const execution = beginBlockExecution(parent, { timeMs, networkTag, batches })
    while (!execution.advance(SLICE_TRANSACTIONS)) await this.#ports.pause()
    const transactions = batches.flatMap((batch) => batch.transactions)
    return { executed: execution.finish(), transactions }
  }

  #remember(block: Block, executed: ExecutedBlock, transactions: readonly Transaction[]): void {
    const version: LedgerVersion = {
      blockId: block.id,
      blockIdBytes: block.idBytes,
      height: executed.height,
      timeMs: executed.timeMs,
      view: executed.view,
      tree: executed.tree
    }
    this.#executed.set(block.id, { block, executed, version, transactions })
  }

  async #write(entry: ExecutedEntry, finalisation: Certificate | null): Promise<void> {
    const { block, executed, version } = entry
    const batch = this.#database.createBatch()
    for (const { table, key, value } of executed.changedValues)
      batch.put(stateValueKey(table, key), value)
    for (const { index, key, nextKey, valueHash } of this.#committed.tree.changedLeaves(
      version.tree
    ))
      batch.put(treeLeafKey(index), concatBytes(key, nextKey, valueHash))
    const { outcomes } = executed
    const stored = { block, blockBytes: encodeBlock(block), finalisation, outcomes }
    batch.put(blockKey(version.height), encodeStoredBlock(stored))
    batch.put(heightOfBlockKey(block.idBytes), encodeCbor(version.height))
    this.#indexTransactions(batch, entry)
    for (const { id } of block.batches) batch.delete(pendingBatchKey(id))
    batch.delete(bodyKey(block.id))
    const floor = {
      height: version.height,
      view: block.header.view,
      finalisation
    }
    putFloor(batch, floor)
    await batch.write({ sync: finalisation !== null })
    this.#floor = floor
  }

  /**
   * A transaction's place is that of its first counting outcome, else of its first one at all.
   *
   * What waits has no place yet: it may come again. Several members may have carried the same
   * transaction into one block, so those that count are written over those that do not.
   */
  #indexTransactions(
    batch: ReturnType<Database['createBatch']>,
    { executed, version, transactions }: ExecutedEntry
  ): void {
    const put = (position: number): void => {
      const key = transactionKey((transactions[position] as Transaction).id)
      batch.put(key, encodeCbor([version.height, position]))
    }
    const places = [...executed.outcomes.entries()]
    for (const [position, outcome] of places.toReversed()) {
      if (isCounting(outcome) || outcome.outcome === 'waits') continue
      const { id } = transactions[position] as Transaction
      if (this.#database.getSync(transactionKey(id)) === undefined) put(position)
    }
    for (const [position, outcome] of places) if (isCounting(outcome)) put(position)
  }
}

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
  type Block,
  type BlockId,
  beginBlockExecution,
  type Certificate,
  type CommittedLedger,
  commitVersion,
  type Electorate,
  type ExecutedBlock,
  electorateOfEpoch,
  equalBytes,
  invariant,
  type LedgerVersion,
  type Transaction,
  toHex,
  versionOfBlock
} from '../../protocol/index.ts'
import { DamagedRecord, readIfWhole } from '../storage/damaged-record.ts'
import type { Database } from '../storage/database.ts'
import { putBlockRecords } from './block-records.ts'
import { type BlockPlan, isOfEpoch, nextBlock } from './next-block.ts'
import { type Floor, floorAfter, type OpenLedger, putFloor } from './open-ledger.ts'
import type { StateValues } from './state-values.ts'

/** How long a block waits for a damaged record: a proposal of this node's own, or what others agreed on. */
const BUILD_CURE_MS = 2_000
const EXECUTE_CURE_MS = 60_000
/** Damaged records that one block waits for, one after the other. */
const CURES_MAX = 1_024

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
  /** Resolves with true once a damaged record is cured, with false when the time is over. */
  readonly awaitCure: (damage: DamagedRecord, timeoutMs: number) => Promise<boolean>
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
  readonly #ports: LedgerKeeperPorts
  readonly #values: StateValues
  readonly #executed = new Map<BlockId, ExecutedEntry>()
  #committed: CommittedLedger
  #floor: Floor
  /** Up to here everything has been synced. */
  #durableHeight: number
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    options: {
      readonly database: Database
      readonly networkTag: Uint8Array
      readonly opened: OpenLedger
    },
    ports: LedgerKeeperPorts
  ) {
    this.#database = options.database
    this.#networkTag = options.networkTag
    this.#committed = options.opened.committed
    this.#floor = options.opened.floor
    this.#durableHeight = options.opened.floor.height
    this.#values = options.opened.values
    this.#ports = ports
  }

  /** The committed state. */
  get tip(): LedgerVersion {
    return this.#committed.tip
  }

  /** Whoever is seated for the blocks after the last final one. */
  get electorate(): Electorate {
    return this.tip.electorate
  }

  /** The electorate of an epoch; undefined for one that has not begun here. */
  electorateOf(epoch: number): Electorate | undefined {
    if (epoch === this.electorate.epoch) return this.electorate
    return electorateOfEpoch(this.tip.view, epoch)
  }

  /** Whether a block that was executed must be followed by one that seals the epoch. */
  isSealDue(blockId: BlockId): boolean {
    const version = this.#versionOf(blockId)
    // While a record that it stands on is being mended nothing is due: the next block tells.
    return (readIfWhole(() => version?.nextEpoch ?? undefined) ?? null) !== null
  }

  /**
   * The height up to which every final block is durable: of several that one finalisation made final,
   * only the last is synced, and the others with it.
   */
  get durableHeight(): number {
    return this.#durableHeight
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
    const { timeMs } = header
    const entry = await this.#whenWhole(EXECUTE_CURE_MS, async () =>
      isOfEpoch(block, parent) ? await this.#run(block.batches, parent, timeMs) : undefined
    )
    if (entry === undefined) return false
    const { executed, transactions } = entry
    const isEqual =
      equalBytes(executed.stateRoot, header.stateRoot) &&
      equalBytes(executed.receiptsRoot, header.receiptsRoot) &&
      transactions.length === header.transactionCount
    if (isEqual) this.#remember(block, executed, transactions)
    return isEqual
  }

  /** Makes the block that this node proposes; none when something that it stands on is damaged. */
  async build(plan: BlockPlan): Promise<Block | null> {
    try {
      return await this.#whenWhole(BUILD_CURE_MS, () => this.#build(plan))
    } catch (error) {
      // the turn is lost; what is damaged goes on being cured
      if (error instanceof DamagedRecord) return null
      throw error
    }
  }

  async #build(plan: BlockPlan): Promise<Block | null> {
    const parent = this.#versionOf(plan.parentId)
    if (parent === undefined) return null
    const timeMs = Math.max(plan.timeMs, parent.timeMs + 1)
    const { electorate, nextEpoch } = parent
    // A block on a seal belongs to the epoch after; whoever asks for one in this epoch is behind.
    if (electorate.epoch !== plan.epoch) return null
    const batches = nextEpoch === null ? plan.batches : []
    const entry = await this.#run(batches, parent, timeMs)
    if (entry === undefined) return null
    const { executed, transactions } = entry
    const block = nextBlock(parent, {
      networkTag: this.#networkTag,
      plan: { ...plan, timeMs, batches },
      executed,
      transactionCount: transactions.length
    })
    this.#remember(block, executed, transactions)
    return block
  }

  /** The value under a key of a table in the committed state. */
  readValue(table: number, key: Uint8Array): Uint8Array | undefined {
    return this.#values.read(table, key)
  }

  /** The leaf of the committed state at an index, as it is stored; undefined when there is none. */
  packedLeaf(index: number): Uint8Array | undefined {
    const { tree } = this.#committed
    return index < tree.base.count ? tree.packLeaves(index, index + 1) : undefined
  }

  /** Does something while no block is being committed: then database and memory say the same. */
  betweenCommits<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    // whoever asked learns of a failure; the next in line must still have its turn
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Commits executed blocks in order; the last one is what `finalisation` is about. */
  commit(
    blockIds: readonly BlockId[],
    finalisation: Certificate
  ): Promise<readonly CommittedBlock[]> {
    return this.betweenCommits(() => this.#commit(blockIds, finalisation))
  }

  async #commit(
    blockIds: readonly BlockId[],
    finalisation: Certificate
  ): Promise<readonly CommittedBlock[]> {
    const committed: CommittedBlock[] = []
    for (const blockId of blockIds) {
      const entry = this.#executed.get(blockId)
      invariant(entry !== undefined, 'a block is executed before it is committed')
      const own = finalisation.vote.subject?.blockId === blockId ? finalisation : null
      this.#values.follow([this.tip.tree, entry.version.tree])
      await this.#write(entry, own)
      this.#ports.onWritten?.(entry.block)
      this.#committed = commitVersion(this.#committed, entry.version)
      this.#values.follow([this.tip.tree])
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

  /** Does again what failed on a damaged record, once that is cured. */
  async #whenWhole<Result>(timeoutMs: number, work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof DamagedRecord) || attempt === CURES_MAX) throw error
        if (!(await this.#ports.awaitCure(error, timeoutMs))) throw error
      }
    }
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
    const version = versionOfBlock(block, executed)
    this.#executed.set(block.id, { block, executed, version, transactions })
  }

  async #write(entry: ExecutedEntry, finalisation: Certificate | null): Promise<void> {
    const batch = this.#database.createBatch()
    const leaves = this.#committed.tree.changedLeaves(entry.version.tree)
    putBlockRecords(batch, { entry, leaves, finalisation, database: this.#database })
    const { electorate } = entry.version
    const floor = floorAfter(entry.block.header, { electorate, finalisation })
    putFloor(batch, floor)
    await batch.write({ sync: finalisation !== null })
    this.#floor = floor
    if (finalisation !== null) this.#durableHeight = floor.height
  }
}

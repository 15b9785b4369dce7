/**
 * The pruner: forgets what stood in old blocks, while the node goes on.
 *
 * Batches, places of transactions and outcomes go; blocks and finalisations stay, for headers are
 * proved by them. Nothing goes that no own snapshot stands above: whoever is that far behind is to
 * find one here. Then the emptied ranges are compacted, or the disk would keep them for long.
 *
 * @module
 */

import {
  type BatchId,
  decodeBatch,
  decodeCbor,
  encodeCbor,
  reopenTransaction,
  transactionIdOf
} from '../../protocol/index.ts'
import { type Clock, sleep } from '../clock.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import type { Batch, Database } from '../storage/database.ts'
import {
  BATCHES,
  BATCHES_FROM_KEY,
  BLOCKS,
  batchKey,
  blockKey,
  commandKey,
  pendingBatchKey,
  TRANSACTIONS,
  transactionKey
} from './keyspace.ts'
import { readStoredBlock } from './open-ledger.ts'
import { encodeStoredBlock } from './stored-block.ts'

/** How much is kept. */
export interface LedgerPrunerOptions {
  /** Blocks below the tip whose transactions are kept; 0 keeps all. */
  readonly keepBlocks: number
  /** Bytes that must have gone before their room is given back to the disk; by default 8 MiB. */
  readonly compactFromBytes?: number
  readonly networkTag: Uint8Array
}

/** What the pruner needs from others. */
export interface LedgerPrunerPorts {
  readonly database: Database
  readonly clock: Pick<Clock, 'nowMs' | 'later' | 'pause'>
  readonly tipHeight: () => number
  /** The height of the newest own snapshot; 0 when there is none. */
  readonly snapshotHeight: () => number
  /** The batches of blocks that are not final yet. */
  readonly carried: () => ReadonlySet<BatchId>
  /** Lets batches go by the write that deletes them: while it is under way they are not held. */
  readonly release: (ids: readonly BatchId[], write: () => Promise<void>) => Promise<void>
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly onFailure: (error: unknown) => void
}

const FIRST_HEIGHT = 1
/** Heights that go in one write. */
const SLICE_BLOCKS = 8
/** Compacting rewrites what is kept: it must be worth it. */
const COMPACT_FROM_BYTES = 8 * 1024 * 1024
const COMPACT_SHARE = 0.25
/** Share of the time that pruning leaves to others. */
const REST_FACTOR = 2

/** Prunes in the background. */
export class LedgerPruner {
  readonly #options: LedgerPrunerOptions
  readonly #ports: LedgerPrunerPorts
  #pruning: Promise<void> | undefined
  #freedBytes = 0
  #isStopped = false

  constructor(options: LedgerPrunerOptions, ports: LedgerPrunerPorts) {
    this.#options = options
    this.#ports = ports
  }

  /** There may be something to forget. */
  wake(): void {
    if (this.#options.keepBlocks === 0 || this.#isStopped || this.#pruning !== undefined) return
    if (this.#lowest() >= this.#target()) return
    this.#pruning = this.#prune()
      .catch(this.#ports.onFailure)
      .finally(() => {
        this.#pruning = undefined
      })
  }

  /** Resolves when nothing is being pruned. */
  async whenIdle(): Promise<void> {
    await this.#pruning
  }

  /** Ends; resolves when the database is left alone. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#pruning
  }

  /** The lowest height that is to stay. */
  #target(): number {
    const { tipHeight, snapshotHeight } = this.#ports
    return Math.min(tipHeight() - this.#options.keepBlocks, snapshotHeight())
  }

  #lowest(): number {
    const encoded = readIfWhole(() => this.#ports.database.getSync(BATCHES_FROM_KEY))
    const height = encoded === undefined ? undefined : decodeCbor(encoded)
    return typeof height === 'number' ? height : FIRST_HEIGHT
  }

  async #prune(): Promise<void> {
    const { clock, log } = this.#ports
    const first = this.#lowest()
    for (let from = first; from < this.#target() && !this.#isStopped; from = this.#lowest()) {
      const startMs = clock.nowMs()
      await this.#pruneSlice(from, Math.min(from + SLICE_BLOCKS, this.#target()))
      await sleep(clock, REST_FACTOR * (clock.nowMs() - startMs))
    }
    const last = this.#lowest()
    if (last > first) log('old transactions pruned', { transactionsFrom: last })
    await this.#compact()
  }

  async #pruneSlice(from: number, end: number): Promise<void> {
    const { database, clock, release } = this.#ports
    const batch = database.createBatch()
    const named = new Map<BatchId, number>()
    for (let height = from; height < end; height++) {
      const stored = readIfWhole(() => readStoredBlock(database, height))
      // A damaged one is mended as one that was pruned.
      if (stored === undefined) continue
      let index = 0
      for (const { id, header } of stored.block.batches) {
        if (this.#forgetTransactions(batch, id, { height, index })) named.set(id, header.bytes)
        index += header.count
        await clock.pause()
      }
      batch.put(blockKey(height), encodeStoredBlock({ ...stored, outcomes: [] }))
    }
    batch.put(BATCHES_FROM_KEY, encodeCbor(end))
    // From here to the begin of the write nothing else runs: what is not carried now is not held after it.
    const going = this.#forgetBatches(batch, [...named.keys()])
    await release(going, () => batch.write({ sync: false }))
    for (const id of going) this.#freedBytes += named.get(id) ?? 0
  }

  /**
   * Deletes those batches that nobody has carried into a block which is not final yet. Those stay,
   * and wait for that block as new ones do.
   *
   * @returns those that go
   */
  #forgetBatches(batch: Batch, ids: readonly BatchId[]): BatchId[] {
    const { database } = this.#ports
    const carried = this.#ports.carried()
    const isPending = (id: BatchId): boolean =>
      readIfWhole(() => database.getSync(pendingBatchKey(id))) !== undefined
    const staying = ids.filter((id) => carried.has(id))
    for (const id of staying) batch.put(pendingBatchKey(id), Uint8Array.of(1))
    const going = ids.filter((id) => !carried.has(id) && !isPending(id))
    for (const id of going) batch.delete(batchKey(id))
    return going
  }

  /**
   * @param first - where its first transaction stands
   * @returns whether the batch was there
   */
  #forgetTransactions(
    batch: Batch,
    id: BatchId,
    first: { readonly height: number; readonly index: number }
  ): boolean {
    const { height } = first
    const { networkTag } = this.#options
    const { database } = this.#ports
    const bytes = readIfWhole(() => database.getSync(batchKey(id)))
    const decoded = bytes === undefined ? undefined : decodeBatch(bytes)
    if (bytes === undefined || decoded === undefined) return false
    for (const [offset, wire] of decoded.transactions.entries()) {
      const draft = reopenTransaction(wire, new Uint8Array(32), networkTag)
      if (draft === undefined) continue
      const key = transactionKey(transactionIdOf(networkTag, draft.signedBody))
      const place = readIfWhole(() => database.getSync(key))
      if (isPlaceAt(place, height)) batch.delete(key)
      const index = first.index + offset
      if (draft.body.kind === 'command')
        batch.delete(commandKey(draft.body.deviceId, { height, index }))
    }
    return true
  }

  async #compact(): Promise<void> {
    const { database, clock, log } = this.#ports
    if (this.#isStopped) return
    const { compactFromBytes = COMPACT_FROM_BYTES } = this.#options
    const heldBytes = await database.sizeOf(BATCHES)
    if (this.#freedBytes < Math.max(compactFromBytes, COMPACT_SHARE * heldBytes)) return
    const startMs = clock.nowMs()
    for (const range of [BATCHES, TRANSACTIONS, BLOCKS]) {
      if (this.#isStopped) return
      await database.compact(range)
    }
    log('pruned room given back to the disk', {
      freedBytes: this.#freedBytes,
      durationMs: Math.round(clock.nowMs() - startMs)
    })
    this.#freedBytes = 0
  }
}

function isPlaceAt(encoded: Uint8Array | undefined, height: number): boolean {
  const place = encoded === undefined ? undefined : decodeCbor(encoded)
  return Array.isArray(place) && place[0] === height
}

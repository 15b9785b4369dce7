/**
 * The batcher: collects this node's own transactions and closes them into signed batches.
 *
 * Under light load a batch closes at once; as load grows it waits for company,
 * up to its time or size. Nobody is told `accepted` before the batch is durable.
 *
 * @module
 */

import {
  BATCH_SIZE_MAX_BYTES,
  BATCH_TRANSACTIONS_MAX,
  type BatchHeader,
  batchSigningBytes,
  createBatchReference,
  createListTree,
  type Electorate,
  encodeAcceptedReceipt,
  encodeBatch,
  encodeBatchHeader,
  type Priority,
  type Transaction
} from '../../protocol/index.ts'
import type { Cancel, Clock } from '../clock.ts'
import { NodeError } from '../errors.ts'
import type { BatchStore } from './batch-store.ts'

/** Transactions a second below which a batch never waits for company. */
const LIGHT_LOAD_PER_SECOND = 200

/** How batches are closed. */
export interface BatcherOptions {
  readonly networkTag: Uint8Array
  readonly electorate: () => Electorate
  /** Member id of this node. */
  readonly author: Uint8Array
  readonly closeAfterMs: number
  readonly closeAtBytes: number
}

/** What the batcher needs from others. */
export interface BatcherPorts {
  readonly store: BatchStore
  readonly clock: Clock
  readonly height: () => number
  /** Signs with the identity key. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** Sends a batch to those who need it. */
  readonly disseminate: (bytes: Uint8Array) => void
}

/** A transaction that goes into a batch. */
export interface BatchItem {
  readonly transaction: Transaction
  readonly leafHash: Uint8Array
}

interface Waiting extends BatchItem {
  readonly resolve: (receipt: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

interface OpenBatch {
  items: Waiting[]
  bytes: number
  /** Takes back its closing; undefined while none is under way. */
  cancel: Cancel | undefined
}

/** Collects transactions. */
export class Batcher {
  readonly #options: BatcherOptions
  readonly #ports: BatcherPorts
  readonly #open: readonly OpenBatch[] = [emptyBatch(), emptyBatch(), emptyBatch()]
  #lastSequence = 0
  #sealing: Promise<void> = Promise.resolve()
  #secondStartMs = 0
  #arrivals = 0
  #arrivalsBefore = 0

  constructor(options: BatcherOptions, ports: BatcherPorts) {
    this.#options = options
    this.#ports = ports
  }

  /**
   * Adds a judged transaction.
   *
   * @returns its accepted receipt, once the batch that holds it is durable
   */
  add(item: BatchItem, priority: Priority): Promise<Uint8Array> {
    const open = this.#open[priority] as OpenBatch
    const size = item.transaction.wire.length
    const isFull =
      open.bytes + size > BATCH_SIZE_MAX_BYTES || open.items.length >= BATCH_TRANSACTIONS_MAX
    if (isFull) this.#close(priority)
    this.#countArrival()
    return new Promise((resolve, reject) => {
      open.items.push({ ...item, resolve, reject })
      open.bytes += size
      if (open.bytes >= this.#options.closeAtBytes) this.#close(priority)
      else if (open.cancel === undefined) this.#setTimer(open, priority)
    })
  }

  /** Closes whatever is open: at a stop nothing taken in is left behind. */
  flush(): Promise<void> {
    for (const priority of [0, 1, 2] as const) this.#close(priority)
    return this.#sealing
  }

  #setTimer(open: OpenBatch, priority: Priority): void {
    const close = (): void => this.#close(priority)
    const isLight = Math.max(this.#arrivals, this.#arrivalsBefore) < LIGHT_LOAD_PER_SECOND
    const { clock } = this.#ports
    open.cancel = isLight ? atOnce(clock, close) : clock.later(this.#options.closeAfterMs, close)
  }

  #close(priority: Priority): void {
    const open = this.#open[priority] as OpenBatch
    open.cancel?.()
    const { items } = open
    open.items = []
    open.bytes = 0
    open.cancel = undefined
    // One after the other: a device's messages reach the leaders in the order in which they came.
    if (items.length > 0) this.#sealing = this.#sealing.then(() => this.#seal(items, priority))
  }

  async #seal(items: readonly Waiting[], priority: Priority): Promise<void> {
    const { networkTag, electorate, author } = this.#options
    const { store, clock, height, sign, disseminate } = this.#ports
    const tree = createListTree(items.map(({ leafHash }) => leafHash))
    this.#lastSequence = Math.max(this.#lastSequence + 1, clock.timeMs() * 1000)
    const header: BatchHeader = {
      author,
      authorSequence: this.#lastSequence,
      priority,
      receivedAtMs: clock.timeMs(),
      height: height(),
      transactionsRoot: tree.root,
      count: items.length,
      bytes: items.reduce((sum, { transaction }) => sum + transaction.wire.length, 0)
    }
    const headerBytes = encodeBatchHeader(header)
    const signature = {
      algorithm: 'Ed25519' as const,
      signature: sign(batchSigningBytes(networkTag, headerBytes))
    }
    const transactions = items.map(({ transaction }) => transaction)
    const bytes = encodeBatch({
      headerBytes,
      signature,
      transactions: transactions.map(({ wire }) => wire)
    })
    const reference = createBatchReference(headerBytes, header, electorate())
    try {
      // The seat was lost while the batch was open.
      if (reference === undefined) throw new NodeError('NOT_SEATED', 'only members author batches')
      await store.keepOwn(bytes, reference, transactions)
    } catch (error) {
      for (const { reject } of items) reject(error)
      return
    }
    disseminate(bytes)
    for (const [index, { resolve }] of items.entries())
      resolve(encodeAcceptedReceipt({ headerBytes, signature, index, path: tree.path(index) }))
  }

  #countArrival(): void {
    const nowMs = this.#ports.clock.nowMs()
    if (nowMs - this.#secondStartMs >= 1000) {
      this.#arrivalsBefore = nowMs - this.#secondStartMs < 2000 ? this.#arrivals : 0
      this.#arrivals = 0
      this.#secondStartMs = nowMs
    }
    this.#arrivals++
  }
}

function emptyBatch(): OpenBatch {
  return { items: [], bytes: 0, cancel: undefined }
}

/** Closes in this turn of the loop, when what has come in together is together. */
function atOnce(clock: Clock, close: () => void): Cancel {
  let isCancelled = false
  void clock.pause().then(() => (isCancelled ? undefined : close()))
  return () => {
    isCancelled = true
  }
}

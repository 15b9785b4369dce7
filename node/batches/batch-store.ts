/**
 * The batch store: batches that are judged, durable or on their way to it, and their transactions.
 *
 * A batch is looked at once: its bytes are kept as they came, its transactions
 * decoded for as long as it waits for a final block.
 *
 * @module
 */

import {
  BATCH_ENCODED_MAX_BYTES,
  type BatchHeader,
  type BatchId,
  type BatchReference,
  createBatchReference,
  decodeBatch,
  type Electorate,
  equalBytes,
  type HeldBatch,
  invariant,
  type MemberIndex,
  peekBatchHeader,
  reopenTransaction,
  type Transaction,
  toHex,
  transactionIdOf
} from '../../protocol/index.ts'
import { batchKey, PENDING_BATCHES, pendingBatchKey } from '../ledger/keyspace.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import type { Database } from '../storage/database.ts'
import type { BatchFault } from './judged-batch.ts'
import type { Verifier } from './verifier.ts'

/** Bytes of batches kept decoded; others are read again from the database. */
const DECODED_BYTES_MAX = 96 * 1024 * 1024

/** What became of bytes that claim to be a batch. */
export type BatchTaking =
  | { readonly kind: 'held'; readonly reference: BatchReference }
  | { readonly kind: 'known' }
  | { readonly kind: 'faulty'; readonly fault: BatchFault }
  /** Its author has no seat here: it may have lost it, or have it in the epoch to come. */
  | { readonly kind: 'unseated' }
  | { readonly kind: 'busy' }

interface Decoded {
  readonly reference: BatchReference
  readonly transactions: readonly Transaction[]
}

interface Taking {
  readonly bytes: Uint8Array
  readonly verdict: Promise<BatchTaking>
}

/** What the store needs from others. */
export interface BatchStorePorts {
  readonly database: Database
  readonly verifier: Verifier
  /** A batch has come to be held: consensus may order it. */
  readonly onHeld: (batch: HeldBatch) => void
}

/** Holds batches. */
export class BatchStore {
  readonly #networkTag: Uint8Array
  readonly #electorate: () => Electorate
  readonly #ports: BatchStorePorts
  readonly #decoded = new Map<BatchId, Decoded>()
  readonly #taking = new Map<BatchId, Taking>()
  #decodedBytes = 0
  /** Batches that are being deleted, and the write that does it. */
  #release: { readonly ids: ReadonlySet<BatchId>; readonly write: Promise<void> } | undefined

  constructor(
    options: { readonly networkTag: Uint8Array; readonly electorate: () => Electorate },
    ports: BatchStorePorts
  ) {
    this.#networkTag = options.networkTag
    this.#electorate = options.electorate
    this.#ports = ports
  }

  /** Whether a batch is held, final or not. */
  has(id: BatchId): boolean {
    return this.#decoded.has(id) || this.bytesOf(id) !== undefined
  }

  /** The bytes of a held batch, as they came. A damaged one is not held: it is fetched again. */
  bytesOf(id: BatchId): Uint8Array | undefined {
    if (this.#release?.ids.has(id)) return undefined
    try {
      return this.#ports.database.getSync(batchKey(id))
    } catch (error) {
      if (error instanceof DamagedRecord) return undefined
      throw error
    }
  }

  /**
   * Judges and keeps bytes that came from another node.
   *
   * @param isFinal - they claim to be a batch that a final block names
   */
  async take(bytes: Uint8Array, isFinal = false): Promise<BatchTaking> {
    const head = bytes.length > BATCH_ENCODED_MAX_BYTES ? undefined : peekBatchHeader(bytes)
    if (head === undefined) return { kind: 'faulty', fault: 'BATCH_MALFORMED' }
    const reference = createBatchReference(head.headerBytes, head.header, this.#electorate())
    if (reference === undefined) return { kind: 'unseated' }
    const { id } = reference
    if (this.has(id)) return { kind: 'known' }
    const underWay = this.#taking.get(id)
    if (underWay !== undefined) {
      const verdict = await underWay.verdict
      // The id covers the header alone: of a copy that was spoilt on its way nothing follows for this one.
      const isSame = verdict.kind !== 'faulty' || equalBytes(underWay.bytes, bytes)
      return isSame ? verdict : await this.take(bytes, isFinal)
    }
    const taking = { bytes, verdict: this.#judgeAndKeep(bytes, reference, isFinal) }
    this.#taking.set(id, taking)
    try {
      return await taking.verdict
    } finally {
      this.#taking.delete(id)
    }
  }

  /** Keeps a batch of this node's own, whose transactions are judged, durably. */
  async keepOwn(
    bytes: Uint8Array,
    reference: BatchReference,
    transactions: readonly Transaction[]
  ): Promise<void> {
    const batch = this.#ports.database.createBatch()
    batch.put(batchKey(reference.id), bytes)
    batch.put(pendingBatchKey(reference.id), Uint8Array.of(1))
    await batch.write({ sync: true })
    this.#remember(reference, transactions)
    this.#ports.onHeld(heldBatch(reference))
  }

  /** The transactions of a held batch. */
  transactionsOf(reference: BatchReference): readonly Transaction[] | undefined {
    const decoded = this.#decoded.get(reference.id)
    if (decoded !== undefined) return decoded.transactions
    const bytes = this.bytesOf(reference.id)
    return bytes === undefined ? undefined : this.#reopen(bytes)
  }

  /** A reference to a held batch, for a proposal. */
  referenceOf(id: BatchId): BatchReference | undefined {
    const decoded = this.#decoded.get(id)
    if (decoded !== undefined) return decoded.reference
    const bytes = this.bytesOf(id)
    const batch = bytes === undefined ? undefined : decodeBatch(bytes)
    return batch && createBatchReference(batch.headerBytes, batch.header, this.#electorate())
  }

  /**
   * Lets batches go by a write that deletes them. From its begin on they are not held: whoever looked at
   * the database in the meantime would build on what is about to be gone.
   *
   * @throws whatever the write throws
   */
  async release(ids: readonly BatchId[], write: () => Promise<void>): Promise<void> {
    invariant(this.#release === undefined, 'batches go in one write at a time')
    this.forget(ids)
    const writing = write()
    this.#release = { ids: new Set(ids), write: writing }
    try {
      await writing
    } finally {
      this.#release = undefined
    }
  }

  /** Forgets the decoded form of batches that are final. */
  forget(ids: Iterable<BatchId>): void {
    for (const id of ids) {
      const decoded = this.#decoded.get(id)
      if (decoded === undefined) continue
      this.#decoded.delete(id)
      this.#decodedBytes -= decoded.reference.header.bytes
    }
  }

  /**
   * At a start: the batches that are held and not final, in the order in which their authors closed
   * them, or what a device said last would come before what it said first.
   */
  async pending(): Promise<readonly BatchReference[]> {
    const pending: BatchReference[] = []
    for await (const page of this.#ports.database.iterate(PENDING_BATCHES))
      for (const [key] of page) {
        const bytes = this.bytesOf(toHex(key.subarray(1)) as BatchId)
        const batch = bytes === undefined ? undefined : decodeBatch(bytes)
        const reference =
          batch && createBatchReference(batch.headerBytes, batch.header, this.#electorate())
        if (reference !== undefined) pending.push(reference)
      }
    return pending.sort(bySequence)
  }

  /**
   * At the turn of an epoch: the same, with their bytes; without a reference where the author has lost
   * its seat, and its mark is taken away.
   */
  async pendingBytes(): Promise<
    readonly { readonly bytes: Uint8Array; readonly reference: BatchReference | undefined }[]
  > {
    const found: {
      bytes: Uint8Array
      reference: BatchReference | undefined
      authorSequence: number
    }[] = []
    const write = this.#ports.database.createBatch()
    for await (const page of this.#ports.database.iterate(PENDING_BATCHES))
      for (const [key] of page) {
        const bytes = this.bytesOf(toHex(key.subarray(1)) as BatchId)
        const head = bytes === undefined ? undefined : peekBatchHeader(bytes)
        if (bytes === undefined || head === undefined) continue
        const reference = createBatchReference(head.headerBytes, head.header, this.#electorate())
        if (reference === undefined) write.delete(key)
        found.push({ bytes, reference, authorSequence: head.header.authorSequence })
      }
    await write.write({ sync: false })
    // Places of authors are those of the electorate: references of the last one are of no use.
    this.#decoded.clear()
    this.#decodedBytes = 0
    return found.sort((a, b) => a.authorSequence - b.authorSequence)
  }

  async #judgeAndKeep(
    bytes: Uint8Array,
    reference: BatchReference,
    isFinal: boolean
  ): Promise<BatchTaking> {
    const finding = await this.#ports.verifier.judgeBatch(bytes, isFinal)
    if (finding === undefined) return { kind: 'busy' }
    if (finding.fault !== null) return { kind: 'faulty', fault: finding.fault }
    const transactions = finding.rows.map(({ start, length, transactionId }) => {
      const wire = finding.bytes.subarray(start, start + length)
      const transaction = reopenTransaction(wire, transactionId, this.#networkTag)
      invariant(transaction !== undefined, 'a transaction that was judged decodes')
      return transaction
    })
    // Two writes may overtake one another: the one that deletes it ends first, and tells of its own failure.
    if (this.#release?.ids.has(reference.id)) await this.#release.write.catch(() => undefined)
    const write = this.#ports.database.createBatch()
    write.put(batchKey(reference.id), finding.bytes)
    write.put(pendingBatchKey(reference.id), Uint8Array.of(1))
    await write.write({ sync: false })
    this.#remember(reference, transactions)
    this.#ports.onHeld(heldBatch(reference))
    return { kind: 'held', reference }
  }

  #reopen(bytes: Uint8Array): readonly Transaction[] {
    const batch = decodeBatch(bytes)
    invariant(batch !== undefined, 'the database holds only batches that were judged')
    return batch.transactions.map((wire) => this.#reopenOne(wire))
  }

  #reopenOne(wire: Uint8Array): Transaction {
    const draft = reopenTransaction(wire, new Uint8Array(32), this.#networkTag)
    invariant(draft !== undefined, 'the database holds only transactions that were judged')
    return { ...draft, id: transactionIdOf(this.#networkTag, draft.signedBody) }
  }

  #remember(reference: BatchReference, transactions: readonly Transaction[]): void {
    this.#decoded.set(reference.id, { reference, transactions })
    this.#decodedBytes += reference.header.bytes
    for (const [id, { reference: eldest }] of this.#decoded) {
      if (this.#decodedBytes <= DECODED_BYTES_MAX) break
      this.#decoded.delete(id)
      this.#decodedBytes -= eldest.header.bytes
    }
  }
}

/** Authors count by the microseconds of their clocks, so batches of several sort well enough. */
function bySequence({ header: a }: BatchReference, { header: b }: BatchReference): number {
  return a.authorSequence - b.authorSequence
}

/** What consensus needs to know of a batch. */
export function heldBatch(reference: BatchReference): HeldBatch {
  const { id, authorIndex, header } = reference
  const { priority, bytes, count }: BatchHeader = header
  return { id, authorIndex: authorIndex as MemberIndex, priority, bytes, count }
}

/**
 * The book of transactions: where each one that this node took in stands.
 *
 * Entries that are under way are kept until they end; ended ones are remembered
 * for a while, and the ledger knows the rest.
 *
 * @module
 */

import type { Outcome, Transaction } from '../../protocol/index.ts'
import type { TransactionStage, TransactionStatus } from '../ledger-service.ts'

/** Ended transactions remembered. */
const ENDED_MAX = 20_000
/** Transactions under way. */
const OPEN_MAX = 20_000

const NOWHERE = { outcome: null, height: null, timeMs: null } as const

/** One transaction that this node took in. */
export interface BookEntry {
  readonly transaction: Transaction
  /** By the clock of whoever entered it. */
  readonly takenAtMs: number
  leafHash: Uint8Array
  status: TransactionStatus
  acceptedReceipt: Uint8Array | null
  retries: number
}

type Listener = (entry: BookEntry) => void

/** Keeps where transactions stand, and tells those who wait. */
export class TransactionBook {
  readonly #open = new Map<string, BookEntry>()
  readonly #ended = new Map<string, BookEntry>()
  readonly #waiting = new Map<string, Set<Listener>>()
  readonly #endListeners = new Set<Listener>()
  #openBytes = 0

  /** Transactions under way. */
  get openCount(): number {
    return this.#open.size
  }

  /** Their bytes. */
  get openBytes(): number {
    return this.#openBytes
  }

  /** Whether another one may be taken in. */
  get hasRoom(): boolean {
    return this.#open.size < OPEN_MAX
  }

  /** An entry by its id, under way or ended a while ago. */
  get(transactionId: Uint8Array): BookEntry | undefined {
    const name = nameOf(transactionId)
    return this.#open.get(name) ?? this.#ended.get(name)
  }

  /** Enters a transaction that was judged. */
  enter(transaction: Transaction, leafHash: Uint8Array, nowMs: number): BookEntry {
    const entry: BookEntry = {
      transaction,
      takenAtMs: nowMs,
      leafHash,
      status: { ...NOWHERE, transactionId: transaction.id, stage: 'pooled', code: null },
      acceptedReceipt: null,
      retries: 0
    }
    const name = nameOf(transaction.id)
    this.#ended.delete(name)
    if (!this.#open.has(name)) this.#openBytes += transaction.wire.length
    this.#open.set(name, entry)
    return entry
  }

  /** An entry ends without a block; the code says why. It may be sent again. */
  drop(entry: BookEntry, code: string): void {
    this.#advance(entry, {
      ...NOWHERE,
      transactionId: entry.transaction.id,
      stage: 'dropped',
      code
    })
  }

  /** Moves an entry on, and tells those who wait for it. */
  advance(
    entry: BookEntry,
    stage: TransactionStage,
    block?: { readonly outcome: Outcome; readonly height: number; readonly timeMs: number }
  ): void {
    this.#advance(entry, {
      transactionId: entry.transaction.id,
      stage,
      outcome: block?.outcome.outcome ?? null,
      code: block?.outcome.code ?? null,
      height: block?.height ?? null,
      timeMs: block?.timeMs ?? null
    })
  }

  #advance(entry: BookEntry, status: TransactionStatus): void {
    entry.status = status
    const { stage } = status
    const name = nameOf(entry.transaction.id)
    const isEnded = stage === 'final' || stage === 'dropped'
    if (isEnded) this.#end(name, entry)
    for (const listener of [...(this.#waiting.get(name) ?? [])]) listener(entry)
    if (isEnded) for (const listener of this.#endListeners) listener(entry)
  }

  /** Calls back at every move of one transaction, until the answer is called. */
  onMove(transactionId: Uint8Array, listener: Listener): () => void {
    const name = nameOf(transactionId)
    const listeners = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#waiting.delete(name)
    }
  }

  /** Calls back at every end of a transaction. */
  onEnd(listener: Listener): () => void {
    this.#endListeners.add(listener)
    return () => this.#endListeners.delete(listener)
  }

  #end(name: string, entry: BookEntry): void {
    if (this.#open.delete(name)) this.#openBytes -= entry.transaction.wire.length
    this.#ended.set(name, entry)
    if (this.#ended.size <= ENDED_MAX) return
    const eldest = this.#ended.keys().next()
    if (eldest.done !== true) this.#ended.delete(eldest.value)
  }
}

/** Messages of one device are batched again in the order of their sequence. */
export function bySequence(
  [a]: readonly [BookEntry, number],
  [b]: readonly [BookEntry, number]
): number {
  return sequenceOf(a) - sequenceOf(b)
}

function sequenceOf({ transaction: { body } }: BookEntry): number {
  return body.kind === 'device-message' ? body.sequence : 0
}

/** An id as a map key: its bytes as Latin letters, which is quicker than hex. */
function nameOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1')
}

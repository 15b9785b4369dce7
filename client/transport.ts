/**
 * Transport: what a client asks of a node, whatever carries the question.
 *
 * Answers are a node's word. What matters is checked by {@link checkReceipt} and
 * its like; a device that cannot check trusts the node that it chose.
 *
 * @module
 */

import type { OutcomeName, SealProof } from '../protocol/index.ts'

/** How far a transaction has come. */
export type Stage = 'pooled' | 'accepted' | 'confirmed' | 'final' | 'dropped'

/** Where a transaction stands, by a node's word. */
export interface StatusReport {
  readonly transactionId: Uint8Array
  readonly stage: Stage
  readonly outcome: OutcomeName | null
  readonly code: string | null
  readonly height: number | null
  readonly timeMs: number | null
}

/** What a node made of a transaction. */
export type SubmissionReport =
  | {
      readonly kind: 'taken'
      readonly status: StatusReport
      /** Encoded accepted receipt; null while pooled. */
      readonly acceptedReceipt: Uint8Array | null
    }
  /** The bytes are faulty, or the ledger would refuse them. */
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }

/** What a node says of itself: only what clients use, and they use it for choice and show. */
export interface NodeReport {
  readonly networkId: string
  readonly height: number
  readonly state: string
}

/** Where a command stands on the ledger. */
export interface CommandPlace {
  readonly height: number
  /** Among the transactions of its block. */
  readonly index: number
}

/** A command as a node hands it over; both parts untrusted. */
export interface CommandDelivery {
  readonly wire: Uint8Array
  readonly receipt: Uint8Array
}

/** Questions to the ledger. Each rejects with a ClientError when no node can be asked. */
export interface Transport {
  /** Hands in one transaction; with `wait`, the node answers at that stage or when its time is up. */
  readonly submit: (wire: Uint8Array, wait?: 'confirmed' | 'final') => Promise<SubmissionReport>
  /** Null when the node knows nothing of it. */
  readonly transactionStatus: (transactionId: Uint8Array) => Promise<StatusReport | null>
  /** Encoded receipt; null while the transaction is not final. */
  readonly receipt: (transactionId: Uint8Array) => Promise<Uint8Array | null>
  /** Encoded read proof of a key of a table. */
  readonly readProof: (table: number, key: Uint8Array) => Promise<Uint8Array>
  /**
   * Commands that a device has still to receive, in the order of the ledger: those behind a place, or
   * all. A page of them; none when there are no more.
   */
  readonly commands: (
    deviceId: Uint8Array,
    after: CommandPlace | null
  ) => Promise<readonly CommandDelivery[]>
  readonly status: () => Promise<NodeReport>
  /** Encoded headers from a height upward. */
  readonly headers: (from: number, limit: number) => Promise<readonly Uint8Array[]>
  /** Seals in order, the first being the one that ends an epoch; none when that has not ended. */
  readonly seals: (from: number) => Promise<readonly SealProof[]>
}

/**
 * What the intake needs from the other parts of a node.
 *
 * @module
 */

import type { LedgerVersion, Transaction } from '../../protocol/index.ts'
import type { Batcher } from '../batches/batcher.ts'
import type { Verifier } from '../batches/verifier.ts'
import type { Clock } from '../clock.ts'
import type { Submission, TransactionStatus } from '../ledger-service.ts'
import type { TransactionBook } from './transaction-book.ts'

/** What the intake needs from others. */
export interface IntakePorts {
  readonly networkTag: Uint8Array
  /** Member id of this node. */
  readonly carrierId: Uint8Array
  readonly book: TransactionBook
  readonly verifier: Verifier
  readonly batcher: Batcher
  readonly head: () => LedgerVersion
  readonly tip: () => LedgerVersion
  /** Whether it stands in a block that is not final yet. */
  readonly isUnderWay: (transactionId: Uint8Array) => boolean
  /** Whether enough members are present to order what is taken in. */
  readonly isOrdering: () => boolean
  /**
   * Where a transaction ended. One that was refused is judged anew: it may have been carried into
   * a block too early, by somebody who wished it ill.
   */
  readonly findFinal: (transactionId: Uint8Array) => TransactionStatus | null
  /** Hears what was refused by what the ledger holds: it may contradict it. */
  readonly onRefused: (transaction: Transaction, code: string, isVerified: boolean) => void
  /** Hears of a device that said more than it may, once that is verified. */
  readonly onExcess: (deviceId: Uint8Array) => void
  /** Hears of two different messages of one device and sequence, both verified. */
  readonly onRivals: (transactions: readonly Transaction[]) => void
  /** Hands the bytes of one to a member, for a node that is none any more. */
  readonly handOn: (wire: Uint8Array) => Promise<Submission>
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
}

/**
 * Answers of the intake: what became of bytes that someone handed in.
 *
 * @module
 */

import type { StatelessFault, Transaction } from '../../protocol/index.ts'
import type { Submission } from '../ledger-service.ts'
import type { BookEntry } from './transaction-book.ts'

/** Suggested pause for whoever finds no room. */
const BUSY_RETRY_MS = 1_000
/** The same while too few members are present: who is missing is seldom back within a second. */
const PAUSED_RETRY_MS = 30_000

/** It was taken in, and this is where it stands. */
export function taken({ status, acceptedReceipt }: BookEntry): Submission {
  return { kind: 'taken', status, acceptedReceipt }
}

/** Another member's batch carries the same transaction already. */
export function carried({ id }: Transaction): Submission {
  const nowhere = { outcome: null, code: null, height: null, timeMs: null }
  return {
    kind: 'taken',
    status: { transactionId: id, stage: 'accepted', ...nowhere },
    acceptedReceipt: null
  }
}

/** Its bytes are at fault, whatever the ledger holds. */
export function faulty(fault: StatelessFault): Submission {
  return { kind: 'refused', code: fault, isStateless: true, transactionId: null }
}

/** The ledger would refuse it. */
export function refusedBy(code: string, { id }: Transaction): Submission {
  return { kind: 'refused', code, isStateless: false, transactionId: id }
}

/** There is no room for it now. */
export function busy(code: string): Submission {
  const retryAfterMs = code === 'PAUSED_ROOM_FULL' ? PAUSED_RETRY_MS : BUSY_RETRY_MS
  return { kind: 'busy', code, retryAfterMs }
}

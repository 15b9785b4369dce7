/**
 * Accepted, not ordered: how a sender learns that what it said is safe, and the ledger stands still.
 *
 * While too few members are present nothing is ordered, but members go on taking
 * in what is signed. The code stands where a receipt's code will stand later, so
 * it reads alike over HTTP, over MQTT and through an observer.
 *
 * @module
 */

import type { Submission, TransactionStatus } from '../ledger-service.ts'

/** Taken in, durable where it is accepted, and not ordered before enough members are back. */
export const ORDERING_PAUSED = 'ORDERING_PAUSED'

/** A status as it is told: of what waits for a block it says whether blocks are made at all. */
export function tellOrdering(status: TransactionStatus, isOrdering: boolean): TransactionStatus {
  const isWaiting = status.stage === 'pooled' || status.stage === 'accepted'
  return isOrdering || !isWaiting || status.code !== null
    ? status
    : { ...status, code: ORDERING_PAUSED }
}

/** The same of what became of a submission. */
export function tellSubmission(submission: Submission, isOrdering: boolean): Submission {
  return submission.kind === 'taken'
    ? { ...submission, status: tellOrdering(submission.status, isOrdering) }
    : submission
}

/**
 * Submissions between nodes: what an observer hands to a member, and what it hears back.
 *
 * @module
 */

import {
  bytes,
  bytesBetween,
  decodeCbor,
  encodeCbor,
  nullable,
  type OutcomeName,
  text,
  tuple,
  uint
} from '../../protocol/index.ts'
import type { Submission, TransactionStage } from '../ledger-service.ts'

const STAGES: readonly TransactionStage[] = ['pooled', 'accepted', 'confirmed', 'final', 'dropped']
const OUTCOME_NAMES: readonly OutcomeName[] = ['applied', 'void', 'duplicate', 'waits', 'refused']

const takenFields = tuple(
  uint(0, 0),
  bytes(32),
  uint(4),
  nullable(uint(4)),
  nullable(text(64)),
  nullable(uint()),
  nullable(uint()),
  nullable(bytesBetween(1, 4096))
)
const refusedFields = tuple(uint(1, 1), text(64), uint(1), nullable(bytes(32)))
const busyFields = tuple(uint(2, 2), text(64), uint())

/** The wire form of what became of a submission. */
export function encodeSubmission(submission: Submission): Uint8Array {
  switch (submission.kind) {
    case 'taken': {
      const { transactionId, stage, outcome, code, height, timeMs } = submission.status
      const outcomeNumber = outcome === null ? null : OUTCOME_NAMES.indexOf(outcome)
      return encodeCbor([
        0,
        transactionId,
        STAGES.indexOf(stage),
        outcomeNumber,
        code,
        height,
        timeMs,
        submission.acceptedReceipt
      ])
    }
    case 'refused': {
      const { code, isStateless, transactionId } = submission
      return encodeCbor([1, code, isStateless ? 1 : 0, transactionId])
    }
    case 'busy':
      return encodeCbor([2, submission.code, submission.retryAfterMs])
  }
}

/** Reads what became of a submission; undefined when the bytes are no answer. */
export function decodeSubmission(encoded: Uint8Array): Submission | undefined {
  const value = decodeCbor(encoded)
  const taken = takenFields(value)
  if (taken !== undefined) {
    const [, transactionId, stage, outcome, code, height, timeMs, acceptedReceipt] = taken
    return {
      kind: 'taken',
      acceptedReceipt,
      status: {
        transactionId,
        stage: STAGES[stage] as TransactionStage,
        outcome: outcome === null ? null : (OUTCOME_NAMES[outcome] as OutcomeName),
        code,
        height,
        timeMs
      }
    }
  }
  const refused = refusedFields(value)
  if (refused !== undefined) {
    const [, code, isStateless, transactionId] = refused
    return { kind: 'refused', code, isStateless: isStateless === 1, transactionId }
  }
  const busy = busyFields(value)
  return busy && { kind: 'busy', code: busy[1], retryAfterMs: busy[2] }
}

/**
 * Where a transaction stands, as CoAP tells it: in JSON as over MQTT, in CBOR as between nodes.
 *
 * @module
 */

import { problemOf, problemOfBusy, problemOfRefusal } from '../api/problem.ts'
import type { Submission, TransactionStatus } from '../ledger-service.ts'
import { encodeSubmission } from '../service/submission-message.ts'
import { CODE, FORMAT } from './coap-codes.ts'
import { problemReply, type Reply } from './coap-reply.ts'
import { statusText } from './mqtt-ingress.ts'

/** When a dropped transaction may be sent again. */
const DROPPED_RETRY_SECONDS = 1

/** What became of bytes that were handed in; 2.04 for what a block holds already, else 2.01. */
export function submissionReply(submission: Submission, accept: number | null): Reply {
  switch (submission.kind) {
    case 'refused':
      return problemReply(problemOfRefusal(submission))
    case 'busy':
      return problemReply(problemOfBusy(submission))
    case 'taken': {
      const { stage } = submission.status
      if (stage === 'dropped') {
        const detail = 'It waited too long; send the same bytes again.'
        return problemReply(problemOf('TRANSACTION_DROPPED', detail, DROPPED_RETRY_SECONDS))
      }
      const isOld = stage === 'confirmed' || stage === 'final'
      const code = isOld ? CODE.changed : CODE.created
      return { ...taken(submission, accept), code }
    }
  }
}

/** Where a transaction stands. */
export function statusReply(status: TransactionStatus, accept: number | null): Reply {
  return taken({ kind: 'taken', status, acceptedReceipt: null }, accept)
}

function taken(submission: Extract<Submission, { kind: 'taken' }>, accept: number | null): Reply {
  return accept === FORMAT.cbor
    ? { code: CODE.content, payload: encodeSubmission(submission), format: FORMAT.cbor }
    : {
        code: CODE.content,
        payload: Buffer.from(statusText(submission.status)),
        format: FORMAT.json
      }
}

/**
 * Submitting transactions: one or many, answered at once or when they have come far enough.
 *
 * One transaction is answered by the status of the response. A list is answered
 * by 200 and one result for each, in order, with the status it would have had
 * alone: half a list may be taken.
 *
 * @module
 */

import * as z from 'zod'
import { toHex } from '../../protocol/index.ts'
import type { Submission, TransactionStatus } from '../ledger-service.ts'
import { submitAnswer } from './answer-shapes.ts'
import { type JsonObject, toJsonObject } from './json-value.ts'
import { type Problem, problemBody, problemOf, problemOfBusy, problemOfRefusal } from './problem.ts'
import { type Answer, createRoute, json, type Route, type RouteContext } from './route.ts'
import { integer, nothing } from './shapes.ts'
import {
  JSON_MEDIA_TYPE,
  readTransactionBytes,
  SEQUENCE_MEDIA_TYPE,
  SINGLE_MEDIA_TYPES
} from './transaction-bytes.ts'

const WAIT_DEFAULT_MS = 10_000
const WAIT_MAX_MS = 30_000
/** What a caller is told to wait before he sends a dropped transaction again. */
const DROPPED_RETRY_SECONDS = 1

const query = z.strictObject({
  wait: z.enum(['confirmed', 'final']).optional(),
  timeoutMs: integer(0, WAIT_MAX_MS).optional()
})
type Query = z.infer<typeof query>

/** What became of one transaction. */
type Result =
  | { readonly kind: 'taken'; readonly status: number; readonly transaction: JsonObject }
  | { readonly kind: 'problem'; readonly problem: Problem }

/** The route that takes transactions in. */
export const submitRoute: Route = createRoute<Record<string, never>, Query>({
  method: 'POST',
  path: '/v1/transactions',
  answers: submitAnswer,
  scope: 'any',
  right: 'submit',
  rateKind: 'submit',
  consumes: [...SINGLE_MEDIA_TYPES, SEQUENCE_MEDIA_TYPE, JSON_MEDIA_TYPE],
  summary: 'Submit one or many signed transactions',
  params: nothing,
  query,
  handle: async ({ query: wish, body, mediaType, remoteAddress, charge }, context) => {
    const read = readTransactionBytes(mediaType, body)
    if (read.kind === 'problem') return read
    const source = `http:${remoteAddress}`
    if (read.kind === 'single')
      return answerOne(await submitOne(read.wire, source, { wish, context }))
    // The first was counted when the request came.
    const tooMany = read.wires.length > 1 ? charge(read.wires.length - 1) : null
    if (tooMany !== null) return { kind: 'problem', problem: tooMany }
    // All are begun in order before any is awaited, so they may share a batch.
    const results = read.wires.map((wire) => submitOne(wire, source, { wish, context }))
    return json({ results: (await Promise.all(results)).map(toListItem) })
  }
})

async function submitOne(
  wire: Uint8Array,
  source: string,
  { wish, context }: { readonly wish: Query; readonly context: RouteContext }
): Promise<Result> {
  const submission = await context.ledger.submit(wire, source)
  switch (submission.kind) {
    case 'refused':
      return { kind: 'problem', problem: problemOfRefusal(submission) }
    case 'busy':
      return { kind: 'problem', problem: problemOfBusy(submission) }
    case 'taken':
      return followUp(submission, wish, context)
  }
}

async function followUp(
  { status: first, acceptedReceipt }: Extract<Submission, { kind: 'taken' }>,
  { wait, timeoutMs }: Query,
  { ledger, waits }: RouteContext
): Promise<Result> {
  if (wait === undefined || hasReached(first, wait)) return taken(first, acceptedReceipt, wait)
  const { transactionId } = first
  const awaited = await waits.hold(() =>
    ledger.awaitTransaction(transactionId, wait, timeoutMs ?? WAIT_DEFAULT_MS)
  )
  // No room to wait, or the node shuts down: the transaction is taken all the same.
  const last = awaited ?? (await ledger.transactionStatus(transactionId)) ?? first
  return taken(last, acceptedReceipt, wait)
}

function taken(
  status: TransactionStatus,
  acceptedReceipt: Uint8Array | null,
  wait: Query['wait']
): Result {
  if (status.stage === 'dropped') {
    const detail = `Transaction ${toHex(status.transactionId)} may be sent again.`
    return {
      kind: 'problem',
      problem: problemOf('TRANSACTION_DROPPED', detail, DROPPED_RETRY_SECONDS)
    }
  }
  const isReached = wait !== undefined && hasReached(status, wait)
  return {
    kind: 'taken',
    status: isReached ? 200 : 202,
    transaction: toJsonObject({ ...status, acceptedReceipt })
  }
}

function hasReached({ stage }: TransactionStatus, wait: 'confirmed' | 'final'): boolean {
  return stage === 'final' || stage === wait
}

function answerOne(result: Result): Answer {
  return result.kind === 'problem'
    ? result
    : json({ transaction: result.transaction }, result.status)
}

function toListItem(result: Result): JsonObject {
  if (result.kind === 'taken') return { status: result.status, transaction: result.transaction }
  const { problem } = result
  return {
    status: problem.status,
    problem: toJsonObject(problemBody(problem)),
    retryAfterSeconds: problem.retryAfterSeconds
  }
}

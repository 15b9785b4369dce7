/**
 * Replies: answers and problems on the wire, each with the height it speaks for.
 *
 * @see RFC 9110 §8.8.3 ETag and §13.1.2 If-None-Match
 * @module
 */

import type { FastifyReply } from 'fastify'
import { toHex } from '../../protocol/index.ts'
import type { LedgerStatus } from '../ledger-service.ts'
import type { JsonObject } from './json-value.ts'
import { type Problem, problemBody } from './problem.ts'
import type { Answer } from './route.ts'

/** The header of a session: what the caller has seen, and what the answer speaks for. */
export const HEIGHT_HEADER = 'thingmoot-height'

/** Says of an answer that the ledger may be further than it, and why. */
const STALE_HEADER = 'thingmoot-stale'

/** Sends an answer that speaks for the node as it was at `status`. */
export function sendAnswer(
  reply: FastifyReply,
  answer: Answer,
  status: LedgerStatus
): FastifyReply {
  switch (answer.kind) {
    case 'problem':
      return sendProblem(reply, answer.problem, status)
    case 'json':
      return prepare(reply, status, answer.status)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify({ ...envelopeOf(status), ...answer.body }))
    case 'bytes':
      return prepare(reply, status, 200).type(answer.mediaType).send(Buffer.from(answer.bytes))
    case 'text':
      return prepare(reply, status, 200).type('text/plain; charset=utf-8').send(answer.text)
  }
}

/** Sends a problem; as bytes, because to text the server would add a charset, which has none. */
export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  status: LedgerStatus
): FastifyReply {
  if (problem.retryAfterSeconds !== null) reply.header('retry-after', problem.retryAfterSeconds)
  return prepare(reply, status, problem.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify({ ...problemBody(problem), ...envelopeOf(status) })))
}

/** Says that what the caller holds is still right. */
export function sendNotModified(reply: FastifyReply, status: LedgerStatus): FastifyReply {
  return prepare(reply, status, 304).send()
}

/** The ETag of everything that is a function of the state. Weak: JSON also names the height. */
export function etagOf({ stateRoot }: LedgerStatus): string {
  return `W/"${toHex(stateRoot)}"`
}

/** Whether an `If-None-Match` header names the ETag. */
export function isMatch(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const opaque = etag.replace(/^W\//, '')
  return ifNoneMatch
    .split(',')
    .map((candidate) => candidate.trim().replace(/^W\//, ''))
    .some((candidate) => candidate === '*' || candidate === opaque)
}

/** Whether the caller asks for CBOR before JSON. */
export function isCborWanted(accept: string | undefined): boolean {
  const wanted = (accept ?? '').split(',').map((range) => range.split(';')[0]?.trim().toLowerCase())
  const firstKnown = wanted.find((type) =>
    ['application/cbor', 'application/json', '*/*'].includes(type ?? '')
  )
  return firstKnown === 'application/cbor'
}

function prepare(reply: FastifyReply, status: LedgerStatus, code: number): FastifyReply {
  if (status.staleness !== null) reply.header(STALE_HEADER, status.staleness)
  return reply
    .code(code)
    .header(HEIGHT_HEADER, status.height)
    .header('cache-control', 'no-cache')
    .header('vary', 'Accept')
    .header('x-content-type-options', 'nosniff')
}

function envelopeOf({ networkId, height, finalAtMs, staleness }: LedgerStatus): JsonObject {
  const envelope = { network: networkId, height, finalAt: new Date(finalAtMs).toISOString() }
  return staleness === null ? envelope : { ...envelope, stale: true }
}

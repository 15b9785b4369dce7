/**
 * Replies: answers and problems on the wire, each with the height it speaks for.
 *
 * @see RFC 9110 §8.8.3 ETag and §13.1.2 If-None-Match
 * @module
 */

import { createHash } from 'node:crypto'
import { encode } from 'cborg'
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

/** What every answer names, whatever its form. */
const NETWORK_HEADER = 'thingmoot-network'
const FINAL_AT_HEADER = 'thingmoot-final-at'

/** The media type of bytes for programs. */
const CBOR_TYPE = 'application/cbor'

/** Sends an answer that speaks for the node as it was at `status`. */
export function sendAnswer(
  reply: FastifyReply,
  answer: Answer,
  { status, wantsCbor }: { readonly status: LedgerStatus; readonly wantsCbor: boolean }
): FastifyReply {
  switch (answer.kind) {
    case 'problem':
      return sendProblem(reply, answer.problem, status)
    case 'json':
      return sendFields(reply, answer, { status, wantsCbor })
    case 'bytes':
      return prepare(reply, status, 200).type(answer.mediaType).send(Buffer.from(answer.bytes))
    case 'text':
      if (answer.policy !== undefined) reply.header('content-security-policy', answer.policy)
      return prepare(reply, status, 200)
        .type(answer.mediaType ?? 'text/plain; charset=utf-8')
        .send(answer.text)
    case 'stream':
      return sendStream(reply, answer, status)
  }
}

/** A record is the same in both forms: what JSON writes as text is text in CBOR too. */
function sendFields(
  reply: FastifyReply,
  { status: code, body }: Extract<Answer, { kind: 'json' }>,
  { status, wantsCbor }: { readonly status: LedgerStatus; readonly wantsCbor: boolean }
): FastifyReply {
  const fields = { ...envelopeOf(status), ...body }
  prepare(reply, status, code)
  return wantsCbor
    ? reply.type(CBOR_TYPE).send(Buffer.from(encode(fields)))
    : reply.type('application/json; charset=utf-8').send(JSON.stringify(fields))
}

function sendStream(
  reply: FastifyReply,
  { mediaType, begin, abandon }: Extract<Answer, { kind: 'stream' }>,
  status: LedgerStatus
): FastifyReply {
  prepare(reply, status, 200).type(mediaType).header('x-accel-buffering', 'no')
  if (reply.request.method === 'HEAD') {
    abandon()
    return reply.send()
  }
  const headers = reply.getHeaders()
  reply.hijack()
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) reply.raw.setHeader(name, value)
  reply.raw.writeHead(200)
  reply.raw.flushHeaders()
  begin(reply.raw)
  return reply
}

/** Sends a problem; as bytes, because to text the server would add a charset, which has none. */
export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  status: LedgerStatus
): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  if (problem.retryAfterSeconds !== null) reply.header('retry-after', problem.retryAfterSeconds)
  return prepare(reply, status, problem.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify({ ...problemBody(problem), ...envelopeOf(status) })))
}

/** Says that what the caller holds is still right. */
export function sendNotModified(reply: FastifyReply, status: LedgerStatus): FastifyReply {
  return prepare(reply, status, 304).send()
}

/**
 * The ETag of everything that is a function of the state. Weak: an answer also names the height.
 * Its forms differ in their bytes, so the one that is not the first has a mark.
 */
export function etagOf({ stateRoot }: LedgerStatus, form: string): string {
  return `W/"${toHex(stateRoot)}${form === CBOR_TYPE ? '.cbor' : ''}"`
}

/**
 * The ETag of an answer by its own fields. Weak as well: the envelope around them goes with the ledger.
 */
export function etagOfFields({ body }: Extract<Answer, { kind: 'json' }>, form: string): string {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  return `W/"${digest}${form === CBOR_TYPE ? '.cbor' : ''}"`
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

function prepare(reply: FastifyReply, status: LedgerStatus, code: number): FastifyReply {
  if (status.staleness !== null) reply.header(STALE_HEADER, status.staleness)
  return reply
    .code(code)
    .header(HEIGHT_HEADER, status.height)
    .header(NETWORK_HEADER, status.networkId)
    .header(FINAL_AT_HEADER, new Date(status.finalAtMs).toISOString())
    .header('cache-control', 'no-cache')
    .header('vary', 'Accept, Authorization, Origin')
    .header('x-content-type-options', 'nosniff')
}

function envelopeOf({ networkId, height, finalAtMs, staleness }: LedgerStatus): JsonObject {
  const envelope = { network: networkId, height, finalAt: new Date(finalAtMs).toISOString() }
  return staleness === null ? envelope : { ...envelope, stale: true }
}

/**
 * Problems: every fault and trouble that the API tells of, as RFC 9457 sees them.
 *
 * The code is the stable part: it stands in `code`, and in kebab case at the end
 * of `type`. Codes of the ledger's own rules pass through unchanged, so a refusal
 * reads alike over HTTP, MQTT and in a receipt.
 *
 * @see RFC 9457 §3
 * @module
 */

import type { Submission } from '../ledger-service.ts'

/** One problem, ready to be told. */
export interface Problem {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string
  /** Seconds after which it makes sense to ask again; null when it does not. */
  readonly retryAfterSeconds: number | null
}

/** A problem as it stands in a body. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

/** The problems of the API itself. */
export type ProblemCode =
  | 'APPLICATION_NOT_FOUND'
  | 'BLOCK_NOT_FOUND'
  | 'BODY_MALFORMED'
  | 'BODY_TOO_LARGE'
  | 'DEVICE_NOT_FOUND'
  | 'HEADERS_TOO_LARGE'
  | 'HEIGHT_NOT_REACHED'
  | 'INTERNAL_ERROR'
  | 'MEDIA_TYPE_NOT_OFFERED'
  | 'MEDIA_TYPE_UNSUPPORTED'
  | 'MESSAGE_WRONG'
  | 'METHOD_NOT_ALLOWED'
  | 'MOTION_NOT_FOUND'
  | 'ORIGIN_FORBIDDEN'
  | 'PARAMETER_WRONG'
  | 'PROOF_NOT_YET'
  | 'PROPERTY_NOT_FOUND'
  | 'QUERY_WRONG'
  | 'RATE_EXCEEDED'
  | 'RECEIPT_NOT_FOUND'
  | 'REQUEST_MALFORMED'
  | 'REQUEST_TOO_SLOW'
  | 'ROUTE_NOT_FOUND'
  | 'SEALS_NOT_HELD'
  | 'STORAGE_DAMAGED'
  | 'STREAMS_TOO_MANY'
  | 'SUBSCRIPTION_WRONG'
  | 'TABLE_NOT_FOUND'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_MISSING'
  | 'TOKEN_ROLE_WRONG'
  | 'TOKEN_SCOPE_NARROW'
  | 'TOKEN_WRONG'
  | 'TRANSACTIONS_TOO_MANY'
  | 'TRANSACTION_DROPPED'
  | 'TRANSACTION_NOT_FOUND'
  | 'TRANSACTION_PRUNED'
  | 'UPGRADE_WRONG'
  | 'WAITS_TOO_MANY'

/** Status and title of every problem of the API itself. */
export const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  APPLICATION_NOT_FOUND: { status: 404, title: 'There is no such application' },
  BLOCK_NOT_FOUND: { status: 404, title: 'There is no such block here' },
  BODY_MALFORMED: { status: 400, title: 'The body is not what its media type says' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  DEVICE_NOT_FOUND: { status: 404, title: 'There is no such device' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
  HEIGHT_NOT_REACHED: { status: 503, title: 'This node is not at that height yet' },
  INTERNAL_ERROR: { status: 500, title: 'The node made a mistake' },
  MEDIA_TYPE_NOT_OFFERED: { status: 406, title: 'The resource has no such form' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The media type is not understood here' },
  MESSAGE_WRONG: { status: 400, title: 'The message is not understood' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The resource does not take this method' },
  MOTION_NOT_FOUND: { status: 404, title: 'There is no such motion' },
  ORIGIN_FORBIDDEN: { status: 403, title: 'Pages of this origin are not let in' },
  PARAMETER_WRONG: { status: 400, title: 'A part of the path is wrong' },
  PROOF_NOT_YET: { status: 503, title: 'There is no proof of this yet' },
  PROPERTY_NOT_FOUND: { status: 404, title: 'The device has no such property' },
  QUERY_WRONG: { status: 400, title: 'A query parameter is wrong or unknown' },
  RATE_EXCEEDED: { status: 429, title: 'Too many requests' },
  RECEIPT_NOT_FOUND: { status: 404, title: 'There is no receipt, the transaction is not final' },
  REQUEST_MALFORMED: { status: 400, title: 'The request is malformed' },
  REQUEST_TOO_SLOW: { status: 408, title: 'The request took too long to arrive' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is no such resource' },
  SEALS_NOT_HELD: { status: 503, title: 'This node has not held seals for that long' },
  STORAGE_DAMAGED: { status: 503, title: 'A record of this node is damaged and being mended' },
  STREAMS_TOO_MANY: { status: 503, title: 'Too many listen here' },
  SUBSCRIPTION_WRONG: { status: 409, title: 'The subscription does not go with the others' },
  TABLE_NOT_FOUND: { status: 404, title: 'The state has no such table' },
  TOKEN_EXPIRED: { status: 401, title: 'The token has expired' },
  TOKEN_MISSING: { status: 401, title: 'A token is needed' },
  TOKEN_ROLE_WRONG: { status: 403, title: 'The token does not allow this' },
  TOKEN_SCOPE_NARROW: { status: 403, title: 'The token is for other devices' },
  TOKEN_WRONG: { status: 401, title: 'The token is wrong' },
  TRANSACTIONS_TOO_MANY: { status: 413, title: 'There are too many transactions in one request' },
  TRANSACTION_DROPPED: { status: 503, title: 'The transaction waited too long and was dropped' },
  TRANSACTION_NOT_FOUND: { status: 404, title: 'This node does not know the transaction' },
  TRANSACTION_PRUNED: { status: 410, title: 'This node has forgotten transactions as old as this' },
  UPGRADE_WRONG: { status: 400, title: 'The connection cannot be upgraded to this' },
  WAITS_TOO_MANY: { status: 503, title: 'Too many requests wait here' }
}

/** Names a problem of the API itself. The detail is one sentence without internals. */
export function problemOf(
  code: ProblemCode,
  detail: string,
  retryAfterSeconds: number | null = null
): Problem {
  return { code, ...PROBLEMS[code], detail, retryAfterSeconds }
}

/** Stateless faults that are mistakes of syntax; the others are well formed, and wrong. */
const SYNTAX_FAULTS: readonly string[] = ['ENCODING_NOT_CANONICAL', 'SHAPE_WRONG']

/** Refusals that say: the ledger has moved on, or is not there yet. */
const CONFLICTS = /^(?:CHAIN_BROKEN|INCARNATION_WRONG|.+_(?:AHEAD|COUNTED|OLD|REUSED|USED))$/

/** Codes of being busy that are about the sender's share rather than about the node. */
const SHARE_CODES = /QUOTA|RATE|BUCKET|SENDER|SOURCE|SHARE|^(?:DEVICE|OWNER)_POOL/

/** The problem that a refused submission is. */
export function problemOfRefusal({
  code,
  isStateless
}: Extract<Submission, { kind: 'refused' }>): Problem {
  const detail = `The transaction is refused with ${code}.`
  const shared = { code, detail, retryAfterSeconds: null }
  if (code === 'TRANSACTION_TOO_LARGE')
    return { ...shared, status: 413, title: 'The transaction is too large' }
  if (isStateless) {
    const status = SYNTAX_FAULTS.includes(code) ? 400 : 422
    return { ...shared, status, title: 'The transaction is faulty by its bytes alone' }
  }
  return CONFLICTS.test(code)
    ? { ...shared, status: 409, title: 'The transaction conflicts with what the ledger holds' }
    : { ...shared, status: 422, title: 'A rule of the ledger refuses the transaction' }
}

/** The problem that a submission to a busy node is. */
export function problemOfBusy({
  code,
  retryAfterMs
}: Extract<Submission, { kind: 'busy' }>): Problem {
  return {
    code,
    status: SHARE_CODES.test(code) ? 429 : 503,
    title: 'The node has no room for the transaction now',
    detail: 'The transaction was not taken; send the same bytes again later.',
    retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000))
  }
}

/** The body of a problem. */
export function problemBody({ code, status, title, detail }: Problem): ProblemBody {
  const type = `urn:thingmoot:problem:${code.toLowerCase().replaceAll('_', '-')}`
  return { type, title, status, detail, code }
}

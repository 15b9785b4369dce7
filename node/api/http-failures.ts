/**
 * Failures of requests: what the framework, the socket or we ourselves made go wrong, as problems.
 *
 * @module
 */

import type { Socket } from 'node:net'
import type { FastifyError } from 'fastify'
import { DamagedRecord } from '../storage/damaged-record.ts'
import { type Problem, type ProblemCode, problemOf } from './problem.ts'
import { endWithProblem } from './raw-problem.ts'
import { JSON_MEDIA_TYPE, SEQUENCE_MEDIA_TYPE, SINGLE_MEDIA_TYPES } from './transaction-bytes.ts'

/** What a caller is told to wait while a record is being mended. */
const DAMAGED_RETRY_SECONDS = 2

const FRAMEWORK_PROBLEMS: Readonly<Record<string, [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'The body exceeds the limit of its media type.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'MEDIA_TYPE_UNSUPPORTED',
    `Send ${[...SINGLE_MEDIA_TYPES, SEQUENCE_MEDIA_TYPE, JSON_MEDIA_TYPE].join(', ')}.`
  ]
}

const SOCKET_PROBLEMS: Readonly<Record<string, [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The headers exceed 8 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TOO_SLOW', 'The request did not arrive in time.']
}

/** The problem that an error is; whoever must know of a bug hears of it. */
export function problemOfError(
  error: FastifyError | DamagedRecord,
  reportBug: (error: unknown) => void
): Problem {
  if (error instanceof DamagedRecord) {
    const detail = 'What was asked for is not what was written; ask again soon, or another node.'
    return problemOf('STORAGE_DAMAGED', detail, DAMAGED_RETRY_SECONDS)
  }
  const known = FRAMEWORK_PROBLEMS[error.code]
  if (known !== undefined) return problemOf(...known)
  // The framework marks what a stranger caused, a broken-off body too, with a status below 500.
  if (error.statusCode !== undefined && error.statusCode < 500)
    return problemOf('REQUEST_MALFORMED', 'The request cannot be understood.')
  reportBug(error)
  return problemOf('INTERNAL_ERROR', 'The request could not be carried out; the node logged why.')
}

/** Answers what is not even a request, and ends the connection. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [code, detail] = SOCKET_PROBLEMS[error.code ?? ''] ?? [
    'REQUEST_MALFORMED',
    'The bytes are no HTTP request.'
  ]
  endWithProblem(socket, problemOf(code, detail))
}

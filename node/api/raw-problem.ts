/**
 * Problems on a bare socket, where there is no request to answer, or none that is understood.
 *
 * @module
 */

import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Problem, problemBody } from './problem.ts'

/** Tells of a problem and ends the connection. */
export function endWithProblem(socket: Duplex, problem: Problem): void {
  const { status, retryAfterSeconds } = problem
  const body = JSON.stringify(problemBody(problem))
  const retry = retryAfterSeconds === null ? '' : `Retry-After: ${retryAfterSeconds}\r\n`
  const challenge = status === 401 ? 'WWW-Authenticate: Bearer\r\n' : ''
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? problem.title}\r\n` +
      `Content-Type: application/problem+json\r\nConnection: close\r\n${retry}${challenge}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

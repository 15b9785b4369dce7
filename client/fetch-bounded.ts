/**
 * One request over HTTP, bounded in time and in the size of its answer.
 *
 * @module
 */

import { concatBytes } from '../protocol/index.ts'
import { ClientError } from './errors.ts'

/** What is asked, and how much is borne. */
export interface BoundedRequest {
  readonly headers: Readonly<Record<string, string>>
  /** Makes it a POST. */
  readonly body?: Uint8Array
  readonly timeoutMs: number
  readonly maxBytes: number
}

/** An answer that was read to its end. */
export interface BoundedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/**
 * Asks once.
 *
 * @throws ClientError NODE_ANSWER_MALFORMED for an answer that is too long; whatever `fetch` throws
 */
export async function fetchBounded(url: string, request: BoundedRequest): Promise<BoundedAnswer> {
  const { headers, body, timeoutMs, maxBytes } = request
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body === undefined ? null : new Uint8Array(body),
    signal: AbortSignal.timeout(timeoutMs)
  })
  const { status } = response
  return { status, headers: response.headers, body: await readBounded(response, maxBytes) }
}

/** A node that sends without end is cut off. */
async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const reader = response.body?.getReader()
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const piece = await reader?.read()
    if (piece?.value === undefined) return concatBytes(...pieces)
    size += piece.value.length
    if (size > maxBytes) {
      await reader?.cancel()
      throw new ClientError(`an answer is longer than ${maxBytes} bytes`, {
        code: 'NODE_ANSWER_MALFORMED'
      })
    }
    pieces.push(piece.value)
  }
}

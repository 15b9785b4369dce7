/**
 * One request to the HTTP API of a node, its troubles named by the address.
 *
 * @module
 */

import * as z from 'zod'
import { fromHex, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { usage } from './command.ts'

/** What is asked, beside the path. */
export interface NodeRequest {
  /** Sent by POST when given. */
  readonly body?: Uint8Array
  readonly contentType?: string
  readonly accept?: string
  /** Opens what the node keeps for those who have one. */
  readonly token?: string | undefined
  /** Ends the request before its deadline. */
  readonly signal?: AbortSignal | undefined
  readonly deadlineMs: number
}

/** What a node answered. */
export interface NodeAnswer {
  readonly status: number
  /** The other side's clock, in whole seconds; null where it does not tell. */
  readonly dateMs: number | null
  readonly body: Uint8Array
  /** @throws NodeError REQUEST_FAILED when it is no JSON */
  readonly json: () => unknown
}

const READ_DEADLINE_MS = 10_000
const ANSWER_BYTES_MAX = 8 * 1024 * 1024
const PROBLEM_SHOWN_MAX_CHARACTERS = 200

/**
 * Asks a node.
 *
 * @throws NodeError NODE_NOT_REACHED, or REQUEST_FAILED for any answer but a good one
 */
export async function requestNode(
  base: string,
  path: string,
  request: NodeRequest
): Promise<NodeAnswer> {
  const { body, contentType = 'application/cbor', accept = 'application/json', token } = request
  const url = urlOf(base, path)
  let status: number
  let dateMs: number
  let content: Uint8Array
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
      },
      ...(body === undefined ? {} : { body: body.slice() }),
      redirect: 'error',
      signal: AbortSignal.any([
        AbortSignal.timeout(request.deadlineMs),
        ...(request.signal === undefined ? [] : [request.signal])
      ])
    })
    status = response.status
    dateMs = Date.parse(response.headers.get('date') ?? '')
    content = await readBounded(response)
  } catch (error) {
    if (error instanceof NodeError) throw error
    throw notReached(base, error)
  }
  if (status >= 400)
    throw new NodeError('REQUEST_FAILED', `${url.href}: ${status}${problemOf(content)}`)
  return {
    status,
    dateMs: Number.isNaN(dateMs) ? null : dateMs,
    body: content,
    json: () => parseJson(content, url.href)
  }
}

const stateShape = z.looseObject({
  state: z.looseObject({
    value: z
      .string()
      .regex(/^([0-9a-f]{2})*$/)
      .nullable()
  })
})

/**
 * Reads values of the state by a node's word, without proof.
 *
 * @returns a reader that throws NodeError NODE_NOT_REACHED or REQUEST_FAILED
 */
export function createValueReader(
  base: string
): (table: string, key: Uint8Array) => Promise<Uint8Array | null> {
  return async (table, key) => {
    const path = `/v1/state/${table}/${toHex(key)}`
    const answer = await requestNode(base, path, { deadlineMs: READ_DEADLINE_MS })
    const read = stateShape.safeParse(answer.json())
    if (!read.success) throw failed(`${base}${path}: the answer is no value`, read.error)
    const { value } = read.data.state
    return value === null ? null : (fromHex(value) ?? null)
  }
}

function notReached(base: string, cause: unknown): NodeError {
  const message = `${base}: no node answers there${causeOf(cause)}`
  return new NodeError('NODE_NOT_REACHED', message, { cause })
}

function failed(message: string, cause: unknown): NodeError {
  return new NodeError('REQUEST_FAILED', message, { cause })
}

function urlOf(base: string, path: string): URL {
  try {
    return new URL(path, base)
  } catch (error) {
    throw usage(`"${base}" is not an address like http://127.0.0.1:8080`, error)
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > ANSWER_BYTES_MAX)
      throw new NodeError('REQUEST_FAILED', `${response.url}: answers more than 8 MiB`)
    parts.push(part as Uint8Array)
  }
  return new Uint8Array(Buffer.concat(parts))
}

function parseJson(content: Uint8Array, source: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content))
  } catch (error) {
    throw failed(`${source}: the answer is no JSON`, error)
  }
}

/** What the other side says is wrong: its text goes to a terminal, so only plain characters do. */
function problemOf(content: Uint8Array): string {
  let problem: unknown
  try {
    problem = JSON.parse(new TextDecoder().decode(content))
  } catch {
    // no JSON: the status says what can be said
    return ''
  }
  const { code, detail, title } = (problem ?? {}) as Readonly<Record<string, unknown>>
  const words = [code, detail ?? title].filter((word) => typeof word === 'string').join(': ')
  const plain = words.replace(/[^\x20-\x7e]/g, '?').slice(0, PROBLEM_SHOWN_MAX_CHARACTERS)
  return plain === '' ? '' : ` ${plain}`
}

function causeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return ' in time'
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return code === '' ? '' : ` (${code})`
}

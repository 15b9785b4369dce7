/**
 * The HTTP client: a transport over the API of one or many nodes.
 *
 * Every request may be sent twice without harm, so trouble with one node sends
 * it to the next, and the node that answered last is asked first.
 *
 * @module
 */

import { concatBytes, toHex } from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import {
  parseHeaders,
  parseJson,
  parseNode,
  parseProblem,
  parseSeals,
  parseStatus,
  parseSubmission
} from './http-answers.ts'
import type { SubmissionReport, Transport } from './transport.ts'

/** Which nodes to ask, and how long to wait for one. */
export interface HttpClientOptions {
  /** Such as `https://node.example:8080`, in order of preference. */
  readonly baseUrls: readonly string[]
  readonly timeoutMs?: number
  /** How long a node is asked to wait for a stage, beside the time for the answer itself. */
  readonly waitMs?: number
  /** Largest answer that is read. */
  readonly answerMaxBytes?: number
}

interface Request {
  readonly path: string
  readonly accept: string
  readonly body?: Uint8Array
  readonly timeoutMs: number
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
}

const JSON_TYPE = 'application/json'
const CBOR_TYPE = 'application/cbor'
const TIMEOUT_MS = 10_000
const WAIT_MS = 20_000
const ANSWER_MAX_BYTES = 4_194_304
const HEADERS_MAX = 512

/** Answers that say more about the node than about the request: another node may do better. */
const isNodeTrouble = (status: number): boolean => status === 408 || status === 429 || status >= 500

/** A transport over HTTP. */
export function createHttpClient(options: HttpClientOptions): Transport {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const waitMs = options.waitMs ?? WAIT_MS
  const ask = createAsker(options)
  const get = (path: string, accept: string): Promise<Answer> => ask({ path, accept, timeoutMs })
  return {
    submit: async (wire, wait) => {
      const query = wait === undefined ? '' : `?wait=${wait}&timeoutMs=${waitMs}`
      const answer = await ask({
        path: `/v1/transactions${query}`,
        accept: JSON_TYPE,
        body: wire,
        timeoutMs: wait === undefined ? timeoutMs : timeoutMs + waitMs
      })
      return readSubmission(answer)
    },
    transactionStatus: async (id) => {
      const answer = await get(`/v1/transactions/${toHex(id)}`, JSON_TYPE)
      return isMissing(answer.status) ? null : parseStatus(parseJson(takeBody(answer)))
    },
    receipt: async (id) => {
      const answer = await get(`/v1/receipts/${toHex(id)}`, CBOR_TYPE)
      return isMissing(answer.status) ? null : takeCbor(answer)
    },
    readProof: async (table, key) =>
      takeCbor(await get(`/v1/state/${table}/${toHex(key)}?proof=1`, CBOR_TYPE)),
    status: async () => parseNode(parseJson(takeBody(await get('/v1/status', JSON_TYPE)))),
    headers: async (from, limit) =>
      parseHeaders(
        takeCbor(
          await get(`/v1/headers?from=${from}&limit=${Math.min(limit, HEADERS_MAX)}`, CBOR_TYPE)
        )
      ),
    seals: async (from) => parseSeals(takeCbor(await get(`/v1/seals?from=${from}`, CBOR_TYPE)))
  }
}

/** Asks one node after the other until one answers for itself. */
function createAsker(options: HttpClientOptions): (request: Request) => Promise<Answer> {
  const { baseUrls, answerMaxBytes = ANSWER_MAX_BYTES } = options
  if (baseUrls.length === 0)
    throw new ClientError('there is no node to ask', { code: 'NODES_UNREACHABLE' })
  let preferred = 0
  return async (request) => {
    let trouble: unknown
    const first = preferred
    for (let turn = 0; turn < baseUrls.length; turn++) {
      const index = (first + turn) % baseUrls.length
      const baseUrl = (baseUrls[index] as string).replace(/\/+$/, '')
      try {
        const answer = await fetchOnce(baseUrl, request, answerMaxBytes)
        if (!isNodeTrouble(answer.status)) {
          preferred = index
          return answer
        }
        trouble = refusal(answer)
      } catch (error) {
        // Told below, as the cause, if no other node answers.
        trouble = error
      }
    }
    throw new ClientError(`none of ${baseUrls.length} nodes took the request`, {
      code: 'NODES_UNREACHABLE',
      cause: trouble
    })
  }
}

async function fetchOnce(baseUrl: string, request: Request, maxBytes: number): Promise<Answer> {
  const { path, accept, body, timeoutMs } = request
  const headers: Record<string, string> = { accept: `${accept}, application/problem+json` }
  if (body !== undefined) headers['content-type'] = CBOR_TYPE
  const response = await fetch(`${baseUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body === undefined ? null : new Uint8Array(body),
    signal: AbortSignal.timeout(timeoutMs)
  })
  const contentType = (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? ''
  return { status: response.status, contentType, body: await readBounded(response, maxBytes) }
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

function readSubmission(answer: Answer): SubmissionReport {
  if (answer.status < 400) return parseSubmission(parseJson(answer.body))
  const { code, detail } = parseProblem(answer)
  return { kind: 'refused', code, detail }
}

function takeBody(answer: Answer): Uint8Array {
  if (answer.status >= 400) throw refusal(answer)
  return answer.body
}

function takeCbor(answer: Answer): Uint8Array {
  const body = takeBody(answer)
  if (answer.contentType !== CBOR_TYPE)
    throw new ClientError('an answer is no CBOR, which was asked for', {
      code: 'NODE_ANSWER_MALFORMED'
    })
  return body
}

function refusal(answer: Answer): ClientError {
  const { code, detail } = parseProblem(answer)
  return new ClientError(`${answer.status} ${code}: ${detail}`, { code: 'NODE_REFUSED' })
}

/** Whether a node does not know what was asked for, or has forgotten what is that old. */
function isMissing(status: number): boolean {
  return status === 404 || status === 410
}

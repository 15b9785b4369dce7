/**
 * The HTTP client: a transport over the API of one or many nodes.
 *
 * Every request may be sent twice without harm, so trouble with one node sends
 * it to the next. What one node has shown is not unseen at another: each request
 * names the height that was seen last.
 *
 * @module
 */

import { toHex } from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import { fetchBounded } from './fetch-bounded.ts'
import {
  parseCommands,
  parseHeaders,
  parseJson,
  parseNode,
  parseProblem,
  parseSeals,
  parseStatus,
  parseSubmission
} from './http-answers.ts'
import { createListOrder, type NodeOrder } from './node-order.ts'
import { SessionHeight } from './session-height.ts'
import type { SubmissionReport, Transport } from './transport.ts'

/** Which nodes to ask, and how long to wait for one. */
export interface HttpClientOptions {
  /** Such as `https://node.example:8080`, in order of preference; or an order of the caller's own. */
  readonly baseUrls: readonly string[] | NodeOrder
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
  /** By the node's word; null where it says nothing of it. */
  readonly height: number | null
  readonly contentType: string
  readonly body: Uint8Array
}

const JSON_TYPE = 'application/json'
const CBOR_TYPE = 'application/cbor'
const TIMEOUT_MS = 10_000
const WAIT_MS = 20_000
const ANSWER_MAX_BYTES = 4_194_304
const HEADERS_MAX = 512
const HEIGHT_HEADER = 'thingmoot-height'
/** Nodes that do not reach the session's height before it is doubted: one alone may be behind. */
const DOUBTERS_MIN = 2

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
    commands: async (deviceId, after) => {
      const query = after === null ? '' : `?after=${after.height}.${after.index}`
      const path = `/v1/devices/${toHex(deviceId)}/commands${query}`
      return parseCommands(takeCbor(await get(path, CBOR_TYPE)))
    },
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
  const order = 'inTurn' in baseUrls ? baseUrls : createListOrder(baseUrls)
  const session = new SessionHeight()
  if (order.inTurn().length === 0) throw unreachable(0)
  const askOne = async (url: string, request: Request): Promise<Answer> => {
    const baseUrl = url.replace(/\/+$/, '')
    const answer = await fetchOnce(baseUrl, { ...request, token: session.token }, answerMaxBytes)
    if (isNodeTrouble(answer.status)) throw new NodeTrouble(answer)
    if (answer.height !== null) session.heard(baseUrl, answer.height)
    return answer
  }
  const askAll = async (request: Request): Promise<Answer> => {
    const troubles: unknown[] = []
    const urls = order.inTurn()
    for (const url of urls) {
      try {
        const answer = await askOne(url, request)
        order.answered(url)
        return answer
      } catch (error) {
        // Told below, as the cause, if no other node answers.
        troubles.push(error)
        order.failed(url)
      }
    }
    if (troubles.filter(isHeightRefusal).length >= DOUBTERS_MIN && session.doubt())
      return await askAll(request)
    throw unreachable(urls.length, troubles.at(-1))
  }
  return askAll
}

/** What an answer says of the node that gave it. */
class NodeTrouble extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`${answer.status}`, { cause: refusal(answer) })
    this.answer = answer
  }
}

function unreachable(count: number, cause?: unknown): ClientError {
  const message =
    count === 0 ? 'there is no node to ask' : `none of ${count} nodes took the request`
  const told = cause instanceof NodeTrouble ? cause.cause : cause
  return new ClientError(message, { code: 'NODES_UNREACHABLE', cause: told })
}

/** Whether a node said that it is not where the session is. */
function isHeightRefusal(trouble: unknown): boolean {
  return (
    trouble instanceof NodeTrouble && parseProblem(trouble.answer).code === 'HEIGHT_NOT_REACHED'
  )
}

async function fetchOnce(
  baseUrl: string,
  request: Request & { readonly token: number },
  maxBytes: number
): Promise<Answer> {
  const { path, accept, body: sent, timeoutMs, token } = request
  const { status, headers, body } = await fetchBounded(`${baseUrl}${path}`, {
    headers: {
      accept: `${accept}, application/problem+json`,
      ...(sent === undefined ? {} : { 'content-type': CBOR_TYPE }),
      // What is handed in needs no block to be there.
      ...(sent === undefined && token > 0 ? { [HEIGHT_HEADER]: String(token) } : {})
    },
    ...(sent === undefined ? {} : { body: sent }),
    timeoutMs,
    maxBytes
  })
  const contentType = (headers.get('content-type') ?? '').split(';')[0]?.trim() ?? ''
  return { status, height: readHeight(headers.get(HEIGHT_HEADER)), contentType, body }
}

function readHeight(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null
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

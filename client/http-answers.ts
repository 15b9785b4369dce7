/**
 * Answers of the HTTP API, as far as clients read them; all of them untrusted.
 *
 * @module
 */

import {
  decodeCbor,
  decodeSealProofs,
  fromHex,
  OUTCOMES,
  type OutcomeName,
  type SealProof
} from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import type {
  CommandDelivery,
  NodeReport,
  Stage,
  StatusReport,
  SubmissionReport
} from './transport.ts'

/** A problem as RFC 9457 has it, with the code of the rule. */
export interface Problem {
  readonly code: string
  readonly detail: string
}

const STAGES: readonly string[] = ['pooled', 'accepted', 'confirmed', 'final', 'dropped']

interface Fields {
  readonly [name: string]: unknown
  readonly transactionId?: unknown
  readonly acceptedReceipt?: unknown
}

/** End points that are read from one answer. */
const ENDPOINTS_MAX = 256
const URL_MAX = 160

/** `{endpoints: [{urls: [...]}]}`: base URLs; whatever else stands there is passed over. */
export function parseEndpoints(value: unknown): readonly string[] {
  const { endpoints } = fieldsOf(value) as { readonly endpoints?: unknown }
  if (!Array.isArray(endpoints)) throw malformed('a list of end points')
  const urls = endpoints.slice(0, ENDPOINTS_MAX).flatMap((endpoint: unknown) => {
    const { urls: given } = fieldsOf(endpoint) as { readonly urls?: unknown }
    return Array.isArray(given) ? given : []
  })
  return urls.filter((url): url is string => typeof url === 'string' && isBaseUrl(url))
}

function isBaseUrl(text: string): boolean {
  return text.length <= URL_MAX && /^https?:\/\/[a-zA-Z0-9.:[\]-]+\/?$/.test(text)
}

/** Reads JSON text. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch (error) {
    throw new ClientError('an answer is no JSON', { code: 'NODE_ANSWER_MALFORMED', cause: error })
  }
}

/** `{transactionId, stage, outcome, code, height, timeMs}`. */
export function parseStatus(value: unknown): StatusReport {
  const fields = fieldsOf(fieldsOf(value)['transaction'])
  const { stage, outcome, code, height, timeMs } = fields
  const transactionId = hexOf(fields.transactionId)
  const isStatus =
    typeof stage === 'string' &&
    STAGES.includes(stage) &&
    (outcome === null || (typeof outcome === 'string' && Object.hasOwn(OUTCOMES, outcome))) &&
    (code === null || typeof code === 'string') &&
    isCountOrNull(height) &&
    isCountOrNull(timeMs)
  if (!isStatus || transactionId === undefined) throw malformed('a status')
  return {
    transactionId,
    stage: stage as Stage,
    outcome: outcome as OutcomeName | null,
    code,
    height,
    timeMs
  }
}

/** A status, with `acceptedReceipt` in hex once there is one. */
export function parseSubmission(value: unknown): SubmissionReport {
  const given = fieldsOf(fieldsOf(value)['transaction'])['acceptedReceipt'] ?? null
  const acceptedReceipt = given === null ? null : hexOf(given)
  if (acceptedReceipt === undefined) throw malformed('a submission')
  return { kind: 'taken', status: parseStatus(value), acceptedReceipt }
}

/** What clients use of `/v1/status`. */
export function parseNode(value: unknown): NodeReport {
  const { networkId, height, state } = fieldsOf(fieldsOf(value)['status'])
  if (typeof networkId !== 'string' || typeof state !== 'string') throw malformed('a node status')
  if (!isCountOrNull(height) || height === null) throw malformed('a node status')
  return { networkId, height, state }
}

/** `{code, detail, status}`; an answer that is none is told by its status alone. */
export function parseProblem(answer: {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
}): Problem {
  const unknown = { code: 'PROBLEM_UNKNOWN', detail: `the node answered ${answer.status}` }
  if (answer.contentType !== 'application/problem+json') return unknown
  const value = parseJson(answer.body)
  const { code, detail } = fieldsOf(value)
  if (typeof code !== 'string') return unknown
  return { code, detail: typeof detail === 'string' ? detail : unknown.detail }
}

/** A CBOR array of encoded headers. */
export function parseHeaders(body: Uint8Array): readonly Uint8Array[] {
  const value = decodeCbor(body)
  if (!Array.isArray(value)) throw malformed('a list of headers')
  const isList = value.every((header) => header instanceof Uint8Array)
  if (!isList) throw malformed('a list of headers')
  return value as readonly Uint8Array[]
}

/** A CBOR array of `[wire, receipt]`. */
export function parseCommands(body: Uint8Array): readonly CommandDelivery[] {
  const value = decodeCbor(body)
  if (!Array.isArray(value)) throw malformed('a list of commands')
  return value.map((item) => {
    const [wire, receipt] = Array.isArray(item) && item.length === 2 ? item : []
    if (!(wire instanceof Uint8Array) || !(receipt instanceof Uint8Array))
      throw malformed('a list of commands')
    return { wire, receipt }
  })
}

/** A CBOR array of seals. */
export function parseSeals(body: Uint8Array): readonly SealProof[] {
  const seals = decodeSealProofs(body)
  if (seals === undefined) throw malformed('a list of seals')
  return seals
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function hexOf(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? fromHex(value) : undefined
}

function isCountOrNull(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
}

function malformed(what: string): ClientError {
  return new ClientError(`an answer is not ${what}`, { code: 'NODE_ANSWER_MALFORMED' })
}

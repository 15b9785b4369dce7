/**
 * The transactions in a request's body: one, a CBOR sequence of them, or a JSON list of hex.
 *
 * Here they are only told apart; what each of them is worth, the ledger says.
 *
 * @see RFC 8742 CBOR sequences
 * @module
 */

import { decodeFirst } from 'cborg'
import * as z from 'zod'
import { EVIDENCE_SIZE_MAX_BYTES } from '../../protocol/index.ts'
import { type Problem, problemOf } from './problem.ts'
import { hex } from './shapes.ts'

/** Most transactions in one request. */
const TRANSACTIONS_MAX = 256
/** Largest body with several transactions. */
export const LIST_SIZE_MAX_BYTES = 524_288
/** Largest body with one transaction. */
export const SINGLE_SIZE_MAX_BYTES: number = EVIDENCE_SIZE_MAX_BYTES

/** Media types whose body is one transaction. */
export const SINGLE_MEDIA_TYPES: readonly string[] = [
  'application/cbor',
  'application/cose',
  'application/octet-stream'
]
/** The media type of transactions one after another. */
export const SEQUENCE_MEDIA_TYPE = 'application/cbor-seq'
/** The media type of `{"transactions": ["<hex>", …]}`. */
export const JSON_MEDIA_TYPE = 'application/json'

/** What a body holds. */
export type TransactionBytes =
  | { readonly kind: 'single'; readonly wire: Uint8Array }
  | { readonly kind: 'list'; readonly wires: readonly Uint8Array[] }
  | { readonly kind: 'problem'; readonly problem: Problem }

const listShape = z.strictObject({
  transactions: z.array(hex(1, EVIDENCE_SIZE_MAX_BYTES)).min(1)
})

/**
 * Tells the transactions of a body apart.
 *
 * @param body - parsed JSON for the JSON media type, bytes for all others
 */
export function readTransactionBytes(mediaType: string, body: unknown): TransactionBytes {
  if (mediaType === JSON_MEDIA_TYPE) return readList(body)
  if (!(body instanceof Uint8Array) || body.length === 0)
    return malformed('The body holds no transaction.')
  if (mediaType === SEQUENCE_MEDIA_TYPE) return readSequence(body)
  return { kind: 'single', wire: new Uint8Array(body) }
}

function readList(body: unknown): TransactionBytes {
  const count = z.object({ transactions: z.array(z.unknown()) }).safeParse(body)
  if (count.success && count.data.transactions.length > TRANSACTIONS_MAX) return tooMany()
  const read = listShape.safeParse(body)
  return read.success
    ? { kind: 'list', wires: read.data.transactions }
    : malformed('The body is not {"transactions": ["<hex of one transaction>", …]}.')
}

function readSequence(body: Uint8Array): TransactionBytes {
  const wires: Uint8Array[] = []
  let rest = body
  while (rest.length > 0) {
    if (wires.length === TRANSACTIONS_MAX) return tooMany()
    const length = itemLength(rest)
    if (length === undefined)
      return malformed(`Item ${wires.length + 1} of the sequence is not well-formed CBOR.`)
    // Copied, or one small transaction that is kept would keep the whole body.
    wires.push(new Uint8Array(rest.subarray(0, length)))
    rest = rest.subarray(length)
  }
  return { kind: 'list', wires }
}

function itemLength(bytes: Uint8Array): number | undefined {
  try {
    const [, rest] = decodeFirst(bytes, { useMaps: true, allowIndefinite: false })
    return bytes.length - rest.length
  } catch {
    // The library reports a stranger's bytes by throwing, also when they nest too deep.
    return undefined
  }
}

function tooMany(): TransactionBytes {
  const detail = `One request carries at most ${TRANSACTIONS_MAX} transactions.`
  return { kind: 'problem', problem: problemOf('TRANSACTIONS_TOO_MANY', detail) }
}

function malformed(detail: string): TransactionBytes {
  return { kind: 'problem', problem: problemOf('BODY_MALFORMED', detail) }
}

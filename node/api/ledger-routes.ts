/**
 * Reading the ledger: transactions, receipts, devices, readings and any value of the state.
 *
 * @module
 */

import * as z from 'zod'
import {
  blockIdOf,
  classVersionKey,
  classVersions,
  decodeBlockHeader,
  decodeReadProof,
  decodeReceiptProof,
  encodeCbor,
  findTable,
  invariant,
  TABLES,
  toHex
} from '../../protocol/index.ts'
import type { DeviceView, LedgerService } from '../ledger-service.ts'
import {
  deviceAnswer,
  membersAnswer,
  readingsAnswer,
  receiptAnswer,
  stateAnswer,
  transactionAnswer
} from './answer-shapes.ts'
import { toJsonObject, toJsonValue } from './json-value.ts'
import { readingToJson } from './reading-json.ts'
import { type Answer, cbor, createRoute, JSON_OR_CBOR, json, problem, type Route } from './route.ts'
import { SENML_MEDIA_TYPES, senmlPack } from './senml-reading.ts'
import { count, hex, idParams, integer, nothing } from './shapes.ts'

const READINGS_DEFAULT = 50
const READINGS_MAX = 200
const STATE_KEY_MAX_BYTES = 128
/** What a caller is told to wait before he asks for a receipt again. */
const RECEIPT_RETRY_SECONDS = 1

const FIRST_HEIGHT = 1

/** What is not found where old transactions were pruned is gone rather than missing. */
function unknownTransaction(transactionsFrom: number): Answer {
  return transactionsFrom > FIRST_HEIGHT
    ? problem(
        'TRANSACTION_PRUNED',
        `This node knows no such transaction, and keeps only those from height ${transactionsFrom} on.`
      )
    : problem('TRANSACTION_NOT_FOUND', 'This node has not seen the transaction.')
}

const transactionRoute = createRoute({
  method: 'GET',
  path: '/v1/transactions/:id',
  answers: transactionAnswer,
  scope: 'any',
  summary: 'Where a transaction stands',
  params: idParams,
  query: nothing,
  handle: async ({ params, status: { transactionsFrom } }, { ledger }) => {
    const status = await ledger.transactionStatus(params.id)
    return status === null
      ? unknownTransaction(transactionsFrom)
      : json({ transaction: toJsonObject(status) })
  }
})

const receiptRoute = createRoute({
  method: 'GET',
  path: '/v1/receipts/:id',
  answers: receiptAnswer,
  scope: 'any',
  summary: 'The proof that a transaction is final, and with what outcome',
  params: idParams,
  query: nothing,
  handle: async ({ params, wantsCbor, status: { transactionsFrom } }, { ledger }) => {
    const encoded = await ledger.receipt(params.id)
    if (encoded === null) {
      const isUnknown = (await ledger.transactionStatus(params.id)) === null
      if (isUnknown && transactionsFrom > FIRST_HEIGHT) return unknownTransaction(transactionsFrom)
      const detail = 'The transaction is unknown here, or not final yet.'
      return problem('RECEIPT_NOT_FOUND', detail, RECEIPT_RETRY_SECONDS)
    }
    if (wantsCbor) return cbor(encoded)
    const receipt = decodeReceiptProof(encoded)
    invariant(receipt !== undefined, 'the ledger hands out well-formed receipts')
    const { transactionId, outcome, index, finality } = receipt
    const header = decodeBlockHeader(finality.headerBytes)
    invariant(header !== undefined, 'the ledger proves well-formed headers')
    const block = {
      blockId: blockIdOf(finality.headerBytes),
      height: header.height,
      timeMs: header.timeMs
    }
    const receiptFields = { transactionId, ...outcome, index, block, proof: encoded }
    return json({ receipt: toJsonObject(receiptFields) })
  }
})

const deviceRoute = createRoute({
  method: 'GET',
  path: '/v1/devices/:id',
  answers: deviceAnswer,
  scope: ({ id }) => [toHex(id)],
  summary: "A device's record and its owner's",
  params: idParams,
  query: nothing,
  isOfState: true,
  handle: async ({ params }, { ledger }) => {
    const view = ledger.device(params.id)
    if (view === null)
      return problem('DEVICE_NOT_FOUND', 'No such device was claimed on this ledger.')
    const custody = await custodyOf(view.device, ledger)
    return json({ device: { ...toJsonObject(view), custody } })
  }
})

/** Who holds the key of a device, as its class says: the device, or a gateway that signs for it. */
async function custodyOf(
  { classId, classVersion }: DeviceView['device'],
  ledger: Pick<LedgerService, 'readState'>
): Promise<'device' | 'gateway' | null> {
  const key = classVersionKey(classId, classVersion)
  const { value } = await ledger.readState(classVersions.number, key, false)
  if (value === null) return null
  return classVersions.decode(value).custody === 1 ? 'gateway' : 'device'
}

const readingsRoute = createRoute({
  method: 'GET',
  path: '/v1/devices/:id/readings',
  answers: readingsAnswer,
  scope: ({ id }) => [toHex(id)],
  summary: 'Final messages of a device, newest first',
  produces: [...JSON_OR_CBOR, ...SENML_MEDIA_TYPES],
  params: idParams,
  query: z.strictObject({
    limit: integer(1, READINGS_MAX).default(READINGS_DEFAULT),
    before: count.optional(),
    incarnation: count.optional(),
    branch: z.enum(['ledger', 'rival']).default('ledger'),
    // For who checks them: the id of a transaction is a hash over its bytes.
    message: z.enum(['0', '1']).default('0')
  }),
  handle: async ({ params, query, form }, { ledger }) => {
    const { limit, before = null, incarnation = null, branch } = query
    const page = { limit, beforeSequence: before, incarnation, isRival: branch === 'rival' }
    const readings = await ledger.readings(params.id, page)
    if (readings === null)
      return problem('DEVICE_NOT_FOUND', 'No such device was claimed on this ledger.')
    if (SENML_MEDIA_TYPES.includes(form))
      return { kind: 'bytes', mediaType: form, bytes: senmlPack(readings, form) }
    const last = readings.length < limit ? undefined : readings.at(-1)
    return json({
      readings: readings.map((reading) =>
        query.message === '1'
          ? { ...readingToJson(reading), message: toHex(reading.wire) }
          : readingToJson(reading)
      ),
      nextBefore: last?.sequence ?? null,
      nextIncarnation: last?.incarnation ?? null
    })
  }
})

const stateRoute = createRoute({
  method: 'GET',
  path: '/v1/state/:table/:key?',
  answers: stateAnswer,
  summary: 'Any value of the state or its absence, with proof if asked for',
  params: z.strictObject({
    table: z.string(),
    // The one record of the network stands under the empty key.
    key: hex(0, STATE_KEY_MAX_BYTES).default(new Uint8Array(0))
  }),
  query: z.strictObject({ proof: z.enum(['0', '1']).optional(), at: count.optional() }),
  isOfState: true,
  heightAtLeast: ({ at }) => at,
  handle: async ({ params, query, wantsCbor }, { ledger }) => {
    const table = findTable(params.table)
    if (table === undefined)
      return problem('TABLE_NOT_FOUND', `The tables are ${[...TABLES.keys()].join(', ')}.`)
    const { value, proof } = await ledger.readState(table.number, params.key, query.proof === '1')
    if (query.proof === '1' && proof === null)
      return problem('PROOF_NOT_YET', 'Nothing is proved before the first block; ask again soon.')
    // A proof carries the value; who asks for no proof gets the value alone.
    if (wantsCbor) return cbor(proof ?? encodeCbor(value))
    const record = value === null ? null : table.decode(value)
    const proven = proof === null ? {} : { proof, provenAtHeight: provenHeight(proof) }
    const fields = { table: table.name, key: params.key, value, record, ...proven }
    return json({ state: toJsonObject(fields) })
  }
})

const membersRoute = createRoute({
  method: 'GET',
  path: '/v1/members',
  answers: membersAnswer,
  scope: 'any',
  summary: 'The electorate, and how this node reaches it',
  params: nothing,
  query: nothing,
  handle: (_input, { ledger }) => json({ members: toJsonValue(ledger.members()) })
})

/** The routes that read from the ledger's state. */
export const ledgerRoutes: readonly Route[] = [
  transactionRoute,
  receiptRoute,
  deviceRoute,
  readingsRoute,
  stateRoute,
  membersRoute
]

function provenHeight(encoded: Uint8Array): number {
  const proof = decodeReadProof(encoded)
  const header = proof === undefined ? undefined : decodeBlockHeader(proof.finality.headerBytes)
  invariant(header !== undefined, 'the ledger hands out well-formed read proofs')
  return header.height
}

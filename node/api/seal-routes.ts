/**
 * Reading seals: how clients follow the electorates.
 *
 * @module
 */

import * as z from 'zod'
import {
  blockIdOf,
  decodeBlockHeader,
  encodeSealProof,
  encodeSealProofs,
  invariant,
  type SealProof
} from '../../protocol/index.ts'
import { type JsonObject, toJsonObject } from './json-value.ts'
import { cbor, createRoute, json, problem, type Route } from './route.ts'
import { count, nothing } from './shapes.ts'

const sealsRoute = createRoute({
  method: 'GET',
  path: '/v1/seals',
  scope: 'any',
  summary: 'Seals in order, from the one that ends an epoch on: each proves the next electorate',
  params: nothing,
  query: z.strictObject({ from: count.default(0) }),
  handle: async ({ query: { from }, wantsCbor, status: { epoch } }, { ledger }) => {
    const seals = await ledger.seals(from)
    if (seals.length === 0 && from < epoch)
      return problem(
        'SEALS_NOT_HELD',
        `This node began later and lacks the seal that ends epoch ${from}; another node has it.`
      )
    if (wantsCbor) return cbor(encodeSealProofs(seals))
    return json({ from, seals: seals.map(sealToJson) })
  }
})

/** The routes that read seals. */
export const sealRoutes: readonly Route[] = [sealsRoute]

function sealToJson(seal: SealProof): JsonObject {
  const header = decodeBlockHeader(seal.headerBytes)
  invariant(header !== undefined, 'the ledger hands out well-formed seals')
  const { epoch, height, timeMs } = header
  const block = { blockId: blockIdOf(seal.headerBytes), height, timeMs }
  return toJsonObject({
    epoch,
    nextElectorateHash: header.seal,
    block,
    proof: encodeSealProof(seal)
  })
}

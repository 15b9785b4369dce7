/**
 * Reading the chain: blocks, and headers for those who follow it.
 *
 * @module
 */

import * as z from 'zod'
import { encodeCbor } from '../../protocol/index.ts'
import { blockAnswer, headersAnswer } from './answer-shapes.ts'
import { toJsonObject, toJsonValue } from './json-value.ts'
import { cbor, createRoute, json, problem, type Route } from './route.ts'
import { count, id, integer, nothing } from './shapes.ts'

const HEADERS_DEFAULT = 100
const HEADERS_MAX = 512

const blockRoute = createRoute({
  method: 'GET',
  path: '/v1/blocks/:at',
  answers: blockAnswer,
  scope: 'any',
  summary: 'A final block by its height or id',
  params: z.strictObject({ at: z.union([id, count], 'is neither a height nor a block id') }),
  query: nothing,
  handle: async ({ params, wantsCbor }, { ledger }) => {
    const block = await ledger.block(params.at)
    if (block === null) return problem('BLOCK_NOT_FOUND', 'This node holds no such final block.')
    if (wantsCbor) return cbor(encodeCbor([block.blockBytes, block.finalisation]))
    // The whole block is up to a megabyte; whoever wants its bytes asks for CBOR.
    const { blockBytes: _, ...fields } = block
    return json({ block: toJsonObject(fields) })
  }
})

const headersRoute = createRoute({
  method: 'GET',
  path: '/v1/headers',
  answers: headersAnswer,
  scope: 'any',
  summary: 'Headers of final blocks from a height upward',
  params: nothing,
  query: z.strictObject({
    from: count.default(0),
    limit: integer(1, HEADERS_MAX).default(HEADERS_DEFAULT)
  }),
  handle: async ({ query, wantsCbor }, { ledger }) => {
    const headers = await ledger.headers(query.from, query.limit)
    if (wantsCbor) return cbor(encodeCbor(headers))
    return json({ from: query.from, headers: toJsonValue(headers) })
  }
})

/** The routes that read blocks and headers. */
export const chainRoutes: readonly Route[] = [blockRoute, headersRoute]

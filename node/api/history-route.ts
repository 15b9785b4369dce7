/**
 * The history of one device: what it said between two times, page by page, newest first.
 *
 * @module
 */

import * as z from 'zod'
import { toHex } from '../../protocol/index.ts'
import { historyAnswer } from './answer-shapes.ts'
import { readingToJson } from './reading-json.ts'
import { createRoute, json, problem, type Route } from './route.ts'
import { count, id, idParams, integer } from './shapes.ts'

const READINGS_DEFAULT = 50
const READINGS_MAX = 200

/** `GET /v1/devices/{id}/history`. */
export const historyRoute: Route = createRoute({
  method: 'GET',
  path: '/v1/devices/:id/history',
  answers: historyAnswer,
  scope: ({ id: deviceId }) => [toHex(deviceId)],
  summary: 'What a device said between two times, newest first, over all its incarnations',
  params: idParams,
  query: z
    .strictObject({
      limit: integer(1, READINGS_MAX).default(READINGS_DEFAULT),
      // Header times in milliseconds, both within the span.
      from: count.optional(),
      to: count.optional(),
      // The message to go on with, as `next` of the answer before names it.
      at: id.optional(),
      message: z.enum(['0', '1']).default('0')
    })
    .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
      message: 'from is later than to'
    }),
  isTagged: true,
  handle: async ({ params, query, status: { transactionsFrom } }, { ledger }) => {
    const { limit, from = null, to = null, at = null } = query
    const answer = await ledger.history(params.id, { limit, fromMs: from, toMs: to, at })
    if (answer === null)
      return at === null || ledger.device(params.id) === null
        ? problem('DEVICE_NOT_FOUND', 'No such device was claimed on this ledger.')
        : problem('QUERY_WRONG', 'at: names no message of this device.')
    const { readings, next, isCutOff } = answer
    return json({
      readings: readings.map((reading) =>
        query.message === '1'
          ? { ...readingToJson(reading), message: toHex(reading.wire) }
          : readingToJson(reading)
      ),
      next: next === null ? null : toHex(next),
      pruned: isCutOff ? { keptFromHeight: transactionsFrom } : null
    })
  }
})

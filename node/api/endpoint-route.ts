/**
 * Where the members are reached: what their seats say, for clients that look for the nearest node.
 *
 * @module
 */

import { toHex } from '../../protocol/index.ts'
import { endpointsAnswer } from './answer-shapes.ts'
import type { JsonObject } from './json-value.ts'
import { createRoute, json, type Route } from './route.ts'
import { nothing } from './shapes.ts'

/**
 * `GET /v1/endpoints`. The ledger has one list of end points for each member, at most four texts: those
 * that begin with a slash are called by nodes, URLs are for people and their programs.
 */
export const endpointRoute: Route = createRoute({
  method: 'GET',
  path: '/v1/endpoints',
  answers: endpointsAnswer,
  scope: 'any',
  summary: 'Where the members are reached, as their seats on the ledger say, with their regions',
  params: nothing,
  query: nothing,
  isOfState: true,
  handle: (_input, { ledger }) =>
    json({
      endpoints: ledger.members().map(({ memberId, region, endpoints }): JsonObject => {
        return {
          memberId: toHex(memberId),
          region,
          urls: endpoints.filter(isUrl),
          addresses: endpoints.filter((text) => text.startsWith('/'))
        }
      })
    })
})

/** Members write what they like; what is no plain URL of a node's API is left out. */
function isUrl(text: string): boolean {
  return /^https?:\/\/[a-zA-Z0-9.:[\]-]{1,120}\/?$/.test(text)
}

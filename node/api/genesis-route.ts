/**
 * Reading the genesis: for newcomers who know its hash.
 *
 * @module
 */

import { createRoute, json, type Route } from './route.ts'
import { nothing } from './shapes.ts'

/** The route that hands out the genesis, as its file says it. */
export const genesisRoute: Route = createRoute({
  method: 'GET',
  path: '/v1/genesis',
  scope: 'any',
  summary: 'The genesis of the network, as its file says it; whoever asks compares its hash',
  params: nothing,
  query: nothing,
  handle: (_, { genesis }) => json({ genesis })
})

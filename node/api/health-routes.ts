/**
 * Health: whether the process lives, whether the node is ready, and how it is.
 *
 * Alive means that the process answers and no more, so that a supervisor never
 * restarts a node for what its network does. Ready goes false first on shutdown,
 * before anything stops, so that callers have gone elsewhere by then.
 *
 * @module
 */

import * as z from 'zod'
import type { LedgerStatus } from '../ledger-service.ts'
import { echoAnswer, readyAnswer, statusAnswer } from './answer-shapes.ts'
import { toJsonObject } from './json-value.ts'
import { createRoute, json, type Route } from './route.ts'
import { count, nothing } from './shapes.ts'

const liveRoute = createRoute({
  method: 'GET',
  path: '/livez',
  right: 'open',
  rateKind: null,
  scope: 'any',
  produces: ['text/plain'],
  summary: 'Whether the process is alive',
  params: nothing,
  query: nothing,
  handle: () => ({ kind: 'text', text: 'ok\n' })
})

const readyRoute = createRoute({
  method: 'GET',
  path: '/readyz',
  answers: readyAnswer,
  right: 'open',
  rateKind: null,
  scope: 'any',
  summary: 'Whether the node is ready to serve',
  params: nothing,
  query: z.strictObject({
    minPeers: count.optional(),
    maxBlocksBehind: count.optional(),
    verbose: z.enum(['', '0', '1']).optional()
  }),
  handle: ({ query, status }, { isShuttingDown }) => {
    const { minPeers, maxBlocksBehind, verbose } = query
    const blocksBehind = Math.max(0, status.highestKnownHeight - status.height)
    const checks = {
      running: !isShuttingDown(),
      state: status.state === 'ready',
      ...(minPeers === undefined ? {} : { peers: status.peers >= minPeers }),
      ...(maxBlocksBehind === undefined ? {} : { behind: blocksBehind <= maxBlocksBehind })
    }
    const isReady = Object.values(checks).every(Boolean)
    const isVerbose = verbose === '' || verbose === '1'
    const { state, peers, sentence } = status
    const details = isVerbose ? { checks, state, peers, blocksBehind, sentence } : {}
    return json({ ready: isReady, ...details }, isReady ? 200 : 503)
  }
})

const statusRoute = createRoute({
  method: 'GET',
  path: '/v1/status',
  answers: statusAnswer,
  scope: 'any',
  summary: 'How the node and its ledger are',
  params: nothing,
  query: nothing,
  handle: ({ status }) => json({ status: toJsonObject(status) })
})

const echoRoute = createRoute({
  method: 'GET',
  path: '/v1/echo',
  answers: echoAnswer,
  right: 'open',
  rateKind: null,
  scope: 'any',
  summary: 'The smallest answer, to measure the way to this node',
  params: nothing,
  query: nothing,
  handle: ({ status }: { readonly status: LedgerStatus }) =>
    json(toJsonObject({ nodeId: status.nodeId }))
})

/** The routes that tell of the node itself. */
export const healthRoutes: readonly Route[] = [liveRoute, readyRoute, statusRoute, echoRoute]

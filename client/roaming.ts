/**
 * Roaming: finds nodes by what the ledger says of its members, measures the way to each, and asks the
 * nearest.
 *
 * What is on its way is not lost by a move: an outbox sends the same bytes again to
 * whichever node is asked next, and they count once. Where the nodes are is one node's
 * word; a list that is a lie makes a client ask liars, who cannot prove what is not so.
 *
 * @module
 */

import { fetchBounded } from './fetch-bounded.ts'
import { parseEndpoints, parseJson } from './http-answers.ts'
import { createHttpClient, type HttpClientOptions } from './http-client.ts'
import { NearestNodes } from './nearest-nodes.ts'
import type { Transport } from './transport.ts'

/** Where to begin, and how to ask. */
export interface RoamingOptions extends Omit<HttpClientOptions, 'baseUrls'> {
  /** Base URLs of nodes that are known from the start. */
  readonly seeds: readonly string[]
}

/** What roaming needs from the platform. */
export interface RoamingPorts {
  /** A monotonic clock in milliseconds, such as `performance.now`. */
  readonly nowMs: () => number
}

/** A transport that follows its device about. */
export interface Roaming {
  readonly transport: Transport
  readonly nodes: NearestNodes
  /**
   * Asks where members are reached and measures the way to each node; to be called at the start and
   * every minute or so. Never rejects.
   */
  readonly refresh: () => Promise<void>
  /**
   * The same when the network under the device has changed: what was measured before, of which one new
   * round trip would be but the odd one out, is forgotten. Never rejects.
   */
  readonly moved: () => Promise<void>
}

const ANSWER_MAX_BYTES = 262_144
const ECHO_TIMEOUT_MS = 3_000
/** The first round trip opens a connection, the second one is the distance. */
const ROUNDS = 2
/** Nodes that are measured at once: more would be in each other's way. */
const LANES = 4

/** A client that asks the nearest node. */
export function createRoamingClient(options: RoamingOptions, { nowMs }: RoamingPorts): Roaming {
  const { seeds, ...rest } = options
  const nodes = new NearestNodes(seeds, { nowMs })
  const measure = async (url: string): Promise<void> => {
    try {
      let shortestMs = Number.POSITIVE_INFINITY
      for (let round = 0; round < ROUNDS; round++) {
        const startMs = nowMs()
        const { status } = await ask(`${url}/v1/echo`)
        if (status !== 200) throw new Error(`echo was answered by ${status}`)
        shortestMs = Math.min(shortestMs, nowMs() - startMs)
      }
      nodes.measured(url, shortestMs)
    } catch {
      // Whatever it is, this node is no good place now.
      nodes.failed(url)
    }
  }
  const refresh = async (): Promise<void> => {
    for (const url of nodes.inTurn()) if (await learnFrom(url, nodes)) break
    const waiting = [...nodes.inTurn()]
    const lane = async (): Promise<void> => {
      for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) await measure(url)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }
  const moved = (): Promise<void> => {
    nodes.forget()
    return refresh()
  }
  return { transport: createHttpClient({ ...rest, baseUrls: nodes }), nodes, refresh, moved }
}

/** Learns where members are reached; false when this node did not say. */
async function learnFrom(url: string, nodes: NearestNodes): Promise<boolean> {
  try {
    const { status, body } = await ask(`${url}/v1/endpoints`)
    if (status !== 200) return false
    for (const found of parseEndpoints(parseJson(body))) nodes.learn(found)
    return true
  } catch {
    nodes.failed(url)
    return false
  }
}

function ask(url: string): Promise<{ readonly status: number; readonly body: Uint8Array }> {
  const headers = { accept: 'application/json' }
  return fetchBounded(url, { headers, timeoutMs: ECHO_TIMEOUT_MS, maxBytes: ANSWER_MAX_BYTES })
}

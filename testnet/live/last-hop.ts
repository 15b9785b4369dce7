/**
 * The last hop: how far a client is from each node of a network, for live tests in which it travels.
 *
 * A relay stands before each node's API, with the delay of the very table by which the nodes are
 * apart. Whoever moves has another network under it: what was open breaks.
 *
 * @module
 */

import type { RegionName } from '../regions/latencies.ts'
import { oneWayMs } from '../regions/latencies.ts'
import { openLinkRelay } from '../relay/link-relay.ts'
import type { LiveNode } from './live-net.ts'

/** The ways of one client to all nodes. */
export interface LastHop {
  /** Base URLs by which the client reaches the nodes, in their order. */
  readonly urls: readonly string[]
  /** Breaks what is open; from now on the client stands there. */
  readonly moveTo: (place: RegionName) => void
  /** There and back between a place and a node, by the table. */
  readonly roundTripMs: (place: RegionName, url: string) => number
  /** The node behind a URL. */
  readonly nodeAt: (url: string) => Pick<LiveNode, 'slug' | 'region'> | undefined
  readonly close: () => Promise<void>
}

/** Opens the ways. The client stands at the first node until it moves. */
export async function openLastHop(nodes: readonly LiveNode[]): Promise<LastHop> {
  const ways = await Promise.all(
    nodes.map(async (node) => {
      const targetPort = Number(new URL(node.url).port)
      const relay = await openLinkRelay({ listenPort: 0, targetPort }, { random: Math.random })
      return { node, relay, url: `http://127.0.0.1:${relay.port}` }
    })
  )
  const nodeAt = (url: string): LiveNode | undefined => ways.find((way) => way.url === url)?.node
  const moveTo = (place: RegionName): void => {
    for (const { node, relay } of ways) {
      relay.setConditions('forward', { delayMs: oneWayMs(place, node.region) })
      relay.setConditions('backward', { delayMs: oneWayMs(node.region, place) })
      relay.cut()
      relay.mend()
    }
  }
  moveTo((nodes[0] as LiveNode).region)
  return {
    urls: ways.map(({ url }) => url),
    moveTo,
    roundTripMs: (place, url) => {
      const region = nodeAt(url)?.region
      return region === undefined ? 0 : oneWayMs(place, region) + oneWayMs(region, place)
    },
    nodeAt,
    close: async () => {
      await Promise.all(ways.map(({ relay }) => relay.close()))
    }
  }
}

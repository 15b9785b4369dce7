/**
 * The link plan: which relay stands between which nodes, and by which port one dials another.
 *
 * Every ordered pair of nodes has a relay of its own, because either may dial. Bytes from A to B
 * travel as long whoever dialled. Nodes with no distance between them dial each other directly,
 * unless relays are asked for so that links can be made to fail.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'

/** One relay: `from` dials `to` through it. */
export interface PlannedLink {
  readonly from: number
  readonly to: number
  readonly listenPort: number
  readonly targetPort: number
  readonly forwardDelayMs: number
  readonly backwardDelayMs: number
}

/** All relays of a testnet. */
export interface LinkPlan {
  readonly links: readonly PlannedLink[]
  /** The port by which node `from` reaches node `to`. */
  readonly dialPort: (from: number, to: number) => number
}

/** What a link plan is made from. */
export interface LinkPlanOptions {
  /** The peer-to-peer port of each node, by index. */
  readonly nodePorts: readonly number[]
  /** Free ports, at least {@link relayCount} of them. */
  readonly relayPorts: readonly number[]
  readonly oneWayMs: (from: number, to: number) => number
  /** Whether nodes with no distance between them get a relay as well. */
  readonly relayEveryLink?: boolean
  /** The one node whose links are planned; all unless said. */
  readonly onlyFrom?: number
}

type PairOptions = Pick<LinkPlanOptions, 'oneWayMs' | 'relayEveryLink' | 'onlyFrom'>

/** How many relay ports a plan needs. */
export function relayCount(nodeCount: number, options: PairOptions): number {
  return relayedPairs(nodeCount, options).length
}

/** Gives each pair that needs a relay one of the free ports. */
export function planLinks(options: LinkPlanOptions): LinkPlan {
  const { nodePorts, relayPorts, oneWayMs } = options
  const links = relayedPairs(nodePorts.length, options).map(([from, to], index) => {
    const listenPort = relayPorts[index]
    invariant(listenPort !== undefined, 'there is a free port for each relay')
    return {
      from,
      to,
      listenPort,
      targetPort: nodePorts[to] as number,
      forwardDelayMs: oneWayMs(from, to),
      backwardDelayMs: oneWayMs(to, from)
    }
  })
  return { links, dialPort: (from, to) => dialPort({ links, nodePorts }, from, to) }
}

function dialPort(
  plan: { readonly links: readonly PlannedLink[]; readonly nodePorts: readonly number[] },
  from: number,
  to: number
): number {
  const relayed = plan.links.find((link) => link.from === from && link.to === to)
  const port = relayed?.listenPort ?? plan.nodePorts[to]
  invariant(port !== undefined && from !== to, 'one node of the plan dials another')
  return port
}

function relayedPairs(
  nodeCount: number,
  { oneWayMs, relayEveryLink, onlyFrom }: PairOptions
): readonly (readonly [number, number])[] {
  const indexes = Array.from({ length: nodeCount }, (_, index) => index)
  const apart = (from: number, to: number): boolean => oneWayMs(from, to) + oneWayMs(to, from) > 0
  const dialling = onlyFrom === undefined ? indexes : [onlyFrom]
  return dialling.flatMap((from) =>
    indexes
      .filter((to) => from !== to && (relayEveryLink === true || apart(from, to)))
      .map((to) => [from, to] as const)
  )
}

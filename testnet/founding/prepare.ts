/**
 * Preparing a testnet: founded anew or taken up where the last run left it, with ports for all.
 *
 * @module
 */

import type { GenesisDocument } from '../../config/index.ts'
import { readGenesis } from '../../node/cli/settings.ts'
import { NodeError } from '../../node/errors.ts'
import { PORTS_PER_NODE, reserveAll } from '../cluster/cluster.ts'
import {
  type NodePorts,
  REGISTRY_FORMAT,
  type RegisteredNode,
  type Registry,
  readRegistry,
  writeRegistry
} from '../cluster/registry.ts'
import { genesisPath } from '../home.ts'
import type { PortReservation } from '../ports.ts'
import { placeNodes, type RegionPlan } from '../regions/region-set.ts'
import { type LinkPlan, planLinks, relayCount } from '../relay/link-plan.ts'
import { endFounding, type FoundedNode, foundTestnet, type TestnetShape } from './founding.ts'
import { readMemberIds } from './member-ids.ts'
import { writeNodeSettings } from './node-settings.ts'
import { isHalfFounded, wipeTestnet } from './wipe.ts'

/** What the caller asks for; what is undefined stays as it was, or has its default. */
export interface WantedTestnet {
  readonly members: number | undefined
  readonly observers: number | undefined
  readonly regionSet: TestnetShape['regionSet'] | undefined
  readonly isFresh: boolean
  /** For a testnet founded now: makers beside its own. */
  readonly vendorGrants?: TestnetShape['vendorGrants']
  /** Whether nodes with no distance between them get relays as well, so that links can be made to fail. */
  readonly relayEveryLink?: boolean
  /** Settings of a node that are to be otherwise than usual, by their paths. */
  readonly settingsOf?: (index: number) => Readonly<Record<string, unknown>>
}

/** A testnet that can be started. */
export interface PreparedTestnet {
  readonly home: string
  readonly registry: Registry
  readonly genesis: GenesisDocument
  readonly regions: RegionPlan
  readonly links: LinkPlan
  readonly reservation: PortReservation
  /** By member id: the founders, and who has joined since and may have a seat. */
  readonly memberNodes: ReadonlyMap<string, RegisteredNode>
  readonly isNew: boolean
}

/** What a testnet has when nothing is said. */
const DEFAULT_SHAPE: TestnetShape = { members: 5, observers: 1, regionSet: 'global' }

/**
 * Prepares a testnet in a home that the caller has claimed.
 *
 * @throws {@link NodeError} USAGE_WRONG when the home holds a testnet of another shape
 */
export async function prepareTestnet(
  home: string,
  wanted: WantedTestnet,
  timeMs: number
): Promise<PreparedTestnet> {
  if (wanted.isFresh || isHalfFounded(home)) wipeTestnet(home)
  const known = readRegistry(home)
  if (known !== undefined) requireSameShape(home, known, wanted)
  const shape: TestnetShape = {
    members: wanted.members ?? DEFAULT_SHAPE.members,
    observers: wanted.observers ?? DEFAULT_SHAPE.observers,
    regionSet: wanted.regionSet ?? DEFAULT_SHAPE.regionSet,
    vendorGrants: wanted.vendorGrants
  }
  const nodes = known?.nodes ?? (await foundTestnet(home, shape, timeMs))
  const regionSet = known?.regionSet ?? shape.regionSet
  const regions = placeNodes(
    regionSet,
    nodes.map(({ region }) => region)
  )
  const { relayEveryLink = false } = wanted
  const linkOptions = { oneWayMs: regions.oneWayMs, relayEveryLink }
  const relays = relayCount(nodes.length, linkOptions)
  const reservation = await reserveAll(known, nodes.length * PORTS_PER_NODE + relays)
  const registered = nodes.map((node, index) => register(node, index, reservation.ports))
  const relayPorts = reservation.ports.slice(nodes.length * PORTS_PER_NODE)
  const nodePorts = registered.map(({ ports }) => ports.peer)
  const links = planLinks({ nodePorts, relayPorts, ...linkOptions })
  const members = await readMemberIds(registered)
  for (const node of registered) {
    const changes = wanted.settingsOf?.(node.index) ?? {}
    writeNodeSettings(home, { node, members, links, changes })
  }
  const registry: Registry = {
    format: REGISTRY_FORMAT,
    regionSet,
    supervisorPid: process.pid,
    nodes: registered,
    relayPorts
  }
  writeRegistry(home, registry)
  endFounding(home)
  const { genesis } = await readGenesis(genesisPath(home))
  const memberNodes = new Map(
    members.map(({ index, memberId }) => [memberId, registered[index] as RegisteredNode])
  )
  const isNew = known === undefined
  return { home, registry, genesis, regions, links, reservation, memberNodes, isNew }
}

function register(
  { name, slug, region, role, dataFolder }: FoundedNode,
  index: number,
  ports: readonly number[]
): RegisteredNode {
  const [peer, http, mqtt, metrics] = ports.slice(index * PORTS_PER_NODE)
  const own = { peer, http, mqtt, metrics } as NodePorts
  return { name, slug, index, region, role, dataFolder, ports: own, pid: null }
}

function requireSameShape(home: string, known: Registry, wanted: WantedTestnet): void {
  const counted = (wantedRole: RegisteredNode['role']): number =>
    known.nodes.filter(({ role }) => role === wantedRole).length
  const [members, observers] = [counted('member'), counted('observer')]
  const isOther =
    (wanted.members ?? members) !== members ||
    (wanted.observers ?? observers) !== observers ||
    (wanted.regionSet ?? known.regionSet) !== known.regionSet
  if (isOther)
    throw new NodeError(
      'USAGE_WRONG',
      `${home} holds a testnet of ${members} members and ${observers} observers, ${known.regionSet}: begin anew with --fresh, or choose another --home`
    )
}

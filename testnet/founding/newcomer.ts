/**
 * A newcomer: the keys, the data folder and the settings of a node that joins a testnet that runs.
 *
 * It names no endpoints when it asks for a seat. As the founders do, it calls the others by the
 * relays that stand between them, so no link is shorter than the distance; nodes that come after
 * it, and every node from the next start on, know where to call it.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { writeApplicationFile } from '../../node/cli/application-file.ts'
import { readGenesis } from '../../node/cli/settings.ts'
import { NodeError } from '../../node/errors.ts'
import { createNodeKeys } from '../../node/node-keys.ts'
import { keyHash, toHex } from '../../protocol/index.ts'
import { PORTS_PER_NODE } from '../cluster/cluster.ts'
import { isNodeNamed, slugOf } from '../cluster/node-names.ts'
import type { NodePorts, RegisteredNode, Registry } from '../cluster/registry.ts'
import { genesisPath, nodeFolder } from '../home.ts'
import { type PortReservation, reservePorts } from '../ports.ts'
import type { RegionName } from '../regions/latencies.ts'
import { placeNodes, planRegions } from '../regions/region-set.ts'
import { type LinkPlan, planLinks, relayCount } from '../relay/link-plan.ts'
import { readMemberIds } from './member-ids.ts'
import { createNodeFolder } from './node-folder.ts'
import { writeNodeSettings } from './node-settings.ts'

/** Who shall join, and where it stands; without a region, in the next one of the set. */
export interface WantedNewcomer {
  readonly name: string
  readonly region: RegionName | undefined
}

/** A node that can be started. */
export interface PreparedNewcomer {
  readonly node: RegisteredNode
  /** The relays by which it calls the others. */
  readonly links: LinkPlan
  readonly reservation: PortReservation
}

const NODES_MAX = 64
const OPERATOR_ID_BYTES = 16
const FOLDER_MODE = 0o700

/**
 * Makes everything that a newcomer needs on disk before it can run.
 *
 * @throws NodeError USAGE_WRONG when it cannot be called so, or there are nodes enough
 */
export async function prepareNewcomer(
  home: string,
  registry: Pick<Registry, 'nodes' | 'regionSet'>,
  wanted: WantedNewcomer
): Promise<PreparedNewcomer> {
  const { nodes, regionSet } = registry
  const slug = requireName(wanted.name, nodes)
  const index = nodes.length
  const next = planRegions(regionSet, index + 1).regions[index]
  const region = wanted.region ?? (next as RegionName)
  const { oneWayMs } = placeNodes(regionSet, [...nodes.map((each) => each.region), region])
  const plan = { oneWayMs, onlyFrom: index }
  const reservation = await reservePorts(
    { count: PORTS_PER_NODE + relayCount(index + 1, plan) },
    { random: Math.random }
  )
  const [peer, http, mqtt, metrics, ...relayPorts] = reservation.ports
  const ports = { peer, http, mqtt, metrics } as NodePorts
  const dataFolder = `${nodeFolder(home, slug)}/data`
  const node: RegisteredNode = {
    ...{ name: wanted.name.trim(), slug, index, region, role: 'newcomer', dataFolder, ports },
    pid: null
  }
  const nodePorts = [...nodes, node].map((each) => each.ports.peer)
  const links = planLinks({ nodePorts, relayPorts, ...plan })
  await createFolder(home, node)
  writeNodeSettings(home, { node, members: await readMemberIds(nodes), links, changes: {} })
  return { node, links, reservation }
}

function requireName(name: string, nodes: readonly RegisteredNode[]): string {
  const slug = slugOf(name)
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(slug))
    throw new NodeError('USAGE_WRONG', `"${name}" is no name: use letters, digits and blanks`)
  if (nodes.some((node) => isNodeNamed(node, name)))
    throw new NodeError('USAGE_WRONG', `a node is called ${slug} already: choose another name`)
  if (nodes.length >= NODES_MAX)
    throw new NodeError('USAGE_WRONG', `a testnet has ${NODES_MAX} nodes at most`)
  return slug
}

async function createFolder(
  home: string,
  { slug, region, dataFolder }: RegisteredNode
): Promise<void> {
  const folder = nodeFolder(home, slug)
  // No registered node lies there: it was left by a joining that came to no end.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  const keys = createNodeKeys()
  const { genesis, genesisHash } = await readGenesis(genesisPath(home))
  await createNodeFolder(dataFolder, { keys, networkId: genesis.networkId, genesisHash })
  await writeApplicationFile(dataFolder, {
    region,
    endpoints: [],
    operatorId: toHex(new Uint8Array(randomBytes(OPERATOR_ID_BYTES))),
    recoveryKeyHash: toHex(keyHash(keys.recovery.publicKey)),
    proofs: []
  })
}

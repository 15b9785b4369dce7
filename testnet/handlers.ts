/**
 * What the running testnet does when another terminal asks for it.
 *
 * @module
 */

import { NodeError } from '../node/errors.ts'
import type { Cluster, ClusterNode } from './cluster/cluster.ts'
import { readView } from './cluster/node-api.ts'
import type { ControlHandlers } from './control.ts'
import { prepareNewcomer, type WantedNewcomer } from './founding/newcomer.ts'
import type { StatusRow } from './report/status-table.ts'

/** What the handlers act on. */
export interface HandlerPorts {
  /** Undefined while the testnet is still being prepared. */
  readonly cluster: () => Cluster | undefined
  /** Ends the run; resolves when all nodes are down. */
  readonly stop: () => Promise<void>
  readonly note: (text: string) => void
}

/** Makes one handler per command. */
export function createHandlers({ cluster, stop, note }: HandlerPorts): ControlHandlers {
  const running = (): Cluster => {
    const found = cluster()
    if (found === undefined)
      throw new NodeError('NODE_NOT_READY', 'the testnet is still being prepared: ask again soon')
    return found
  }
  const told = (what: string, names: readonly string[]): { readonly nodes: readonly string[] } => {
    if (names.length > 0) note(`${what}: ${names.join(', ')}`)
    return { nodes: names }
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    status: async () => ({ nodes: await Promise.all(running().nodes.map(rowOf)) }),
    down: async () => {
      await stop()
      return {}
    },
    kill: async ({ names }) => told('killed', await running().kill(names)),
    pause: async ({ names }) => told('paused', running().pause(names)),
    heal: async ({ names }) => told('healed', await running().heal(names)),
    join: ({ name, region }) => {
      const all = running()
      const joined = last.then(() => join(all, { name, region: region ?? undefined }))
      // Whoever asked hears of a failure; the next in line must still have its turn.
      last = joined.catch(() => undefined)
      return joined.then(({ node, url }) => {
        note(`joined: ${node.name}, in ${node.region}`)
        return { name: node.name, slug: node.slug, region: node.region, url }
      })
    }
  }
}

/** One more node, under way as soon as it is prepared. */
async function join(cluster: Cluster, wanted: WantedNewcomer): Promise<ClusterNode> {
  const newcomer = await prepareNewcomer(cluster.home, cluster.registry, wanted)
  try {
    await cluster.add(newcomer)
  } catch (error) {
    await newcomer.reservation.releaseAll()
    throw error
  }
  return cluster.nodes[newcomer.node.index] as ClusterNode
}

async function rowOf({ node, url, state }: ClusterNode): Promise<StatusRow> {
  const { name, region } = node
  const processState = state()
  const view = processState === 'ready' ? await readView(url) : undefined
  return {
    name,
    role: view?.role ?? node.role,
    region,
    state: view?.state ?? (processState === 'ready' ? 'silent' : processState),
    height: view?.height ?? null,
    peers: view?.peers ?? null,
    url,
    sentence: view?.sentence ?? ''
  }
}

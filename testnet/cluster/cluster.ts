/**
 * The cluster: the node processes of a testnet and the relays between them, as one thing.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { NodeError } from '../../node/errors.ts'
import { nodeFolder, settingsPath } from '../home.ts'
import { type PortReservation, reservePorts } from '../ports.ts'
import type { LinkPlan } from '../relay/link-plan.ts'
import { type LinkRelay, type LinkRelayStatus, openLinkRelay } from '../relay/link-relay.ts'
import { isNodeNamed } from './node-names.ts'
import { type NodeExit, NodeProcess, type NodeProcessState } from './node-process.ts'
import { type RegisteredNode, type Registry, writeRegistry } from './registry.ts'

/** What a cluster is made of. */
export interface ClusterOptions {
  readonly home: string
  readonly registry: Registry
  readonly links: LinkPlan
  /** Holds all ports until their owner listens. */
  readonly reservation: PortReservation
  /** Programs that run in place of the node's own, by the nodes' indexes. */
  readonly programs?: ReadonlyMap<number, string>
}

/** What a cluster tells. */
export interface ClusterPorts {
  /** A node ended that nobody had asked to. */
  readonly onCrash: (node: RegisteredNode, exit: NodeExit, logPath: string) => void
  readonly onTrouble: (error: NodeError) => void
}

/** One node with its process. */
export interface ClusterNode {
  readonly node: RegisteredNode
  readonly url: string
  readonly state: () => NodeProcessState
  /** The process id while it runs. */
  readonly pid: () => number | undefined
  readonly logPath: string
}

const NODE_ENTRY = fileURLToPath(new URL('../../node/main.js', import.meta.url))

interface Managed extends ClusterNode {
  readonly process: NodeProcess
}

/** Runs the nodes. */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #nodes: readonly Managed[]
  #relays: readonly LinkRelay[] = []

  constructor(options: ClusterOptions, ports: ClusterPorts) {
    this.#options = options
    this.#nodes = options.registry.nodes.map((node) => this.#manage(node, ports))
  }

  /** All nodes, members first. */
  get nodes(): readonly ClusterNode[] {
    return this.#nodes
  }

  /** How each relay does, in the order of the link plan. */
  get links(): readonly LinkRelayStatus[] {
    return this.#relays.map((relay) => relay.status())
  }

  /** The relay by which one node calls another; undefined where it calls directly. */
  relay(from: number, to: number): LinkRelay | undefined {
    const { links } = this.#options.links
    return this.#relays[links.findIndex((link) => link.from === from && link.to === to)]
  }

  /** Opens the relays; the nodes are started one by one by {@link startNode}. */
  async open(): Promise<void> {
    const { links, reservation } = this.#options
    const relays: LinkRelay[] = []
    this.#relays = relays
    for (const link of links.links) {
      await reservation.release(link.listenPort)
      relays.push(
        await openLinkRelay(
          {
            listenPort: link.listenPort,
            targetPort: link.targetPort,
            forward: { delayMs: link.forwardDelayMs },
            backward: { delayMs: link.backwardDelayMs }
          },
          { random: Math.random }
        )
      )
    }
  }

  /** Starts one node and waits until it answers its users. */
  async startNode(index: number): Promise<void> {
    const managed = this.#nodes[index] as Managed
    const { ports } = managed.node
    for (const port of Object.values(ports)) await this.#options.reservation.release(port)
    await managed.process.start()
    this.#remember()
  }

  /** Ends nodes as a power cut would. */
  async kill(names: readonly string[]): Promise<readonly string[]> {
    const found = this.#find(names)
    await Promise.all(found.map(({ process }) => process.kill()))
    this.#remember()
    return namesOf(found)
  }

  /** Freezes nodes with their connections open. */
  pause(names: readonly string[]): readonly string[] {
    return namesOf(this.#find(names).filter(({ process }) => process.pause()))
  }

  /** Mends links, lets frozen nodes go on, and starts those that are down. */
  async heal(names: readonly string[]): Promise<readonly string[]> {
    const found = names.length === 0 ? this.#nodes : this.#find(names)
    for (const relay of this.#relays) relay.mend()
    const resumed = found.filter(({ process }) => process.resume())
    const stopped = found.filter(({ process }) => process.state === 'stopped')
    await Promise.all(stopped.map(({ node }) => this.startNode(node.index)))
    return namesOf([...resumed, ...stopped])
  }

  /** Stops all nodes in order, or kills them at once, and closes the relays. */
  async close(how: 'stop' | 'kill'): Promise<void> {
    await Promise.all(this.#nodes.map(({ process }) => process[how]()))
    await Promise.all(this.#relays.map((relay) => relay.close()))
    await this.#options.reservation.releaseAll()
    const { home, registry } = this.#options
    writeRegistry(home, { ...registry, supervisorPid: null })
  }

  #manage(node: RegisteredNode, ports: ClusterPorts): Managed {
    const { home, programs } = this.#options
    const program = programs?.get(node.index) ?? NODE_ENTRY
    const process: NodeProcess = new NodeProcess(
      {
        name: node.name,
        command: globalThis.process.execPath,
        args: [program, 'start', '--config', settingsPath(home, node.slug)],
        folder: nodeFolder(home, node.slug)
      },
      {
        onLine: () => undefined,
        onExit: (exit) => {
          if (!exit.asked) ports.onCrash(node, exit, process.logPath)
        },
        onTrouble: ports.onTrouble
      }
    )
    return {
      node,
      process,
      url: `http://127.0.0.1:${node.ports.http}`,
      state: () => process.state,
      pid: () => process.pid,
      logPath: process.logPath
    }
  }

  #find(names: readonly string[]): readonly Managed[] {
    const unknown = names.find((name) => !this.#nodes.some(({ node }) => isNodeNamed(node, name)))
    if (unknown !== undefined)
      throw new NodeError(
        'USAGE_WRONG',
        `no node is called ${unknown}: there are ${this.#nodes.map(({ node }) => node.slug).join(', ')}`
      )
    return this.#nodes.filter(({ node }) => names.some((name) => isNodeNamed(node, name)))
  }

  #remember(): void {
    const { home, registry } = this.#options
    const nodes = this.#nodes.map(({ node, process }) => ({ ...node, pid: process.pid ?? null }))
    writeRegistry(home, { ...registry, nodes, supervisorPid: globalThis.process.pid })
  }
}

/** How many ports each node needs. */
export const PORTS_PER_NODE = 4

/** Holds free ports for nodes and relays, those of the last run if they are free still. */
export function reserveAll(
  registry: Pick<Registry, 'nodes' | 'relayPorts'> | undefined,
  count: number
): Promise<PortReservation> {
  const preferred = registry === undefined ? [] : portsOf(registry)
  return reservePorts({ count, preferred }, { random: Math.random })
}

function portsOf({ nodes, relayPorts }: Pick<Registry, 'nodes' | 'relayPorts'>): number[] {
  const own = nodes.flatMap(({ ports }) => [ports.peer, ports.http, ports.mqtt, ports.metrics])
  return [...own, ...relayPorts]
}

function namesOf(nodes: readonly ClusterNode[]): readonly string[] {
  return nodes.map(({ node }) => node.name)
}

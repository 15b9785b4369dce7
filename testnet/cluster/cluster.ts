/**
 * The cluster: the node processes of a testnet and the relays between them, as one thing.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { NodeError } from '../../node/errors.ts'
import { invariant } from '../../protocol/index.ts'
import { nodeFolder, settingsPath } from '../home.ts'
import { type PortReservation, reservePorts } from '../ports.ts'
import type { LinkPlan, PlannedLink } from '../relay/link-plan.ts'
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

/** A node that comes later, with what is held for it. */
export interface ClusterNewcomer {
  readonly node: RegisteredNode
  /** The relays by which it calls the others. */
  readonly links: LinkPlan
  readonly reservation: PortReservation
}

interface Managed extends ClusterNode {
  readonly process: NodeProcess
}

/** Runs the nodes. */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #ports: ClusterPorts
  readonly #nodes: Managed[]
  readonly #links: PlannedLink[] = []
  readonly #relays: LinkRelay[] = []
  readonly #reservations: PortReservation[]
  #isClosed = false

  constructor(options: ClusterOptions, ports: ClusterPorts) {
    this.#options = options
    this.#ports = ports
    this.#reservations = [options.reservation]
    this.#nodes = options.registry.nodes.map((node) => this.#manage(node))
  }

  /** The folder of its testnet. */
  get home(): string {
    return this.#options.home
  }

  /** What outlives it, as things are now. */
  get registry(): Registry {
    const { registry } = this.#options
    const nodes = this.#nodes.map(({ node, process }) => ({ ...node, pid: process.pid ?? null }))
    const later = this.#links.slice(registry.relayPorts.length).map(({ listenPort }) => listenPort)
    const relayPorts = [...registry.relayPorts, ...later]
    return { ...registry, nodes, relayPorts, supervisorPid: globalThis.process.pid }
  }

  /** All nodes: members first, then observers, then who came later. */
  get nodes(): readonly ClusterNode[] {
    return this.#nodes
  }

  /** How each relay does, in the order of the link plan. */
  get links(): readonly LinkRelayStatus[] {
    return this.#relays.map((relay) => relay.status())
  }

  /** The relay by which one node calls another; undefined where it calls directly. */
  relay(from: number, to: number): LinkRelay | undefined {
    return this.#relays[this.#links.findIndex((link) => link.from === from && link.to === to)]
  }

  /** Opens the relays; the nodes are started one by one by {@link startNode}. */
  async open(): Promise<void> {
    await this.#openRelays(this.#options.links)
  }

  /** Takes in a node that comes later, and starts it. */
  async add({ node, links, reservation }: ClusterNewcomer): Promise<void> {
    invariant(node.index === this.#nodes.length, 'whoever comes later is the last')
    this.#reservations.push(reservation)
    await this.#openRelays(links)
    this.#nodes.push(this.#manage(node))
    this.#remember()
    await this.startNode(node.index)
  }

  /** Starts one node and waits until it answers its users. */
  async startNode(index: number): Promise<void> {
    const managed = this.#nodes[index] as Managed
    const { ports } = managed.node
    for (const port of Object.values(ports)) await this.#release(port)
    this.#requireOpen()
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
    this.#isClosed = true
    await Promise.all(this.#nodes.map(({ process }) => process[how]()))
    await Promise.all(this.#relays.map((relay) => relay.close()))
    for (const reservation of this.#reservations) await reservation.releaseAll()
    const { registry } = this
    const nodes = registry.nodes.map((node) => ({ ...node, pid: null }))
    writeRegistry(this.#options.home, { ...registry, nodes, supervisorPid: null })
  }

  async #openRelays({ links }: LinkPlan): Promise<void> {
    for (const link of links) {
      await this.#release(link.listenPort)
      const relay = await openLinkRelay(
        {
          listenPort: link.listenPort,
          targetPort: link.targetPort,
          forward: { delayMs: link.forwardDelayMs },
          backward: { delayMs: link.backwardDelayMs }
        },
        { random: Math.random }
      )
      this.#links.push(link)
      this.#relays.push(relay)
      if (this.#isClosed) await relay.close()
    }
    this.#requireOpen()
  }

  /** Nothing is started behind the back of whoever has ended everything. */
  #requireOpen(): void {
    if (this.#isClosed) throw new NodeError('TESTNET_NOT_RUNNING', 'the testnet has been ended')
  }

  async #release(port: number): Promise<void> {
    for (const reservation of this.#reservations) await reservation.release(port)
  }

  #manage(node: RegisteredNode): Managed {
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
          if (!exit.asked) this.#ports.onCrash(node, exit, process.logPath)
        },
        onTrouble: this.#ports.onTrouble
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
    writeRegistry(this.#options.home, this.registry)
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

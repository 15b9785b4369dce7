/**
 * The network of the simulated world: links between nodes, and what may go wrong on them.
 *
 * @module
 */

import type { Agenda } from './agenda.ts'
import type { Dice } from './dice.ts'
import { createLink, type LinkState, leaveTime, mendLink } from './link.ts'
import type { NodeNetwork } from './node-network.ts'

/** What the network stands on. */
export interface VirtualNetworkPorts {
  readonly nowMs: () => number
  readonly agenda: Agenda
  readonly dice: Dice
}

/** How long a link must be cut until both ends give the connection up. */
const GIVE_UP_MS = 14_000
/** Shortest and longest pause until a broken connection is made anew. */
const REDIAL_MS = [100, 1_500] as const
/** By how much a reordered message is late at most. */
const REORDER_MAX_MS = 400

/** Says of single messages that they are lost. */
export type Sieve = (
  way: { readonly from: number; readonly to: number },
  message: Uint8Array
) => boolean

/** All links, and the nodes on them by index. */
export class VirtualNetwork {
  /** What a script takes out of the traffic; null for nothing. */
  sieve: Sieve | null = null
  readonly #ports: VirtualNetworkPorts
  readonly #links: LinkState[][]
  readonly #nodes: (NodeNetwork | null)[]
  /** The connections there are; each has a number of its own. */
  readonly #connected = new Map<string, number>()
  #connections = 0
  readonly #names: string[] = []

  constructor(
    count: number,
    range: { readonly baseMs: readonly [number, number]; readonly tailMs: number },
    ports: VirtualNetworkPorts
  ) {
    this.#ports = ports
    this.#nodes = Array.from({ length: count }, () => null)
    this.#links = Array.from({ length: count }, () => [])
    const [least, most] = range.baseMs
    for (let from = 0; from < count; from++)
      for (let to = 0; to < count; to++) {
        const row = this.#links[from] as LinkState[]
        row[to] = createLink(ports.dice.between(least, most), range.tailMs)
      }
  }

  /** One direction of a link. */
  link(from: number, to: number): LinkState {
    return this.#links[from]?.[to] as LinkState
  }

  /** All directions between different nodes. */
  get links(): readonly LinkState[] {
    return this.#links.flatMap((row, from) => row.filter((_, to) => to !== from))
  }

  /** Whether two nodes have a connection. */
  areConnected(one: number, other: number): boolean {
    return this.#connected.has(pairName(one, other))
  }

  /** The node that is up at a place. */
  nodeAt(index: number): NodeNetwork | null {
    return this.#nodes[index] ?? null
  }

  /** A node comes to the network. */
  attach(index: number, node: NodeNetwork): void {
    this.#nodes[index] = node
    for (let other = 0; other < this.#nodes.length; other++)
      if (other !== index) this.#redial(index, other)
  }

  /** A node is gone: the others notice at once, as when a process ends. */
  detach(index: number): void {
    this.#nodes[index] = null
    for (let other = 0; other < this.#nodes.length; other++) this.#disconnect(index, other)
  }

  /** Cuts one direction; when it lasts, the connection is given up. */
  cut(from: number, to: number): void {
    const link = this.link(from, to)
    link.isCut = true
    this.#later(GIVE_UP_MS, () => {
      if (link.isCut) this.#disconnect(from, to)
    })
  }

  /** Mends one direction. */
  mend(from: number, to: number): void {
    mendLink(this.link(from, to))
    this.#redial(from, to)
  }

  /** Mends everything. */
  mendAll(): void {
    for (const link of this.links) mendLink(link)
    for (let one = 0; one < this.#nodes.length; one++)
      for (let other = 0; other < one; other++) this.#redial(one, other)
  }

  /** Carries a message, if it arrives: then `deliver` runs with its bytes at the right time. */
  carry(
    { from, to }: { readonly from: number; readonly to: number },
    message: Uint8Array,
    deliver: (message: Uint8Array) => void
  ): void {
    const { dice, nowMs } = this.#ports
    const link = this.link(from, to)
    if (this.sieve?.({ from, to }, message) === true) return
    if (link.isCut || dice.happens(link.lossPermille)) return
    const leftMs = leaveTime(link, nowMs(), message.length)
    if (leftMs === undefined) return
    const connection = this.#connected.get(pairName(from, to))
    const copies = dice.happens(link.duplicatePermille) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const lateMs = dice.happens(link.reorderPermille) ? dice.below(REORDER_MAX_MS) : 0
      const travelMs = link.baseMs + (link.tailMs === 0 ? 0 : dice.tail(link.tailMs)) + lateMs
      const isSpoilt = dice.happens(link.corruptPermille)
      this.#ports.agenda.enter(leftMs + travelMs, () => {
        // What was under way on a connection is lost with it.
        if (link.isCut || this.#connected.get(pairName(from, to)) !== connection) return
        if (isSpoilt) this.#break(from, to)
        else deliver(message)
      })
    }
  }

  #redial(one: number, other: number): void {
    this.#later(this.#ports.dice.between(...REDIAL_MS), () => {
      const name = pairName(one, other)
      const [a, b] = [this.#nodes[one], this.#nodes[other]]
      if (a == null || b == null || this.#connected.has(name)) return
      if (this.link(one, other).isCut || this.link(other, one).isCut) return
      this.#connected.set(name, ++this.#connections)
      a.notice(b.self, true)
      b.notice(a.self, true)
    })
  }

  /** Bytes that were spoilt on the way do not pass the seal of a connection: it breaks. */
  #break(one: number, other: number): void {
    this.#disconnect(one, other)
    this.#redial(one, other)
  }

  #disconnect(one: number, other: number): void {
    if (!this.#connected.delete(pairName(one, other))) return
    const [a, b] = [this.#nodes[one], this.#nodes[other]]
    const [nameA, nameB] = [this.#names[one], this.#names[other]]
    if (a != null && nameB !== undefined) a.notice(nameB, false)
    if (b != null && nameA !== undefined) b.notice(nameA, false)
  }

  /** Says under which key the node at a place is known. */
  name(index: number, key: string): void {
    this.#names[index] = key
  }

  /** Where the node of a key is; undefined for nobody. */
  placeOf(key: string): number | undefined {
    const index = this.#names.indexOf(key)
    return index < 0 ? undefined : index
  }

  #later(delayMs: number, run: () => void): void {
    this.#ports.agenda.enter(this.#ports.nowMs() + delayMs, run)
  }
}

function pairName(one: number, other: number): string {
  return one < other ? `${one}-${other}` : `${other}-${one}`
}

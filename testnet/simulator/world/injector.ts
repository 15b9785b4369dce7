/**
 * The injector: brings the faults of a plan about, and mends everything when its time has come.
 *
 * It is also the operator: what does not come up by itself is repaired as the
 * handbook says, and started again.
 *
 * @module
 */

import type { Agenda } from '../virtual/agenda.ts'
import type { Dice } from '../virtual/dice.ts'
import type { VirtualNetwork } from '../virtual/virtual-network.ts'
import { allDirections } from './draw-plan.ts'
import type { Fault, Plan } from './plan.ts'
import type { SimNode } from './sim-node.ts'

/** What the injector works on. */
export interface InjectorPorts {
  readonly nowMs: () => number
  readonly agenda: Agenda
  readonly dice: Dice
  readonly network: VirtualNetwork
  readonly nodes: readonly SimNode[]
  /** A node has lost what it may not vote without. */
  readonly giveUp: (node: SimNode) => void
  /** Something that coverage counts has happened. */
  readonly mark: (name: string) => void
}

type Hindrance = Extract<Fault, { kind: 'slow-disk' | 'full-disk' | 'refusing-disk' }>
type Damage = Extract<Fault, { kind: 'log-hole' | 'marker-lost' | 'bit-flip' }>

/** How long the operator takes to look after a node that is down. */
const OPERATOR_MS = 2_000
/** One bit in so many is flipped in a file of a snapshot, where there are any. */
const FILES_ONE_IN = 2
/** What the operator knows a cure for: the ledger is set aside and fetched anew. */
const REPAIRABLE = new Set(['STORAGE_DAMAGED', 'STORAGE_MISSING', 'VOTE_LOG_MISSING'])

/** Brings faults about. */
export class Injector {
  readonly #plan: Plan
  readonly #ports: InjectorPorts
  /** Nodes that are down on purpose, and until when. */
  readonly #downUntilMs = new Map<number, number>()
  #isHealed = false

  constructor(plan: Plan, ports: InjectorPorts) {
    this.#plan = plan
    this.#ports = ports
  }

  /** Whether everything has been mended for good. */
  get isHealed(): boolean {
    return this.#isHealed
  }

  /** Enters everything into the agenda. */
  start(): void {
    const { agenda } = this.#ports
    for (const fault of this.#plan.faults) agenda.enter(fault.atMs, () => this.#bring(fault))
    agenda.enter(this.#plan.healMs, () => this.#heal())
    this.#watch()
  }

  #bring(fault: Fault): void {
    const { network, mark } = this.#ports
    mark(`fault:${fault.kind}`)
    if (fault.kind === 'crash') this.#crash(fault)
    else if (fault.kind === 'cut') {
      for (const [from, to] of fault.directions) network.cut(from, to)
      this.#after(fault.forMs, () => this.#mend(fault.directions))
    } else if (fault.kind === 'weather') this.#weather(fault)
    else if (fault.kind === 'clog') this.#clog(fault)
    else if (fault.kind === 'clock-jump') this.#node(fault.node).clockError.offsetMs += fault.byMs
    else if (isHindrance(fault)) this.#hinderDisk(fault)
    else this.#damage(fault)
  }

  #crash({ node, ending, downMs, atPoint }: Extract<Fault, { kind: 'crash' }>): void {
    const victim = this.#node(node)
    this.#keepDown(node, downMs)
    if (atPoint > 0 && victim.replica !== null) victim.pointsLeft = atPoint
    else victim.crash(ending)
  }

  #weather(fault: Extract<Fault, { kind: 'weather' }>): void {
    const { network } = this.#ports
    const directions =
      fault.directions === 'all' ? allDirections(this.#plan.weights.length) : fault.directions
    const { lossPermille, duplicatePermille, reorderPermille, corruptPermille } = fault
    for (const [from, to] of directions)
      Object.assign(network.link(from, to), {
        lossPermille,
        duplicatePermille,
        reorderPermille,
        corruptPermille,
        bytesPerSecond: fault.bytesPerSecond === 0 ? Number.POSITIVE_INFINITY : fault.bytesPerSecond
      })
    this.#after(fault.forMs, () => this.#mend(directions))
  }

  /** Swizzle: the links are clogged one by one, and open again in another order. */
  #clog({ directions, forMs }: Extract<Fault, { kind: 'clog' }>): void {
    const { network, dice, nowMs } = this.#ports
    for (const [from, to] of directions)
      network.link(from, to).cloggedUntilMs = nowMs() + dice.between(0, forMs)
  }

  #hinderDisk(fault: Hindrance): void {
    const { faults } = this.#node(fault.node).disk
    if (fault.kind === 'slow-disk') faults.syncMs = fault.syncMs
    else if (fault.kind === 'full-disk') faults.isFull = true
    else faults.isRefusing = true
    this.#after(fault.forMs, () => mendDisk(this.#node(fault.node)))
  }

  /** Damage is done to the disk of a node that is down; it starts on what is left. */
  #damage(fault: Damage): void {
    const node = this.#node(fault.node)
    node.crash('power')
    this.#keepDown(fault.node, fault.downMs)
    if (fault.kind === 'bit-flip') {
      flipBit(node, fault.place)
      return
    }
    const folder = node.disk.database(node.path(fault.where))
    if (folder === undefined) return
    if (fault.kind === 'log-hole') folder.hasLogDamage = true
    else folder.hasMarker = false
  }

  #mend(directions: readonly (readonly [number, number])[]): void {
    for (const [from, to] of directions) this.#ports.network.mend(from, to)
  }

  #heal(): void {
    const { network, nodes } = this.#ports
    this.#isHealed = true
    network.mendAll()
    this.#downUntilMs.clear()
    for (const node of nodes) {
      mendDisk(node)
      node.pointsLeft = Number.POSITIVE_INFINITY
    }
  }

  /** The operator looks around now and then, and sees to what is down. */
  #watch(): void {
    const { agenda, nowMs, nodes } = this.#ports
    agenda.enter(nowMs() + OPERATOR_MS, () => {
      for (const node of nodes) this.#lookAfter(node)
      this.#watch()
    })
  }

  #lookAfter(node: SimNode): void {
    const { nowMs, mark } = this.#ports
    if (node.isUp || nowMs() < (this.#downUntilMs.get(node.index) ?? 0)) return
    if (node.refusal !== null) mark(`refused:${node.refusal}`)
    const { faults } = node.disk
    if (faults.isFull || faults.isRefusing) return
    if (REPAIRABLE.has(node.refusal ?? '') && !node.repair()) this.#ports.giveUp(node)
    node.start()
  }

  #keepDown(node: number, downMs: number): void {
    if (!this.#isHealed) this.#downUntilMs.set(node, this.#ports.nowMs() + downMs)
  }

  #node(index: number): SimNode {
    return this.#ports.nodes[index] as SimNode
  }

  #after(delayMs: number, run: () => void): void {
    this.#ports.agenda.enter(this.#ports.nowMs() + delayMs, run)
  }
}

function mendDisk(node: SimNode): void {
  Object.assign(node.disk.faults, { isFull: false, isRefusing: false, syncMs: 0 })
}

function isHindrance(fault: Hindrance | Damage): fault is Hindrance {
  return fault.kind === 'slow-disk' || fault.kind === 'full-disk' || fault.kind === 'refusing-disk'
}

/** One bit in the ledger, or in a file of a snapshot where there are any. */
function flipBit(node: SimNode, place: number): void {
  const { disk } = node
  const files = disk.allFiles
  const number = Math.floor(place / FILES_ONE_IN) % files.length
  const file = place % FILES_ONE_IN === 0 ? files[number] : undefined
  if (file !== undefined) file.content = flipped(file.content, place)
  const entries = file === undefined ? disk.database(node.path('ledger'))?.entries : undefined
  const keys = [...(entries?.keys() ?? [])]
  const key = keys[place % keys.length]
  const value = key === undefined ? undefined : entries?.get(key)
  if (key !== undefined && value !== undefined && value.length > 0)
    entries?.set(key, flipped(value, place))
}

function flipped(bytes: Uint8Array, place: number): Uint8Array {
  const spoilt = new Uint8Array(bytes)
  const at = place % spoilt.length
  spoilt[at] = (spoilt[at] as number) ^ 1
  return spoilt
}

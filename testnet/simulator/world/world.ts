/**
 * The simulated world: nodes, network, disks and clients in one virtual time.
 *
 * One event happens after the other, and the next one waits until everything
 * that it led to has come to rest. So a plan always leads to the same run.
 *
 * @module
 */

import { NodeError } from '../../../node/errors.ts'
import {
  decodeAcceptedReceipt,
  decodeBatchHeader,
  type Electorate,
  type Outcome,
  toHex
} from '../../../protocol/index.ts'
import { createVice } from '../adversaries/vices.ts'
import type { Checker } from '../checkers/checker.ts'
import { Things } from '../things/things.ts'
import { Agenda } from '../virtual/agenda.ts'
import { Dice, hashOf } from '../virtual/dice.ts'
import { rest } from '../virtual/rest.ts'
import { START_TIME_MS } from '../virtual/virtual-clock.ts'
import { VirtualNetwork } from '../virtual/virtual-network.ts'
import { Clients } from './client.ts'
import { type Founding, found } from './founding.ts'
import { Governor } from './governor.ts'
import { Injector } from './injector.ts'
import { KnownElectorates } from './known-electorates.ts'
import { tellAll } from './observer.ts'
import type { Plan } from './plan.ts'
import { SimNode } from './sim-node.ts'

/** Who is told of what clients are answered. */
export interface AnswerListener {
  readonly onFinal: (node: SimNode, id: string, height: number) => void
  readonly onAccepted: (node: SimNode, id: string, receipt: Uint8Array) => void
  /** Whether a transaction is known to be final, be it that all nodes have forgotten it. */
  readonly isFinal: (id: string) => boolean
  /** What became of a transaction that counts. */
  readonly outcomeOf: (id: string) => Outcome | undefined
  /** Whether a block holds a transaction with an outcome; undefined where nobody knows the block. */
  readonly isTrueAt: (height: number, id: string, outcome: Outcome) => boolean | undefined
}

/** What a world is given beside its plan. */
export interface WorldPorts {
  readonly checkers: readonly Checker[]
  readonly answers: AnswerListener
}

/** One world. */
export class World {
  readonly plan: Plan
  readonly founding: Founding
  readonly nodes: readonly SimNode[]
  readonly clients: Clients
  readonly things: Things
  readonly network: VirtualNetwork
  /** How often what has happened: a batch of runs must have seen everything. */
  readonly marks: Map<string, number> = new Map()
  /** Events so far. */
  events = 0
  readonly #agenda = new Agenda()
  readonly #injector: Injector
  readonly #checkers: readonly Checker[]
  readonly #beyondRepair = new Set<number>()
  readonly #electorates = new KnownElectorates((look) => this.read(look))
  #nowMs = 0
  #hash = 0
  #failure: unknown

  constructor(plan: Plan, ports: WorldPorts) {
    this.plan = plan
    this.#checkers = ports.checkers
    this.founding = found({ weights: plan.weights, faultModel: plan.faultModel })
    const { seed, baseMs, tailMs } = plan
    const time = { nowMs: () => this.#nowMs, agenda: this.#agenda }
    this.network = new VirtualNetwork(
      plan.weights.length,
      { baseMs, tailMs },
      {
        ...time,
        dice: new Dice(seed, 'network')
      }
    )
    const observer = tellAll(ports.checkers, (look) => this.#guard(look))
    this.nodes = plan.weights.map((_, index) => {
      const sinner = plan.vices.find(({ node }) => node === index)
      return new SimNode(
        {
          index,
          founding: this.founding,
          vice: sinner === undefined ? null : createVice(sinner.vice),
          clockError: {
            offsetMs: plan.clockOffsetsMs[index] ?? 0,
            driftPpm: plan.driftsPpm[index] ?? 0
          },
          snapshots: plan.snapshots
        },
        {
          time,
          network: this.network,
          diskDice: new Dice(seed, `disk/${index}`),
          viceDice: new Dice(seed, `vice/${index}`),
          observer,
          mark: (name) => this.mark(name),
          onBug: (node, error) =>
            this.fail(new Error(`node ${node}: ${String((error as Error)?.stack ?? error)}`))
        }
      )
    })
    this.clients = this.#createClients(ports.answers)
    this.things = new Things(plan, {
      ...time,
      founding: this.founding,
      nodes: this.nodes,
      ...ports.answers,
      mark: (name) => this.mark(name),
      fail: (error) => this.fail(error)
    })
    this.#injector = new Injector(plan, {
      ...time,
      dice: new Dice(seed, 'crash'),
      network: this.network,
      nodes: this.nodes,
      giveUp: ({ index }) => {
        if (!this.#beyondRepair.has(index)) this.mark('beyond-repair')
        this.#beyondRepair.add(index)
      },
      mark: (name) => this.mark(name)
    })
  }

  /** Virtual time since the start. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** A hash over everything that has happened, in its order. */
  get hash(): number {
    return this.#hash
  }

  /** Whether everything was mended for good. */
  get isHealed(): boolean {
    return this.#injector.isHealed
  }

  /** Nodes that keep the rules. */
  get honest(): readonly SimNode[] {
    return this.nodes.filter(({ isHonest }) => isHonest)
  }

  /** Whether the node at a place keeps the rules. */
  isHonest(index: number): boolean {
    return this.nodes[index]?.isHonest === true
  }

  /** Whether a node has lost what it may not vote without. */
  isBeyondRepair(node: SimNode): boolean {
    return this.#beyondRepair.has(node.index)
  }

  /** The electorate of an epoch, as an honest node found it on its ledger. */
  electorateOf(epoch: number): Electorate {
    const electorate = this.findElectorate(epoch)
    if (electorate !== undefined) return electorate
    throw new Error(`no honest node knows the electorate of epoch ${epoch}`)
  }

  /** The same; undefined where no honest node has come to that epoch. */
  findElectorate(epoch: number): Electorate | undefined {
    return this.#electorates.find(epoch, this.nodes)
  }

  /** The latest wall clock of any node, a liar's included. */
  latestClockMs(): number {
    const offsets = this.nodes.map(
      ({ clockError: { offsetMs, driftPpm } }) => offsetMs + (this.#nowMs * driftPpm) / 1_000_000
    )
    return START_TIME_MS + this.#nowMs + Math.max(...offsets)
  }

  /** Reads from a node; undefined where its disk is damaged, which is for the node to find out. */
  read<Value>(look: () => Value): Value | undefined {
    try {
      return look()
    } catch (error) {
      if (error instanceof NodeError && error.code === 'STORAGE_DAMAGED') return undefined
      throw error
    }
  }

  /** Counts something that coverage wants to see. */
  mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1)
  }

  /** Folds a fact into the hash of the run. */
  fold(fact: string): void {
    this.#hash = Math.imul(this.#hash ^ hashOf(fact), 0x01000193) >>> 0
  }

  /** Ends the run with a failure, at the next event. */
  fail(error: unknown): void {
    this.#failure ??= error
  }

  /** A rejection that nobody caught: it ends the process of the node whose disk it names. */
  readonly onRejection = (error: unknown): void => {
    const owner = error instanceof NodeError ? /^(\d+)\//.exec(error.message)?.[1] : undefined
    const node = owner === undefined ? undefined : this.nodes[Number(owner)]
    if (node === undefined) this.fail(error)
    else node.endBy(error)
  }

  /** Runs something at a virtual time. */
  at(atMs: number, run: () => void): void {
    this.#agenda.enter(atMs, run)
  }

  /** Starts everything. */
  start(): void {
    for (const node of this.nodes) node.start()
    this.clients.start()
    this.#injector.start()
    if (this.plan.churnMs > 0) this.#createGovernor().start()
  }

  /**
   * Runs until a virtual time.
   *
   * @throws whatever a checker found, or a bug of the product
   */
  async runUntil(endMs: number): Promise<void> {
    await rest()
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const next = this.#agenda.takeNext(endMs)
      if (next === undefined) break
      this.#nowMs = next.atMs
      this.events++
      this.#hash = Math.imul(this.#hash ^ next.order ^ Math.floor(next.atMs), 0x01000193) >>> 0
      next.run()
      await rest()
      for (const checker of this.#checkers) checker.afterEvent?.(this)
    }
    this.#nowMs = endMs
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Asks all checkers at the end of a run. */
  finish(): void {
    for (const checker of this.#checkers) checker.atEnd?.(this)
  }

  /** Who made the promise of a receipt: an observer hands on what a member gave it. */
  #authorOf(receipt: Uint8Array): SimNode | undefined {
    const read = decodeAcceptedReceipt(receipt)
    const header = read && decodeBatchHeader(read.headerBytes)
    return header && this.nodes.find(({ key }) => key === toHex(header.author))
  }

  #createGovernor(): Governor {
    const { plan, founding, nodes } = this
    return new Governor(plan, {
      founding,
      nodes,
      agenda: this.#agenda,
      nowMs: () => this.#nowMs,
      dice: new Dice(plan.seed, 'governor'),
      mark: (name) => this.mark(name)
    })
  }

  #createClients({ onFinal, onAccepted, isFinal }: AnswerListener): Clients {
    const { founding, plan } = this
    const node = (index: number): SimNode => this.nodes[index] as SimNode
    return new Clients(
      {
        steps: founding.steps,
        chains: founding.chains,
        pauseMs: plan.pauseMs,
        devices: plan.devices,
        untilMs: plan.endMs
      },
      {
        nowMs: () => this.#nowMs,
        agenda: this.#agenda,
        dice: new Dice(plan.seed, 'workload'),
        nodes: this.nodes,
        isFinal,
        onFounded: () => this.things.start(),
        onFinal: (index, id, height) => this.#guard(() => onFinal(node(index), id, height)),
        onAccepted: (index, id, receipt) =>
          this.#guard(() => onAccepted(this.#authorOf(receipt) ?? node(index), id, receipt))
      }
    )
  }

  /** What a checker throws in the middle of the product's own work must not be caught by that. */
  #guard(look: () => void): void {
    try {
      look()
    } catch (violation) {
      this.fail(violation)
    }
  }
}

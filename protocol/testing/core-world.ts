/**
 * A small deterministic world for the consensus core: virtual time, unreliable links, crashes.
 *
 * Signatures are taken on trust and blocks are empty shells; everything else is
 * the product's own core. The testnet's simulator does this with all the parts.
 *
 * @module
 */

import { type BatchHeader, batchIdOf, encodeBatchHeader } from '../blocks/batch.ts'
import { step } from '../consensus/core.ts'
import type { CoreState } from '../consensus/core-state.ts'
import type { Effect } from '../consensus/effect.ts'
import type { Event, News } from '../consensus/event.ts'
import { openCore } from '../consensus/start.ts'
import type { SignedVote } from '../consensus/vote.ts'
import { createElectorate, type Electorate } from '../membership/electorate.ts'
import type { BatchId, BlockId, Epoch, FaultModel, MemberIndex, View } from '../types.ts'
import { Schedule } from './schedule.ts'
import { createWorldEffects, type WorldEffects } from './world-effects.ts'
import type { WorldBatch, WorldNode } from './world-node.ts'

const GENESIS_ID = '00'.repeat(32) as BlockId

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number
  readonly weights: readonly number[]
  readonly faultModel?: FaultModel
  readonly delayMs?: readonly [number, number]
  readonly lossPermille?: number
}

/** The world: schedules, delivers, crashes, and remembers every signature. */
export class World {
  readonly electorate: Electorate
  readonly nodes: WorldNode[]
  readonly signed: Map<string, SignedVote> = new Map()
  readonly evidence: [SignedVote, SignedVote][] = []
  /** Links that are cut: `from>to`. */
  readonly cut: Set<string> = new Set()
  nowMs = 0
  lossPermille: number
  conflicts = 0
  readonly #schedule: Schedule = new Schedule()
  readonly #effects: WorldEffects
  readonly #delayMs: readonly [number, number]
  #random: number
  #batchNumber = 0
  #instances = 1

  constructor(options: WorldOptions) {
    this.#random = options.seed * 2 + 1
    this.#delayMs = options.delayMs ?? [5, 40]
    this.lossPermille = options.lossPermille ?? 0
    this.electorate = createElectorate({
      epoch: 0 as Epoch,
      faultModel: options.faultModel ?? 'byzantine',
      parameters: {
        delta0Ms: 500,
        deltaMaxMs: 30_000,
        heartbeatMs: 60_000,
        blockBytesMax: 1_048_576,
        messageDelayMs: 15_000,
        precisionMs: 505
      },
      seats: options.weights.map((weight, index) => ({
        memberId: new Uint8Array(32).fill(index + 1),
        voteKey: new Uint8Array(32).fill(index + 101),
        weight,
        operatorId: new Uint8Array(16),
        region: 'local',
        endpoints: []
      }))
    })
    this.nodes = options.weights.map((_, index) => ({
      index: index as MemberIndex,
      core: this.#freshCore(index as MemberIndex),
      isUp: true,
      incarnation: 0,
      timers: new Map(),
      log: [],
      certificates: [],
      bodies: new Map(),
      batches: new Map(),
      chain: [],
      alarms: []
    }))
    this.#effects = createWorldEffects({
      electorate: this.electorate,
      nodes: this.nodes,
      nowMs: () => this.nowMs,
      random: (bound) => this.random(bound),
      later: (delayMs, run) => this.#later(delayMs, run),
      send: (from, to, deliver) => this.#send(from, to, deliver),
      isCut: (from, to) => this.#isCut(from, to),
      post: (node, news) => this.post(node, news),
      hold: (node, batch) => this.#hold(node, batch),
      onSigned: (signed) => this.#remember(signed),
      onEvidence: (first, second) => void this.evidence.push([first, second])
    })
    for (const node of this.nodes) this.#later(0, () => this.post(node, { kind: 'started' }))
  }

  /** The next random integer below `bound`. */
  random(bound: number): number {
    this.#random ^= this.#random << 13
    this.#random ^= this.#random >>> 17
    this.#random ^= this.#random << 5
    return (this.#random >>> 0) % bound
  }

  /** Runs until a time. */
  runUntil(endMs: number): void {
    for (;;) {
      const next = this.#schedule.takeNext(endMs)
      if (next === undefined) break
      this.nowMs = next.atMs
      next.run()
    }
    this.nowMs = endMs
  }

  /** Hands a fresh batch to a member, which pushes it to some others. */
  submit(author: WorldNode, reach: number = this.nodes.length): BatchId {
    const header: BatchHeader = {
      author: this.electorate.seats[author.index]?.memberId as Uint8Array,
      authorSequence: this.#batchNumber++,
      priority: 2,
      receivedAtMs: this.nowMs,
      height: 0,
      transactionsRoot: new Uint8Array(32),
      count: 1,
      bytes: 300
    }
    const headerBytes = encodeBatchHeader(header)
    const id = batchIdOf(headerBytes)
    const reference = { authorIndex: author.index, headerBytes, header, id }
    const held = {
      id,
      authorIndex: author.index,
      priority: 2 as const,
      bytes: 300,
      count: 1,
      reference
    }
    this.#hold(author, held)
    for (const other of this.nodes.slice(0, reach))
      if (other !== author) this.#send(author, other, () => this.#hold(other, held))
    return id
  }

  /** Ends a member's process; what it recorded stays. */
  crash(node: WorldNode): void {
    node.isUp = false
    node.incarnation++
    node.timers = new Map()
  }

  /** Starts a member again from what it recorded. */
  restart(node: WorldNode): void {
    node.core = this.#freshCore(node.index, node)
    node.isUp = true
    const incarnation = node.incarnation
    this.#later(1, () => {
      if (!node.isUp || node.incarnation !== incarnation) return
      this.post(node, { kind: 'started' })
      const final = new Set(
        node.chain.flatMap(({ id }) => node.bodies.get(id)?.batches.map((b) => b.id) ?? [])
      )
      for (const batch of node.batches.values())
        if (!final.has(batch.id)) this.post(node, { kind: 'batch-held', batch })
      for (const other of this.nodes)
        if (other !== node && other.isUp) {
          this.post(node, { kind: 'member-connected', member: other.index })
          this.post(other, { kind: 'member-connected', member: node.index })
        }
    })
  }

  /** Lets one event happen to a member, and carries out what it leads to. */
  post(node: WorldNode, news: News): void {
    if (!node.isUp) return
    const event: Event = { ...news, nowMs: this.nowMs, timeMs: 1_000_000 + this.nowMs }
    for (const effect of step(node.core, event)) this.#carryOut(node, effect)
  }

  #carryOut(node: WorldNode, effect: Effect): void {
    const port = this.#effects[effect.kind] as (node: WorldNode, effect: Effect) => void
    port(node, effect)
  }

  /** A core as it starts, or starts again from what a member has recorded. */
  #freshCore(self: MemberIndex, node?: WorldNode): CoreState {
    const last = node?.chain[node.chain.length - 1]
    const committed =
      last === undefined
        ? { blockId: GENESIS_ID, height: 0, view: 0 as View, isSealDue: false }
        : {
            blockId: last.id,
            height: node?.chain.length ?? 0,
            view: last.view,
            isSealDue: false
          }
    const finalisation = last === undefined ? [] : [last.certificate]
    return openCore({
      pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
      electorate: this.electorate,
      self,
      instance: this.#instances++,
      committed,
      highestOwnVote: Math.max(0, ...(node?.log ?? []).map(({ vote }) => vote.view)),
      ownVotes: node?.log ?? [],
      certificates: [...finalisation, ...(node?.certificates ?? [])],
      blocks: [...(node?.bodies.values() ?? [])].filter(
        ({ header }) => header.height > committed.height
      ),
      nowMs: this.nowMs
    })
  }

  #hold(node: WorldNode, batch: WorldBatch): void {
    if (!node.isUp || node.batches.has(batch.id)) return
    node.batches.set(batch.id, batch)
    this.post(node, { kind: 'batch-held', batch })
  }

  /** Every signature an honest member ever made: two that conflict are a broken promise. */
  #remember(signed: SignedVote): void {
    const { kind, view, subject } = signed.vote
    const mine = `${signed.signer}/${view}`
    const before = this.signed.get(`${mine}/${kind}`)
    if (before !== undefined && before.vote.subject?.blockId !== subject?.blockId) this.conflicts++
    const opposite = kind === 'nullify' ? 'finalise' : 'nullify'
    if (kind !== 'notarise' && this.signed.has(`${mine}/${opposite}`)) this.conflicts++
    this.signed.set(`${mine}/${kind}`, signed)
  }

  #send(from: WorldNode, to: WorldNode, deliver: () => void): void {
    if (this.random(1000) < this.lossPermille) return
    const [least, most] = this.#delayMs
    this.#later(least + this.random(most - least + 1), () => {
      if (to.isUp && !this.#isCut(from, to)) deliver()
    })
  }

  #isCut(from: WorldNode, to: WorldNode): boolean {
    return this.cut.has(`${from.index}>${to.index}`)
  }

  #later(delayMs: number, run: () => void): number {
    return this.#schedule.enter(this.nowMs + delayMs, run)
  }
}

/**
 * A small deterministic world for the consensus core: virtual time, unreliable links, crashes.
 *
 * Signatures are taken on trust and blocks are empty shells; everything else is
 * the product's own core. The testnet's simulator does this with all the parts.
 *
 * @module
 */

import { type BatchHeader, batchIdOf, encodeBatchHeader } from '../blocks/batch.ts'
import {
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  batchListRoot,
  createBlock
} from '../blocks/block.ts'
import type { Certificate } from '../consensus/certificate.ts'
import { step } from '../consensus/core.ts'
import type { CoreState } from '../consensus/core-state.ts'
import type { Effect } from '../consensus/effect.ts'
import type { Event, HeldBatch, News } from '../consensus/event.ts'
import { openCore } from '../consensus/start.ts'
import type { SignedVote } from '../consensus/vote.ts'
import { fromHex } from '../foundation/bytes.ts'
import { createElectorate, type Electorate } from '../membership/electorate.ts'
import type { BatchId, BlockId, Epoch, FaultModel, Height, MemberIndex, View } from '../types.ts'

const GENESIS_ID = '00'.repeat(32) as BlockId

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number
  readonly weights: readonly number[]
  readonly faultModel?: FaultModel
  readonly delayMs?: readonly [number, number]
  readonly lossPermille?: number
}

/** One simulated member: its core, its disk, and what it has committed. */
export interface WorldNode {
  readonly index: MemberIndex
  core: CoreState
  isUp: boolean
  incarnation: number
  timers: Map<string, number>
  readonly log: SignedVote[]
  readonly certificates: Certificate[]
  readonly bodies: Map<BlockId, Block>
  readonly batches: Map<BatchId, HeldBatch & { readonly reference: BatchReference }>
  readonly chain: { readonly id: BlockId; readonly view: View; readonly certificate: Certificate }[]
  readonly alarms: string[]
}

interface Scheduled {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
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
  readonly #queue: Scheduled[] = []
  readonly #delayMs: readonly [number, number]
  #order = 0
  #random: number
  #batchNumber = 0

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
      core: this.#freshCore(index as MemberIndex, [], [], []),
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
      const next = this.#takeNext(endMs)
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
    node.core = this.#freshCore(
      node.index,
      node.log,
      node.certificates,
      [...node.bodies.values()],
      node
    )
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

  #freshCore(
    self: MemberIndex,
    ownVotes: readonly SignedVote[],
    certificates: readonly Certificate[],
    blocks: readonly Block[],
    node?: WorldNode
  ): CoreState {
    const last = node?.chain[node.chain.length - 1]
    const committed =
      last === undefined
        ? { blockId: GENESIS_ID, height: 0, view: 0 as View }
        : { blockId: last.id, height: node?.chain.length ?? 0, view: last.view }
    const finalisation = last === undefined ? [] : [last.certificate]
    return openCore({
      electorate: this.electorate,
      self,
      committed,
      ownVotes,
      certificates: [...finalisation, ...certificates],
      blocks: blocks.filter(({ header }) => header.height > committed.height),
      nowMs: this.nowMs
    })
  }

  #carryOut(node: WorldNode, effect: Effect): void {
    const after = (news: News, delayMs = 1): void => {
      const { incarnation } = node
      this.#later(delayMs, () => {
        if (node.incarnation === incarnation) this.post(node, news)
      })
    }
    switch (effect.kind) {
      case 'record-votes': {
        const votes = effect.votes.map(
          (vote): SignedVote => ({
            vote,
            signer: node.index,
            signature: new Uint8Array(64)
          })
        )
        for (const signed of votes) this.#remember(signed)
        node.log.push(...votes)
        node.certificates.push(...effect.certificates)
        return after({ kind: 'votes-recorded', votes })
      }
      case 'send-vote':
        return this.#multicast(node, effect.to, (other) =>
          this.post(other, { kind: 'vote-received', from: node.index, vote: effect.vote })
        )
      case 'send-proposal': {
        const block = node.core.blocks.get(effect.blockId)?.block ?? node.bodies.get(effect.blockId)
        if (block === undefined) return
        const { vote, justification } = effect
        return this.#multicast(node, effect.to, (other) =>
          this.post(other, {
            kind: 'proposal-received',
            from: node.index,
            proposal: { block, vote, justification }
          })
        )
      }
      case 'send-certificate':
        return this.#multicast(node, effect.to, (other) =>
          this.post(other, {
            kind: 'certificate-received',
            from: node.index,
            certificate: effect.certificate
          })
        )
      case 'send-status':
        return this.#multicast(node, effect.to, (other) =>
          this.post(other, { kind: 'status-received', from: node.index, status: effect.status })
        )
      case 'set-timer': {
        const name = `${effect.timer}/${effect.view}`
        const order = this.#order
        node.timers.set(name, order)
        const { incarnation } = node
        return this.#later(effect.delayMs, () => {
          if (node.incarnation !== incarnation || node.timers.get(name) !== order) return
          node.timers.delete(name)
          this.post(node, { kind: 'timer-fired', timer: effect.timer, view: effect.view })
        })
      }
      case 'cancel-timer':
        node.timers.delete(`${effect.timer}/${effect.view}`)
        return
      case 'verify-votes':
        return after({
          kind: 'votes-verified',
          votes: effect.votes,
          genuine: effect.votes.map(() => true)
        })
      case 'verify-certificate':
        return after({
          kind: 'certificate-verified',
          certificate: effect.certificate,
          from: effect.from,
          isGenuine: true
        })
      case 'obtain-batches':
        return this.#obtain(node, effect.blockId)
      case 'fetch-block':
        return this.#fetchBlock(node, effect.blockId, effect.from)
      case 'fetch-certificates':
        for (const from of effect.from) {
          const other = this.nodes[from] as WorldNode
          this.#send(node, other, () => {
            for (const [view, held] of other.core.certificates)
              if (view >= effect.first && view <= effect.last)
                for (const certificate of [
                  held.notarisation,
                  held.nullification,
                  held.finalisation
                ])
                  if (certificate !== null)
                    this.#send(other, node, () =>
                      this.post(node, {
                        kind: 'certificate-received',
                        from: other.index,
                        certificate
                      })
                    )
          })
        }
        return
      case 'catch-up':
        return this.#catchUp(node)
      case 'execute-block':
        node.bodies.set(effect.blockId, node.core.blocks.get(effect.blockId)?.block as Block)
        return after({ kind: 'block-executed', blockId: effect.blockId, isValid: true })
      case 'build-block':
        return after({ kind: 'block-built', view: effect.view, block: this.#build(node, effect) })
      case 'push-batches':
        for (const to of effect.to)
          for (const id of effect.batchIds) {
            const held = node.batches.get(id)
            const other = this.nodes[to] as WorldNode
            if (held !== undefined) this.#send(node, other, () => this.#hold(other, held))
          }
        return
      case 'commit-blocks': {
        for (const id of effect.blockIds) {
          const block = node.core.blocks.get(id)?.block as Block
          node.bodies.set(id, block)
          node.chain.push({ id, view: block.header.view, certificate: effect.finalisation })
        }
        const last = effect.blockIds[effect.blockIds.length - 1] as BlockId
        return after({ kind: 'blocks-committed', blockId: last })
      }
      case 'report-evidence':
        this.evidence.push([effect.first, effect.second])
        return
      case 'raise-alarm':
        node.alarms.push(effect.code)
        return
      case 'confirm-block':
      case 'penalise':
        return
    }
  }

  #build(node: WorldNode, effect: Extract<Effect, { kind: 'build-block' }>): Block {
    const parent = node.core.blocks.get(effect.parentId)?.block ?? node.bodies.get(effect.parentId)
    const batches = effect.batchIds.map((id) => node.batches.get(id)?.reference as BatchReference)
    const block = createBlock(
      {
        format: BLOCK_FORMAT,
        networkTag: new Uint8Array(32),
        epoch: 0 as Epoch,
        view: effect.view,
        parentId: fromHex(effect.parentId) as Uint8Array,
        parentView: effect.parentView,
        height: ((parent?.header.height ?? 0) + 1) as Height,
        timeMs: 1_000_000 + this.nowMs,
        batchListRoot: batchListRoot(batches),
        stateRoot: new Uint8Array(32),
        receiptsRoot: new Uint8Array(32),
        transactionCount: batches.length,
        electorateHash: this.electorate.hash,
        seal: null
      },
      batches
    )
    node.bodies.set(block.id, block)
    return block
  }

  #obtain(node: WorldNode, blockId: BlockId): void {
    const block = node.core.blocks.get(blockId)?.block
    if (block === undefined) return
    for (const reference of block.batches)
      if (!node.batches.has(reference.id))
        node.batches.set(reference.id, {
          id: reference.id,
          authorIndex: reference.authorIndex as MemberIndex,
          priority: 2,
          bytes: 300,
          count: 1,
          reference
        })
    const { incarnation } = node
    this.#later(1 + this.random(60), () => {
      if (node.incarnation === incarnation) this.post(node, { kind: 'block-available', blockId })
    })
  }

  #fetchBlock(node: WorldNode, blockId: BlockId, from: readonly MemberIndex[]): void {
    for (const index of from) {
      const other = this.nodes[index] as WorldNode
      this.#send(node, other, () => {
        const block = other.bodies.get(blockId) ?? other.core.blocks.get(blockId)?.block
        if (block !== undefined && other.isUp)
          this.#send(other, node, () => this.post(node, { kind: 'block-received', block }))
      })
    }
  }

  /** Asks the member that is furthest for the next blocks, again until the chain is as long. */
  #catchUp(node: WorldNode): void {
    const reachable = this.nodes.filter(
      (other) => other !== node && other.isUp && !this.cut.has(`${other.index}>${node.index}`)
    )
    const best = reachable.reduce<WorldNode | undefined>(
      (found, other) => (other.chain.length > (found?.chain.length ?? 0) ? other : found),
      undefined
    )
    const { incarnation } = node
    this.#later(80, () => {
      if (node.incarnation !== incarnation || !node.isUp) return
      const behind = best?.chain.slice(node.chain.length, node.chain.length + 8) ?? []
      while (behind.length > 0 && !isDirectlyFinal(behind[behind.length - 1])) {
        const next = best?.chain[node.chain.length + behind.length]
        if (next === undefined) break
        behind.push(next)
      }
      for (const { id } of behind)
        this.post(node, { kind: 'block-received', block: best?.bodies.get(id) as Block })
      const last = behind[behind.length - 1]
      if (last !== undefined && isDirectlyFinal(last))
        this.post(node, { kind: 'certificate-received', from: null, certificate: last.certificate })
      if (node.core.pendingFinalisation !== null) this.#catchUp(node)
    })
  }

  #hold(node: WorldNode, batch: HeldBatch & { readonly reference: BatchReference }): void {
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

  #multicast(
    from: WorldNode,
    to: 'all' | readonly MemberIndex[],
    deliver: (other: WorldNode) => void
  ): void {
    for (const other of this.nodes) {
      if (other === from || (to !== 'all' && !to.includes(other.index))) continue
      this.#send(from, other, () => deliver(other))
    }
  }

  #send(from: WorldNode, to: WorldNode, deliver: () => void): void {
    if (this.random(1000) < this.lossPermille) return
    const [least, most] = this.#delayMs
    this.#later(least + this.random(most - least + 1), () => {
      if (to.isUp && !this.cut.has(`${from.index}>${to.index}`)) deliver()
    })
  }

  #later(delayMs: number, run: () => void): void {
    this.#queue.push({ atMs: this.nowMs + delayMs, order: this.#order++, run })
    let child = this.#queue.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!isEarlier(this.#queue[child], this.#queue[parent])) break
      this.#swap(child, parent)
      child = parent
    }
  }

  #takeNext(endMs: number): Scheduled | undefined {
    const [first] = this.#queue
    if (first === undefined || first.atMs > endMs) return undefined
    const last = this.#queue.pop() as Scheduled
    if (this.#queue.length > 0) {
      this.#queue[0] = last
      let parent = 0
      for (;;) {
        let least = parent
        for (const child of [2 * parent + 1, 2 * parent + 2])
          if (isEarlier(this.#queue[child], this.#queue[least])) least = child
        if (least === parent) break
        this.#swap(parent, least)
        parent = least
      }
    }
    return first
  }

  #swap(a: number, b: number): void {
    const held = this.#queue[a] as Scheduled
    this.#queue[a] = this.#queue[b] as Scheduled
    this.#queue[b] = held
  }
}

function isDirectlyFinal(entry: WorldNode['chain'][number] | undefined): boolean {
  return entry?.certificate.vote.subject?.blockId === entry?.id
}

function isEarlier(a: Scheduled | undefined, b: Scheduled | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs
}

/**
 * Twins: cores of the product, some of them two to a key, under a schedule of partitions.
 *
 * A faulty member is played by two honest instances with one key, each with a
 * vote log of its own: so it says two things without a line of hostile code
 * (Bano et al., Twins: BFT Systems Made Robust, OPODIS 2021). What an instance
 * sends in a view reaches those on its side of that view's partition.
 *
 * @module
 */

import {
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  type BlockId,
  batchListRoot,
  type Certificate,
  type CoreState,
  createBatchReference,
  createBlock,
  createElectorate,
  type Effect,
  type Electorate,
  type Epoch,
  encodeBatchHeader,
  fromHex,
  type Height,
  invariant,
  type MemberIndex,
  type News,
  openCore,
  type Recipients,
  type SignedVote,
  step,
  type View
} from '../../../protocol/index.ts'
import { Agenda, type Entry } from '../virtual/agenda.ts'

/** What a scenario is made of. */
export interface TwinScenario {
  readonly members: number
  /** Seats that have a second instance. */
  readonly twinned: readonly MemberIndex[]
  /** For each view from 1 on: on which side each instance is. Later views have no partition. */
  readonly sides: readonly (readonly number[])[]
}

/** One instance: a core and what it has recorded and committed. */
export interface Instance {
  readonly place: number
  readonly seat: MemberIndex
  readonly isTwin: boolean
  readonly core: CoreState
  readonly chain: { readonly block: Block; readonly certificate: Certificate }[]
  readonly timers: Map<string, Entry>
}

const GENESIS_ID = '00'.repeat(32) as BlockId
const TRAVEL_MS = 5
/** No partition outlasts this: one that leaves no side a quorum would hold its view for ever. */
const LIFTED_MS = 6_000
const FETCH_MS = 20
const VERIFIED = new Uint8Array(64)
const ZERO_HASH = new Uint8Array(32)
const electorates = new Map<number, Electorate>()

/** One scenario under way. */
export class TwinWorld {
  readonly instances: readonly Instance[]
  /** What is wrong, if anything. */
  readonly wrongs: string[] = []
  readonly #scenario: TwinScenario
  readonly #electorate: Electorate
  readonly #agenda = new Agenda()
  readonly #bodies = new Map<BlockId, Block>()
  readonly #references = new Map<string, BatchReference>()
  readonly #said = new Map<string, string>()
  #nowMs = 0
  #batches = 0

  constructor(scenario: TwinScenario) {
    this.#scenario = scenario
    this.#electorate = electorateOf(scenario.members)
    const seats = Array.from({ length: scenario.members }, (_, seat) => seat as MemberIndex)
    this.instances = [...seats, ...scenario.twinned].map((seat, place) => ({
      place,
      seat,
      isTwin: scenario.twinned.includes(seat),
      core: openCore({
        pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
        electorate: this.#electorate,
        self: seat,
        committed: { blockId: GENESIS_ID, height: 0, view: 0 as View },
        ownVotes: [],
        certificates: [],
        blocks: [],
        nowMs: 0
      }),
      chain: [],
      timers: new Map()
    }))
    // All logs are whole, and known to be: the start is not what is tried here.
    for (const { core } of this.instances) core.mayVote = true
    for (const instance of this.instances)
      this.#later(0, () => {
        this.#post(instance, { kind: 'started' })
        this.#feed(instance)
      })
  }

  /** Instances whose seat is held once. */
  get honest(): readonly Instance[] {
    return this.instances.filter(({ isTwin }) => !isTwin)
  }

  /** Runs until every honest instance has committed beyond the partitions, or time is up. */
  run(endMs: number): boolean {
    const lastView = this.#scenario.sides.length
    const isDone = (): boolean => this.honest.every(({ core }) => core.committed.view > lastView)
    while (this.wrongs.length === 0 && !isDone()) {
      const next = this.#agenda.takeNext(endMs)
      if (next === undefined) break
      this.#nowMs = next.atMs
      next.run()
    }
    return isDone()
  }

  #post(instance: Instance, news: News): void {
    const before = instance.core.view
    const timeMs = 1_000_000 + this.#nowMs + instance.place
    for (const effect of step(instance.core, { ...news, nowMs: this.#nowMs, timeMs }))
      this.#carryOut(instance, effect)
    if (instance.core.view !== before) this.#feed(instance)
  }

  /** There is always something to agree on: each instance gets a batch that is new to all. */
  #feed(instance: Instance): void {
    const reference = this.#createBatch(instance.seat)
    const { id, header, authorIndex } = reference
    const { bytes, count, priority } = header
    const batch = { id, authorIndex: authorIndex as MemberIndex, priority, bytes, count }
    this.#references.set(id, reference)
    for (const other of this.#reachable(instance))
      this.#later(other === instance ? 0 : TRAVEL_MS, () =>
        this.#post(other, { kind: 'batch-held', batch })
      )
  }

  #createBatch(seat: MemberIndex): BatchReference {
    const header = {
      author: this.#electorate.seats[seat]?.memberId as Uint8Array,
      authorSequence: ++this.#batches,
      priority: 2 as const,
      receivedAtMs: 0,
      height: 0,
      transactionsRoot: new Uint8Array(32),
      count: 1,
      bytes: 300
    }
    const reference = createBatchReference(encodeBatchHeader(header), header, this.#electorate)
    invariant(reference !== undefined, 'members author batches')
    return reference
  }

  #carryOut(from: Instance, effect: Effect): void {
    switch (effect.kind) {
      case 'record-votes':
        return this.#record(from, effect)
      case 'send-vote':
        return this.#send(from, effect.to, {
          kind: 'vote-received',
          from: from.seat,
          vote: effect.vote
        })
      case 'send-proposal':
        return this.#sendProposal(from, effect)
      case 'send-certificate':
        return this.#send(from, effect.to, {
          kind: 'certificate-received',
          from: from.seat,
          certificate: effect.certificate
        })
      case 'send-status':
        return this.#send(from, effect.to, {
          kind: 'status-received',
          from: from.seat,
          status: effect.status
        })
      case 'report-evidence':
        return this.#accuse(effect.second)
      case 'raise-alarm':
        if (!from.isTwin) this.wrongs.push(`instance ${from.place} raised ${effect.code}`)
        return
      default:
        this.#carryOutOwn(from, effect)
    }
  }

  #carryOutOwn(from: Instance, effect: Effect): void {
    switch (effect.kind) {
      case 'set-timer':
        return this.#setTimer(from, effect)
      case 'cancel-timer':
        return this.#cancelTimer(from, `${effect.timer}/${effect.view}`)
      case 'verify-votes':
        return this.#answer(from, {
          kind: 'votes-verified',
          votes: effect.votes,
          genuine: effect.votes.map(() => true)
        })
      case 'verify-certificate': {
        const { certificate, from: sender } = effect
        return this.#answer(from, {
          kind: 'certificate-verified',
          certificate,
          from: sender,
          isGenuine: true
        })
      }
      case 'obtain-batches':
        return this.#answer(from, { kind: 'block-available', blockId: effect.blockId })
      case 'execute-block':
        return this.#answer(from, {
          kind: 'block-executed',
          blockId: effect.blockId,
          isValid: true
        })
      case 'build-block':
        return this.#build(from, effect)
      case 'commit-blocks':
        return this.#commit(from, effect)
      case 'fetch-block':
        return this.#fetchBlock(from, effect.blockId)
      case 'fetch-certificates':
        return this.#fetchCertificates(from, effect)
      case 'catch-up':
        return this.#catchUp(from)
      default:
        // Pushed batches, confirmations and penalties change nothing that is tried here.
        return
    }
  }

  /** Whom an instance reaches in the view that it is in, itself included. */
  #reachable(from: Instance): readonly Instance[] {
    const sides = this.#scenario.sides[from.core.view - 1]
    if (sides === undefined || this.#nowMs >= LIFTED_MS) return this.instances
    return this.instances.filter(({ place }) => sides[place] === sides[from.place])
  }

  #send(from: Instance, to: Recipients, news: News): void {
    for (const other of this.#reachable(from)) {
      if (other.seat === from.seat) continue
      if (to !== 'all' && !to.includes(other.seat)) continue
      this.#later(TRAVEL_MS, () => this.#post(other, news))
    }
  }

  #sendProposal(from: Instance, effect: Extract<Effect, { kind: 'send-proposal' }>): void {
    const block = this.#bodies.get(effect.blockId)
    if (block === undefined) return
    const { vote, justification, to } = effect
    const proposal = { block, vote, justification }
    this.#send(from, to, { kind: 'proposal-received', from: from.seat, proposal })
  }

  #record(from: Instance, effect: Extract<Effect, { kind: 'record-votes' }>): void {
    const votes = effect.votes.map(
      (vote): SignedVote => ({ vote, signer: from.seat, signature: VERIFIED })
    )
    if (!from.isTwin) for (const vote of votes) this.#watch(vote)
    this.#answer(from, { kind: 'votes-recorded', votes })
  }

  /** No honest instance ever says two things that conflict. */
  #watch({ vote, signer }: SignedVote): void {
    const { kind, view, subject } = vote
    const slot = `${signer}/${view}/${kind}`
    const says = subject?.blockId ?? ''
    const before = this.#said.get(slot)
    const opposite = kind === 'nullify' ? 'finalise' : 'nullify'
    const conflicts =
      (before !== undefined && before !== says) ||
      (kind !== 'notarise' && this.#said.has(`${signer}/${view}/${opposite}`))
    if (conflicts) this.wrongs.push(`member ${signer} contradicts itself in view ${view}`)
    this.#said.set(slot, says)
  }

  #accuse({ signer }: SignedVote): void {
    if (!this.#scenario.twinned.includes(signer)) this.wrongs.push(`member ${signer} was accused`)
  }

  #build(from: Instance, effect: Extract<Effect, { kind: 'build-block' }>): void {
    const parent = this.#bodies.get(effect.parentId)
    const batches = effect.batchIds.map((id) => this.#references.get(id) as BatchReference)
    const block = createBlock(
      {
        format: BLOCK_FORMAT,
        networkTag: ZERO_HASH,
        epoch: 0 as Epoch,
        view: effect.view,
        parentId: fromHex(effect.parentId) as Uint8Array,
        parentView: effect.parentView,
        height: ((parent?.header.height ?? 0) + 1) as Height,
        timeMs: 1_000_000 + this.#nowMs + from.place,
        batchListRoot: batchListRoot(batches),
        stateRoot: ZERO_HASH,
        receiptsRoot: ZERO_HASH,
        transactionCount: batches.length,
        electorateHash: this.#electorate.hash,
        seal: null
      },
      batches
    )
    this.#bodies.set(block.id, block)
    this.#answer(from, { kind: 'block-built', view: effect.view, block })
  }

  #commit(from: Instance, effect: Extract<Effect, { kind: 'commit-blocks' }>): void {
    for (const id of effect.blockIds) {
      const block = this.#bodies.get(id) as Block
      from.chain.push({ block, certificate: effect.finalisation })
      if (!from.isTwin) this.#compare(from, block)
    }
    const blockId = effect.blockIds[effect.blockIds.length - 1] as BlockId
    this.#answer(from, { kind: 'blocks-committed', blockId })
  }

  #compare(from: Instance, { id }: Block): void {
    const at = from.chain.length - 1
    for (const other of this.honest) {
      const rival = other.chain[at]?.block
      if (rival !== undefined && rival.id !== id)
        this.wrongs.push(`fork at height ${at + 1} between ${from.place} and ${other.place}`)
    }
  }

  #fetchBlock(from: Instance, blockId: BlockId): void {
    const holder = this.#reachable(from).find(
      (other) => other !== from && other.core.blocks.has(blockId)
    )
    const block = this.#bodies.get(blockId)
    if (holder === undefined || block === undefined) return
    this.#later(FETCH_MS, () => this.#post(from, { kind: 'block-received', block }))
  }

  #fetchCertificates(
    from: Instance,
    { first, last, from: asked }: Extract<Effect, { kind: 'fetch-certificates' }>
  ): void {
    for (const other of this.#reachable(from)) {
      if (other === from || !asked.includes(other.seat)) continue
      for (const [view, held] of other.core.certificates) {
        if (view < first || view > last) continue
        for (const certificate of [held.notarisation, held.nullification, held.finalisation])
          if (certificate !== null)
            this.#later(FETCH_MS, () =>
              this.#post(from, { kind: 'certificate-received', from: other.seat, certificate })
            )
      }
    }
  }

  #catchUp(from: Instance): void {
    const [best] = [...this.#reachable(from)].sort((a, b) => b.chain.length - a.chain.length)
    if (best === undefined) return
    const missing = best.chain.slice(from.chain.length)
    this.#later(FETCH_MS, () => {
      for (const { block } of missing) this.#post(from, { kind: 'block-received', block })
      const last = missing[missing.length - 1]
      if (last !== undefined)
        this.#post(from, {
          kind: 'certificate-received',
          from: null,
          certificate: last.certificate
        })
    })
  }

  #setTimer(from: Instance, effect: Extract<Effect, { kind: 'set-timer' }>): void {
    const { timer, view } = effect
    const name = `${timer}/${view}`
    this.#cancelTimer(from, name)
    const entry = this.#later(effect.delayMs, () => {
      from.timers.delete(name)
      this.#post(from, { kind: 'timer-fired', timer, view })
    })
    from.timers.set(name, entry)
  }

  #cancelTimer(from: Instance, name: string): void {
    const entry = from.timers.get(name)
    if (entry !== undefined) entry.isCancelled = true
    from.timers.delete(name)
  }

  #answer(instance: Instance, news: News): void {
    this.#later(0, () => this.#post(instance, news))
  }

  #later(delayMs: number, run: () => void): Entry {
    return this.#agenda.enter(this.#nowMs + delayMs, run)
  }
}

function electorateOf(members: number): Electorate {
  const known = electorates.get(members)
  if (known !== undefined) return known
  const electorate = createElectorate({
    epoch: 0 as Epoch,
    faultModel: 'byzantine',
    parameters: {
      delta0Ms: 500,
      deltaMaxMs: 30_000,
      heartbeatMs: 60_000,
      blockBytesMax: 1_048_576,
      messageDelayMs: 15_000,
      precisionMs: 505
    },
    seats: Array.from({ length: members }, (_, index) => ({
      memberId: new Uint8Array(32).fill(index + 1),
      voteKey: new Uint8Array(32).fill(index + 101),
      weight: 1,
      operatorId: new Uint8Array(16),
      region: 'local',
      endpoints: []
    }))
  })
  electorates.set(members, electorate)
  return electorate
}

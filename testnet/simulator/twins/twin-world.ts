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
  type BlockId,
  createBatchReference,
  createElectorate,
  type Effect,
  type Electorate,
  type Epoch,
  encodeBatchHeader,
  invariant,
  type MemberIndex,
  type News,
  openCore,
  type SignedVote,
  step,
  type View
} from '../../../protocol/index.ts'
import { Agenda, type Entry } from '../virtual/agenda.ts'
import { createTwinEffects, type Instance, type TwinEffects } from './twin-effects.ts'

/** What a scenario is made of. */
export interface TwinScenario {
  readonly members: number
  /** Seats that have a second instance. */
  readonly twinned: readonly MemberIndex[]
  /** For each view from 1 on: on which side each instance is. Later views have no partition. */
  readonly sides: readonly (readonly number[])[]
}

const GENESIS_ID = '00'.repeat(32) as BlockId
const TRAVEL_MS = 5
/** No partition outlasts this: one that leaves no side a quorum would hold its view for ever. */
const LIFTED_MS = 6_000
const electorates = new Map<number, Electorate>()

/** One scenario under way. */
export class TwinWorld {
  readonly instances: readonly Instance[]
  /** What is wrong, if anything. */
  readonly wrongs: string[] = []
  readonly #scenario: TwinScenario
  readonly #electorate: Electorate
  readonly #agenda = new Agenda()
  readonly #effects: TwinEffects
  readonly #references = new Map<string, BatchReference>()
  readonly #said = new Map<string, string>()
  #nowMs = 0
  #batches = 0

  constructor(scenario: TwinScenario) {
    this.#scenario = scenario
    this.#electorate = electorateOf(scenario.members)
    this.#effects = createTwinEffects({
      electorate: this.#electorate,
      timeMs: (from) => this.#timeMs(from),
      reachable: (from) => this.#reachable(from),
      later: (delayMs, run) => this.#later(delayMs, run),
      post: (to, news) => this.#post(to, news),
      referenceOf: (id) => this.#references.get(id) as BatchReference,
      onSaid: (from, vote) => {
        if (!from.isTwin) this.#watch(vote)
      },
      onCommitted: (from) => {
        if (!from.isTwin) this.#compare(from)
      },
      onEvidence: (second) => this.#accuse(second),
      onAlarm: (from, code) => {
        if (!from.isTwin) this.wrongs.push(`instance ${from.place} raised ${code}`)
      }
    })
    const seats = Array.from({ length: scenario.members }, (_, seat) => seat as MemberIndex)
    this.instances = [...seats, ...scenario.twinned].map((seat, place) => ({
      place,
      seat,
      isTwin: scenario.twinned.includes(seat),
      core: openCore({
        pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
        electorate: this.#electorate,
        self: seat,
        instance: place,
        committed: { blockId: GENESIS_ID, height: 0, view: 0 as View, isSealDue: false },
        highestOwnVote: 0,
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
    const event = { ...news, nowMs: this.#nowMs, timeMs: this.#timeMs(instance) }
    for (const effect of step(instance.core, event)) this.#carryOut(instance, effect)
    if (instance.core.view !== before) this.#feed(instance)
  }

  /** Each instance's clock is a little off, so that twins who lead make different blocks. */
  #timeMs({ place }: Instance): number {
    return 1_000_000 + this.#nowMs + place
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
    const port = this.#effects[effect.kind] as (from: Instance, effect: Effect) => void
    port(from, effect)
  }

  /** Whom an instance reaches in the view that it is in, itself included. */
  #reachable(from: Instance): readonly Instance[] {
    const sides = this.#scenario.sides[from.core.view - 1]
    if (sides === undefined || this.#nowMs >= LIFTED_MS) return this.instances
    return this.instances.filter(({ place }) => sides[place] === sides[from.place])
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

  /** All honest instances have one block at each height. */
  #compare(from: Instance): void {
    const at = from.chain.length - 1
    const id = from.chain[at]?.block.id
    for (const other of this.honest) {
      const rival = other.chain[at]?.block
      if (rival !== undefined && rival.id !== id)
        this.wrongs.push(`fork at height ${at + 1} between ${from.place} and ${other.place}`)
    }
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

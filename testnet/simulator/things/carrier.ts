/**
 * Carriers: by whom what devices and owners say comes to nodes, and what nodes say comes back.
 *
 * They hold back, say again, double and spoil what they carry. What they bring back is believed only
 * with a proof.
 *
 * @module
 */

import {
  type CheckedOutcome,
  checkFollowing,
  checkReceipt,
  type LedgerFollower
} from '../../../client/index.ts'
import { NodeError } from '../../../node/errors.ts'
import type { LedgerService, Submission } from '../../../node/ledger-service.ts'
import {
  type DeviceRecord,
  equalBytes,
  fromHex,
  isCounting,
  type Outcome,
  type OwnershipRecord,
  toHex
} from '../../../protocol/index.ts'
import { expectKept } from '../checkers/checker.ts'
import type { Agenda } from '../virtual/agenda.ts'
import type { Dice } from '../virtual/dice.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { Speaker, SpokenWords } from './spoken-words.ts'

/** What carriers need from the world. */
export interface RoadPorts {
  readonly nowMs: () => number
  readonly agenda: Agenda
  readonly nodes: readonly SimNode[]
  readonly words: SpokenWords
  /** What its users have followed of the ledger, from genesis on. */
  readonly follower: LedgerFollower
  /** What became of a transaction, be it that the nodes have forgotten it. */
  readonly outcomeOf: (id: string) => Outcome | undefined
  /** Whether a block holds a transaction with an outcome; undefined where nobody knows the block. */
  readonly isTrueAt: (height: number, id: string, outcome: Outcome) => boolean | undefined
  /** An honest node was shown a message and refused it. */
  readonly onRefused: (wire: Uint8Array, code: string) => void
  readonly mark: (name: string) => void
}

/** How a device stands, as a node says. */
export interface Standing {
  readonly device: DeviceRecord
  readonly ownership: OwnershipRecord
  /** Of the last block of whoever says so. */
  readonly timeMs: number
}

/** Whether a carrier means ill, and how often. */
const SPOILT_PERMILLE = 40
const REPLAYED_PERMILLE = 60
const HELD_PERMILLE = 60
const DOUBLED_PERMILLE = 60
const HELD_MS: readonly [number, number] = [500, 8_000]
/** What a relay remembers, to say it again. */
const HEARD_MAX = 64
/** How long an answer is waited for. */
const PATIENCE_MS = 2_000
/** By then nodes that have not forgotten an outcome have told it. */
const TOLD_WITHIN_MS = 4_000

/** Carries the words of one speaker. */
export class Carrier {
  readonly speaker: Speaker
  readonly #ports: RoadPorts
  readonly #dice: Dice
  readonly #heard: Uint8Array[] = []
  /** When the outcome of a transaction was asked for first. */
  readonly #askedAtMs = new Map<string, number>()

  constructor(speaker: Speaker, dice: Dice, ports: RoadPorts) {
    this.speaker = speaker
    this.#dice = dice
    this.#ports = ports
  }

  /** Brings bytes to some node, if they come there at all. */
  async hand(wire: Uint8Array): Promise<Submission | undefined> {
    const { words, mark, agenda, nowMs } = this.#ports
    words.note(this.speaker, wire)
    this.#heard.push(wire)
    if (this.#heard.length > HEARD_MAX) this.#heard.shift()
    const dice = this.#dice
    if (dice.happens(SPOILT_PERMILLE)) await this.#spoil(wire)
    if (dice.happens(REPLAYED_PERMILLE)) {
      mark('things:replayed')
      void this.#submit(dice.pick(this.#heard))
    }
    if (dice.happens(DOUBLED_PERMILLE)) {
      mark('things:doubled')
      void this.#submit(wire)
    }
    if (!dice.happens(HELD_PERMILLE)) return await this.#submit(wire)
    mark('things:held-back')
    agenda.enter(nowMs() + dice.between(...HELD_MS), () => void this.#submit(wire))
    return undefined
  }

  /** What became of a transaction, proved; undefined where it is not known to have counted. */
  async outcomeOf(id: Uint8Array): Promise<Outcome | undefined> {
    const name = toHex(id)
    const proved = await this.#prove(id)
    if (proved === undefined) return this.#remembered(name)
    this.#expectTrue(name, proved)
    this.#ports.mark('things:outcome-proved')
    return isCounting(proved.outcome) ? proved.outcome : undefined
  }

  /** What has become of a transaction by now on the whole ledger. */
  async outcomeByNow(id: Uint8Array): Promise<Outcome | undefined> {
    await this.#pass(1)
    return this.#ports.outcomeOf(toHex(id))
  }

  /** How a device stands, as an honest node says that is asked; it may be behind. */
  standing(deviceId: Uint8Array): Standing | undefined {
    const node = this.#dice.pick(this.#ports.nodes)
    if (!node.isHonest || node.replica === null) return undefined
    const { service, keeper } = node.replica
    const view = whole(() => service.device(deviceId))
    if (view == null || view.ownership === null) return undefined
    return { device: view.device, ownership: view.ownership, timeMs: keeper.tip.timeMs }
  }

  /** The last final block of a node, and first what it says of it: some lie. */
  anchor(isLie: boolean): { readonly height: number; readonly blockId: Uint8Array } | undefined {
    const { replica, isHonest } = this.#dice.pick(this.#ports.nodes)
    if (replica === null || !isHonest) return undefined
    const { height, blockId } = replica.keeper.tip
    const bytes = fromHex(blockId) as Uint8Array
    if (!isLie) return { height, blockId: bytes }
    // A block that is not there, one that is to come, and the right one at the wrong height.
    const invented = new Uint8Array(32).fill(this.#dice.below(256))
    const [wrongHeight, wrongId] = this.#dice.pick([
      [height, invented],
      [height + 1_000, invented],
      [Math.max(0, height - 1), bytes]
    ] as const)
    return { height: wrongHeight, blockId: wrongId }
  }

  /** When everybody who knew has forgotten it, whoever kept the ledger is asked. */
  #remembered(name: string): Outcome | undefined {
    const { nowMs, outcomeOf } = this.#ports
    const askedAtMs = this.#askedAtMs.get(name) ?? nowMs()
    this.#askedAtMs.set(name, askedAtMs)
    return nowMs() - askedAtMs >= TOLD_WITHIN_MS ? outcomeOf(name) : undefined
  }

  /** What stands in more blocks than one counts in one of them, and each is proved as it stands there. */
  #expectTrue(name: string, { header: { height }, outcome }: CheckedOutcome): void {
    const { outcomeOf, isTrueAt } = this.#ports
    const counted = isCounting(outcome) ? outcomeOf(name) : undefined
    expectKept(
      'I10',
      counted === undefined || counted.outcome === outcome.outcome,
      () => `${name.slice(0, 8)} was proved ${outcome.outcome}, and was ${counted?.outcome}`
    )
    expectKept(
      'I10',
      isTrueAt(height, name, outcome) !== false,
      () => `${name.slice(0, 8)} was proved ${outcome.outcome} at ${height}, and was not`
    )
  }

  async #prove(id: Uint8Array): Promise<CheckedOutcome | undefined> {
    const { follower } = this.#ports
    const { replica } = this.#dice.pick(this.#ports.nodes)
    if (replica === null) return undefined
    const { service } = replica
    return await this.#within(async () => {
      const receipt = await service.receipt(id)
      if (receipt === null) return undefined
      const transport = { seals: (from: number) => service.seals(from) }
      const checked = await checkFollowing(follower, transport, (network) =>
        checkReceipt(network, id, receipt)
      )
      if (!checked.ok) this.#ports.mark('things:receipt-refused')
      return checked.ok ? checked.value : undefined
    })
  }

  /** What a carrier has spoilt nobody takes, and nothing comes of it. */
  async #spoil(wire: Uint8Array): Promise<void> {
    // A plain array: on Node the encoder may give a Buffer, whose slice is no copy.
    const spoilt = new Uint8Array(wire)
    const last = spoilt.length - 1
    spoilt[last] = (spoilt[last] as number) ^ 1
    const submission = await this.#submit(spoilt)
    this.#ports.mark('things:spoilt')
    expectKept(
      'T2',
      submission === undefined || submission.kind !== 'taken',
      () => 'what a carrier has spoilt is taken'
    )
  }

  async #submit(wire: Uint8Array): Promise<Submission | undefined> {
    const node = this.#dice.pick(this.#ports.nodes)
    const { replica } = node
    if (replica === null) return undefined
    const submission = await this.#within(() => replica.service.submit(wire, this.speaker.name))
    if (submission?.kind === 'refused' && node.isHonest)
      this.#ports.onRefused(wire, submission.code)
    return submission
  }

  #pass(forMs: number): Promise<void> {
    const { agenda, nowMs } = this.#ports
    return new Promise((resolve) => void agenda.enter(nowMs() + forMs, resolve))
  }

  async #within<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    const { agenda, nowMs } = this.#ports
    return await new Promise((resolve) => {
      const entry = agenda.enter(nowMs() + PATIENCE_MS, () => resolve(undefined))
      const settle = (answer: Answer | undefined): void => {
        entry.isCancelled = true
        resolve(answer)
      }
      // A node that fails in the middle of an answer has simply not answered.
      ask().then(settle, () => settle(undefined))
    })
  }
}

/** Whether two ids are the same. */
export function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && equalBytes(a, b)
}

/** What a node reads for whoever asks; a node whose record is damaged says nothing. */
function whole<Value>(
  read: () => ReturnType<LedgerService['device']> & Value
): ReturnType<LedgerService['device']> | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof NodeError) return undefined
    throw error
  }
}

/**
 * The things of a run: each story told turn by turn, all at the same moments.
 *
 * @module
 */

import { type LedgerFollower, trustGenesis } from '../../../client/index.ts'
import {
  invariant,
  readDeviceMessageEnvelope,
  toHex,
  transactionIdOf
} from '../../../protocol/index.ts'
import { Dice } from '../virtual/dice.ts'
import type { Founding } from '../world/founding.ts'
import type { Plan, Story, StoryName } from '../world/plan.ts'
import { Carrier, type RoadPorts } from './carrier.ts'
import { Household } from './household.ts'
import { messageTurn, SpokenWords } from './spoken-words.ts'
import { doubleRestore } from './stories/double-restore.ts'
import { honest } from './stories/honest.ts'
import { sale } from './stories/sale.ts'
import type { StoryActs } from './stories/story-acts.ts'
import { clone, keyThief } from './stories/theft.ts'
import { birthsOf, type Unclaimed } from './thing-births.ts'

/** What things need from the world. */
export interface ThingsPorts extends Omit<RoadPorts, 'follower' | 'words' | 'onRefused'> {
  readonly founding: Founding
  /** Something threw that nobody caught. */
  readonly fail: (error: unknown) => void
}

/** A message that an honest node refused because another one had its turn. */
export interface Refusal {
  readonly id: string
  readonly atMs: number
}

/** One story with those in it. */
export interface Told {
  readonly story: Story
  readonly acts: StoryActs
  readonly home: Household
}

/** Nothing new is said so long before the end: all of it must count by then. */
const QUIET_BEFORE_END_MS = 40_000
/** Epochs whose members are remembered. */
const EPOCHS_KEPT = 1_024

const ACTS: Readonly<Record<StoryName, () => StoryActs>> = {
  honest: () => honest,
  'key-thief': keyThief,
  'clone-first': () => clone('first'),
  'clone-late': () => clone('late'),
  'clone-jumps': () => clone('jumps'),
  'double-sale': () => sale(false),
  'forked-sale': () => sale(true),
  'double-restore': doubleRestore
}

/** All things of one run. */
export class Things {
  readonly told: readonly Told[]
  readonly words: SpokenWords
  /** What honest nodes refused although it was well said, by turn, and when last. */
  readonly refused: Map<string, Refusal> = new Map()
  readonly #plan: Plan
  readonly #ports: ThingsPorts
  readonly #road: RoadPorts

  constructor(plan: Plan, ports: ThingsPorts) {
    this.#plan = plan
    this.#ports = ports
    const follower = trustGenesis(ports.founding.genesis, EPOCHS_KEPT)
    this.words = new SpokenWords(ports.founding.networkTag)
    this.#road = {
      ...ports,
      follower: follower as LedgerFollower,
      words: this.words,
      onRefused: (wire, code) => this.#noteRefusal(wire, code)
    }
    const { unclaimed } = birthsOf(ports.founding)
    this.told = (plan.things?.stories ?? []).map((story, place) => {
      const one = unclaimed[place]
      invariant(one !== undefined, 'no run has more stories than devices were born')
      return this.#tell(story, one)
    })
  }

  /** Begins, once the maker is known and has its class. */
  start(): void {
    if (this.told.length > 0) void this.#run().catch(this.#ports.fail)
  }

  /** A second message of a turn was shown to a node that keeps the rules. */
  #noteRefusal(wire: Uint8Array, code: string): void {
    const envelope = readDeviceMessageEnvelope(wire)
    if (envelope === undefined || code !== 'SEQUENCE_USED') return
    const { networkTag } = this.#ports.founding
    const id = toHex(transactionIdOf(networkTag, envelope.signedBody))
    this.refused.set(messageTurn(envelope.message), { id, atMs: this.#ports.nowMs() })
  }

  #tell(story: Story, unclaimed: Unclaimed): Told {
    const { seed, healMs, endMs } = this.#plan
    const { founding } = this.#ports
    const quietMs = Math.max(0, endMs - QUIET_BEFORE_END_MS)
    const home = new Household(
      { story, founding, unclaimed, calmMs: healMs, quietMs },
      { ...this.#road, dice: new Dice(seed, `things/${story.number}`) }
    )
    return { story, acts: ACTS[story.name](), home }
  }

  async #run(): Promise<void> {
    await this.#bringMaker()
    await Promise.all(this.told.map((one) => this.#play(one)))
  }

  /** The maker says that there is such a class, and what was born. */
  async #bringMaker(): Promise<void> {
    const maker = new Carrier(
      { name: 'maker', isHonest: true },
      new Dice(this.#plan.seed, 'things/maker'),
      this.#road
    )
    for (const { wire, id } of birthsOf(this.#ports.founding).steps)
      while ((await maker.outcomeOf(id)) === undefined) {
        await maker.hand(wire)
        await this.#beat()
      }
  }

  async #play({ acts, home }: Told): Promise<void> {
    await home.begin()
    while (this.#ports.nowMs() < this.#plan.endMs) {
      await this.#beat()
      if (!(await home.look())) continue
      await acts.before?.(home)
      await home.speak()
      await acts.after?.(home)
    }
  }

  /** The next moment at which all take their turns. */
  #beat(): Promise<void> {
    const { agenda, nowMs } = this.#ports
    const beatMs = this.#plan.things?.beatMs ?? 1
    const atMs = beatMs * (Math.floor(nowMs() / beatMs) + 1)
    return new Promise((resolve) => void agenda.enter(atMs, resolve))
  }
}

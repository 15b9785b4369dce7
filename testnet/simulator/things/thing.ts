/**
 * Things: devices that run the product's own client, in a world where the power fails and nodes lie.
 *
 * @module
 */

import {
  createDevice,
  type Device,
  openDevice,
  type RandomBytes,
  senmlContent
} from '../../../client/index.ts'
import {
  equalBytes,
  invariant,
  isCounting,
  readDeviceMessageEnvelope,
  toHex
} from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { Carrier, Standing } from './carrier.ts'
import { dying } from './dying.ts'
import { MortalRecord } from './mortal-record.ts'
import type { Unclaimed } from './thing-births.ts'

/** Whose device it is, and how it speaks. */
export interface ThingOptions {
  readonly unclaimed: Unclaimed
  readonly networkTag: Uint8Array
  readonly genesisId: Uint8Array
  readonly ratchetEvery: number
}

/** What it needs. */
export interface ThingPorts {
  readonly carrier: Carrier
  readonly dice: Dice
  readonly nowMs: () => number
  readonly mark: (name: string) => void
}

/** What it does in a turn. */
export interface ThingTurn {
  /** Whether it says something new; as long as it does, nodes lie to it about blocks. */
  readonly isTalking: boolean
  /** Whether the power may fail. */
  readonly isRough: boolean
}

const READING = 0
const DEATH_PERMILLE = 60
const SPEAKS_PERMILLE = 700
const BELIEVES_PERMILLE = 400
const LIE_PERMILLE = 500
const UNHOLD_PERMILLE = 300
/** Messages that are sent again in one turn. */
const RESENT_MAX = 6
const ASKED_MAX = 12

/** One device. */
export class Thing {
  readonly deviceId: Uint8Array
  readonly record: MortalRecord = new MortalRecord()
  /** What it has said, in hex, and when. */
  readonly said: Map<string, number> = new Map()
  readonly #options: ThingOptions
  readonly #ports: ThingPorts
  readonly #randomBytes: RandomBytes
  #device: Device | undefined
  #spoken = 0

  constructor(options: ThingOptions, ports: ThingPorts) {
    this.deviceId = options.unclaimed.birth.deviceId
    this.#options = options
    this.#ports = ports
    this.#randomBytes = (length) => Uint8Array.from({ length }, () => ports.dice.below(256))
  }

  /** The client. */
  get device(): Device {
    invariant(this.#device !== undefined, 'a thing is switched on before it does anything')
    return this.#device
  }

  /** Whether it knows that it was claimed. */
  get hasBegun(): boolean {
    return this.#device !== undefined && this.#device.state.headMessageId !== null
  }

  /** Switches it on for the first time. */
  async begin(): Promise<void> {
    const { networkTag, genesisId, ratchetEvery, unclaimed } = this.#options
    const { deviceId, secrets } = unclaimed.birth
    this.#device = await createDevice(
      { networkTag, deviceId, signingKey: secrets.signingKey, ratchetEvery, genesisId },
      { storage: this.record, randomBytes: this.#randomBytes }
    )
  }

  /** Takes its turn: hears what became of its words, says something, and sends what is open. */
  async turn({ isTalking, isRough }: ThingTurn): Promise<void> {
    const { dice } = this.#ports
    await this.#settle(isRough)
    if (isTalking && dice.happens(BELIEVES_PERMILLE)) await this.#believe()
    if (isTalking && dice.happens(SPEAKS_PERMILLE)) await this.#say(isRough)
    if (this.device.held().length > 0 && (!isRough || dice.happens(UNHOLD_PERMILLE)))
      await this.#live(isRough, () => this.device.sayHeld())
    await this.send()
  }

  /** Sends what is open, the eldest first; each by another way, so not all come in that order. */
  async send(): Promise<void> {
    const open = this.device.pending(RESENT_MAX)
    await Promise.all(open.map(({ wire }) => this.#ports.carrier.hand(wire)))
  }

  /** Hears what became of its words. */
  async #settle(isRough: boolean): Promise<void> {
    for (const { messageId } of this.device.pending(ASKED_MAX)) {
      const outcome = await this.#ports.carrier.outcomeOf(messageId)
      if (outcome === undefined || !isCounting(outcome)) continue
      if (outcome.code !== null) this.#ports.mark(`things:void/${outcome.code}`)
      await this.#live(isRough, () => this.device.settle(messageId, outcome.outcome, outcome.code))
    }
  }

  /** Makes the key of its next incarnation. */
  async prepare(): Promise<Uint8Array> {
    for (;;) {
      const hash = await this.#live(true, () => this.device.prepareIncarnation())
      if (hash !== undefined) return hash
    }
  }

  /** Begins an incarnation that the ledger has begun: true when it did. */
  async follow({ device }: Standing): Promise<boolean> {
    const { incarnation, headMessageId } = this.device.state
    const isNew = headMessageId === null || device.incarnation > incarnation
    if (!isNew || device.sequence !== 0) return false
    await this.#settleAll()
    // Until it speaks the head of its chain is the act by which it began.
    await this.#live(true, () =>
      this.device.beginIncarnation(device.incarnation, device.headMessageId)
    )
    this.#ports.mark(incarnation === device.incarnation ? 'things:begun' : 'things:begun-anew')
    return true
  }

  /** What counted before an incarnation began must not be said again in it. */
  async #settleAll(): Promise<void> {
    for (const { messageId } of this.device.pending(Number.POSITIVE_INFINITY)) {
      const outcome = await this.#ports.carrier.outcomeByNow(messageId)
      if (outcome === undefined) continue
      await this.device.settle(messageId, outcome.outcome, outcome.code)
    }
  }

  async #say(isRough: boolean): Promise<void> {
    const { mark, nowMs } = this.#ports
    const content = senmlContent([{ n: 'temp', u: 'Cel', v: ++this.#spoken }])
    const said = await this.#live(isRough, () => this.device.say(READING, content))
    // Whoever died meanwhile looks into the record: what stands there was said.
    const isSaid = said === undefined ? this.#isOpen(content) : said.ok
    if (isSaid) this.said.set(toHex(content), nowMs())
    else mark('things:not-said')
  }

  async #believe(): Promise<void> {
    const { dice, carrier, mark } = this.#ports
    const isLie = dice.happens(LIE_PERMILLE)
    const anchor = carrier.anchor(isLie)
    if (anchor === undefined) return
    mark(isLie ? 'things:anchor-false' : 'things:anchor-true')
    await this.device.adoptAnchor(anchor)
  }

  #isOpen(content: Uint8Array): boolean {
    return this.device
      .pending(Number.POSITIVE_INFINITY)
      .some(({ wire }) => equalBytes(readDeviceMessageEnvelope(wire)?.content ?? wire, content))
  }

  /** Does something at which the power may fail; undefined when it did, and the device is up again. */
  async #live<Result>(mayDie: boolean, act: () => Promise<Result>): Promise<Result | undefined> {
    const { dice, mark } = this.#ports
    if (mayDie && dice.happens(DEATH_PERMILLE))
      this.record.fate = dice.pick(['dies-before', 'dies-after'])
    const result = await dying(act)
    this.record.fate = 'kept'
    if (result !== 'died') return result.value
    mark('things:died')
    this.#device = await openDevice({ storage: this.record, randomBytes: this.#randomBytes })
    return undefined
  }
}

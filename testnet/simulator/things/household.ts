/**
 * Households: a thing, whoever owns it, and what goes on between the two whatever else happens.
 *
 * @module
 */

import { trustNetwork } from '../../../node/cli/network-trust.ts'
import {
  createPrivateKey,
  DEVICE_STATUS,
  equalBytes,
  invariant,
  type PrivateKey
} from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { Founding } from '../world/founding.ts'
import type { Story } from '../world/plan.ts'
import { Carrier, type RoadPorts, type Standing } from './carrier.ts'
import { Holder } from './holder.ts'
import { Thing } from './thing.ts'
import type { Unclaimed } from './thing-births.ts'

/** Whose household it is. */
export interface HouseholdOptions {
  readonly story: Story
  readonly founding: Founding
  readonly unclaimed: Unclaimed
  /** From when on everybody wishes well, but for thieves. */
  readonly calmMs: number
  /** Until when anything new is said. */
  readonly quietMs: number
}

/** What it needs from the world. */
export interface HouseholdPorts extends RoadPorts {
  readonly dice: Dice
}

/** The reason of a quarantine that its owner ordered. */
const BY_OWNER = 5
/** Thieves end so long before the last words of the thing. */
const HEALING_MS = 20_000
/** An owner leaves it to the nodes to prove a theft, but not for ever: they may have forgotten too much. */
const ROBBED_TURNS = 2

/** One device and its owner. */
export class Household {
  readonly options: HouseholdOptions
  readonly ports: HouseholdPorts
  readonly thing: Thing
  /** Id of block 0. */
  readonly genesisId: Uint8Array
  /** Whoever owns the thing now: a sale changes it. */
  owner: Holder
  /** The rotation keys that the thing has had, the present one last. */
  readonly rotationKeys: PrivateKey[]
  #robbedTurns = 0
  /** How the thing stands, as the last node said that was asked. */
  standing: Standing | undefined

  constructor(options: HouseholdOptions, ports: HouseholdPorts) {
    this.options = options
    this.ports = ports
    const { unclaimed, founding, story } = options
    const { genesisId, networkTag } = trustNetwork(founding.genesis)
    const { ratchetEvery } = story
    this.genesisId = genesisId
    this.thing = new Thing(
      { unclaimed, networkTag, genesisId, ratchetEvery },
      { ...ports, carrier: this.carrier('thing', true) }
    )
    this.owner = this.holder('owner')
    this.rotationKeys = [unclaimed.birth.secrets.rotationKey]
  }

  /** Whether everybody but thieves wishes well by now. */
  get isCalm(): boolean {
    return this.ports.nowMs() >= this.options.calmMs
  }

  /** Whether whoever means ill has begun. */
  get isIll(): boolean {
    return this.ports.nowMs() >= this.options.story.illMs
  }

  /** Whether thieves still say anything new: what they do must be found out and healed in time. */
  get isThieving(): boolean {
    return this.isIll && this.ports.nowMs() <= this.options.quietMs - HEALING_MS
  }

  /** Whether the ledger is where the thing is or further, and not by the thing's own words. */
  get #isRobbed(): boolean {
    const { incarnation, sequence, headMessageId } = this.thing.device.state
    const ledger = this.standing?.device
    return (
      ledger?.incarnation === incarnation &&
      ledger.sequence >= sequence &&
      headMessageId !== null &&
      !equalBytes(ledger.headMessageId, headMessageId)
    )
  }

  /** Whether the thing has spoken in the incarnation that the ledger knows. */
  get isSpeaking(): boolean {
    return this.thing.device.state.sequence > 0
  }

  /** Somebody who carries for a speaker of this household. */
  carrier(name: string, isHonest: boolean): Carrier {
    const { ports, options } = this
    return new Carrier({ name: `${name}/${options.story.number}`, isHonest }, ports.dice, ports)
  }

  /** An owner, or a copy of its wallet. */
  holder(name: string, seed?: Uint8Array, isHonest = true): Holder {
    const { founding, unclaimed } = this.options
    const { networkTag } = founding
    const options = { networkTag, unclaimed, ...(seed && { seed }) }
    return new Holder(options, { ...this.ports, carrier: this.carrier(name, isHonest) })
  }

  /** A fresh rotation key for the thing. */
  drawKey(): PrivateKey {
    const bytes = Uint8Array.from({ length: 32 }, () => this.ports.dice.below(256))
    const key = createPrivateKey('Ed25519', bytes)
    invariant(key !== undefined, 'every 32 bytes are an Ed25519 seed')
    return key
  }

  /** Switches everything on. */
  async begin(): Promise<void> {
    await this.thing.begin()
    await this.owner.begin()
    await this.owner.claim()
  }

  /** The owner looks, and the thing follows; false while it is not claimed. */
  async look(): Promise<boolean> {
    this.standing = this.owner.carrier.standing(this.thing.deviceId)
    if (this.owner.wallet.devices.length === 0) await this.owner.claim()
    await this.owner.turn(this.standing)
    if (this.standing !== undefined) await this.thing.follow(this.standing)
    this.#robbedTurns = this.#isRobbed ? this.#robbedTurns + 1 : 0
    return this.thing.hasBegun
  }

  /** The thing takes its turn. */
  async speak(): Promise<void> {
    const isTalking = this.ports.nowMs() <= this.options.quietMs
    await this.thing.turn({ isTalking, isRough: !this.isCalm })
  }

  /** The owner gives the thing new keys, once for each incarnation: what is under way is waited for. */
  async renew(): Promise<void> {
    const { standing, owner, rotationKeys } = this
    if (standing === undefined || owner.openCount > 0 || !owner.mayAct) return
    const next = this.drawKey()
    const known = [...rotationKeys]
    if (await owner.renew(this.thing, standing, { known, next })) rotationKeys.push(next)
  }

  /** The owner puts right what stops the thing, and gives it new keys where its old ones were abused. */
  async putRight(): Promise<void> {
    const { standing, owner } = this
    if (standing === undefined || owner.openCount > 0 || !owner.mayAct) return
    const { lost, status, quarantine, evidenceMask } = standing.device
    const isStopped = status === DEVICE_STATUS.quarantined
    if (lost === 1) await owner.order({ kind: 'found' })
    else if (isStopped && quarantine?.reason === BY_OWNER)
      await owner.order({ kind: 'quarantine', untilMs: 0 })
    else if (evidenceMask !== 0 || isStopped || this.#robbedTurns >= ROBBED_TURNS)
      await this.renew()
  }
}

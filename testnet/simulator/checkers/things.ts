/**
 * Things: what is promised to devices that keep the rules, and to their owners, whoever means them ill.
 *
 * T2 a device is never stuck and never convicted by what it did not do, and every reading counts once;
 * T3 two messages of one turn do not stay unnoticed; T4 a device changes hands by offer and presence
 * alone; T8 an owner is never convicted by what its wallet did not do.
 *
 * @module
 */

import {
  type Body,
  type DeviceMessage,
  devices,
  ownerships,
  toHex,
  transactionIdOf
} from '../../../protocol/index.ts'
import { actTurn, messageTurn } from '../things/spoken-words.ts'
import type { Refusal, Told } from '../things/things.ts'
import { START_TIME_MS } from '../virtual/virtual-clock.ts'
import type { World } from '../world/world.ts'
import { type Checker, expectKept } from './checker.ts'
import type { Counted, LedgerRecord } from './ledger-record.ts'
import { differenceOf, OwnedDevices } from './owned-devices.ts'
import { readShown } from './said-chains.ts'

/** So long after mending all that was said before must count. */
const COUNTED_WITHIN_MS = 60_000
/** A device knows what became of its words so long after they counted. */
const TOLD_WITHIN_MS = 40_000
/** How long before the end whoever contradicts itself must have been seen, for it to be on the ledger. */
const NOTICED_WITHIN_MS = 30_000

/** Watches the things of a run. */
export class ThingsChecker implements Checker {
  readonly #record: LedgerRecord
  readonly #owned = new OwnedDevices()
  /** By device: how often each content was applied. */
  readonly #applied = new Map<string, Map<string, number>>()
  /** Incarnations of devices in which a fork counted. */
  readonly #forked = new Set<string>()
  #height = 0

  constructor(record: LedgerRecord) {
    this.#record = record
  }

  afterEvent(world: World): void {
    if (world.things.told.length === 0) return
    for (;;) {
      const block = this.#record.blockAt(this.#height + 1)
      if (block === undefined) return
      this.#height++
      for (const counted of block.counted) this.#take(world, counted, block.timeMs)
      for (const { transaction } of block.counted)
        if ('deviceId' in transaction.body) this.#compare(world, transaction.body.deviceId)
    }
  }

  atEnd(world: World): void {
    const { healMs, endMs } = world.plan
    if (endMs - healMs < COUNTED_WITHIN_MS || !this.#record.isWhole) return
    for (const told of world.things.told) this.#expectAllCounted(told, endMs)
    if ((world.plan.snapshots?.keepBlocks ?? 0) === 0) this.#expectNoticed(world)
  }

  #take(world: World, { transaction, outcome }: Counted, timeMs: number): void {
    const { body } = transaction
    const id = toHex(transaction.id)
    const complaint = this.#owned.note({ id, body, outcome, timeMs })
    expectKept('T4', complaint === undefined, () => `${complaint}`)
    if (body.kind === 'device-message' && outcome.outcome === 'applied')
      this.#count(body, transaction.attachment)
    if (body.kind === 'transfer-accept')
      expectKept(
        'T4',
        world.things.words.acceptances.has(id),
        () => 'nobody signed this acceptance'
      )
    if (body.kind === 'device-fork' || body.kind === 'key-misuse') this.#judgeDevice(world, body)
    if (body.kind === 'owner-fork') this.#judgeOwner(world, body)
  }

  /** The record of a node that stands at this very height says the same as the acts. */
  #compare(world: World, deviceId: Uint8Array): void {
    const owned = this.#owned.of(toHex(deviceId))
    if (owned === undefined || this.#record.blockAt(this.#height + 1) !== undefined) return
    for (const { isHonest, replica } of world.nodes) {
      if (!isHonest || replica === null || replica.keeper.tip.height !== this.#height) continue
      const record = world.read(() => replica.keeper.tip.view.read(ownerships, deviceId))
      if (record === undefined) return
      const difference = differenceOf(owned, record)
      expectKept('T4', difference === undefined, () => `the ledger has ${difference}`)
      return
    }
  }

  #count(body: DeviceMessage, attachment: Uint8Array | null): void {
    const device = toHex(body.deviceId)
    const applied = this.#applied.get(device) ?? new Map<string, number>()
    const content = toHex(attachment ?? new Uint8Array(0))
    this.#applied.set(device, applied.set(content, (applied.get(content) ?? 0) + 1))
  }

  /** Whoever is convicted has contradicted itself, or was robbed. */
  #judgeDevice(world: World, body: Extract<Body, { kind: 'device-fork' | 'key-misuse' }>): void {
    const [first, second] =
      body.kind === 'device-fork' ? [body.first, body.second] : [body.last, body.stray]
    const shown = readShown(second)
    if (shown?.kind !== 'device-message') return
    const device = toHex(shown.deviceId)
    const told = toldOf(world, device)
    if (told === undefined) return
    world.mark(`things:${body.kind}`)
    expectKept('T2', !told.acts.isAlone, () => `${told.story.name}: convicted by ${body.kind}`)
    const { networkTag } = world.founding
    if (body.kind === 'device-fork') {
      this.#forked.add(`${device}/${shown.incarnation}`)
      const said = world.things.words.messages.get(messageTurn(shown))?.ids
      const wereSaid = [first, second].every((one) =>
        said?.has(toHex(transactionIdOf(networkTag, one)))
      )
      expectKept('T2', wereSaid, () => `${told.story.name}: convicted by what nobody said`)
    }
  }

  /** Whoever is said to have ordered two things in one turn did so. */
  #judgeOwner(world: World, body: Extract<Body, { kind: 'owner-fork' }>): void {
    const shown = readShown(body.second)
    if (shown === undefined || !('ownerKey' in shown)) return
    const device = toHex(shown.deviceId)
    this.#owned.closeOffer(device)
    if (toldOf(world, device) === undefined) return
    world.mark('things:owner-fork')
    const { networkTag } = world.founding
    const said = world.things.words.acts.get(actTurn(shown))
    const wereSaid = [body.first, body.second].every((one) =>
      said?.has(toHex(transactionIdOf(networkTag, one)))
    )
    expectKept('T8', wereSaid, () => 'an owner is convicted by what nobody ordered')
  }

  #expectAllCounted({ story, home }: Told, endMs: number): void {
    const { thing } = home
    expectKept('T2', thing.hasBegun, () => `${story.name}: it never comes to speak`)
    const applied = this.#applied.get(toHex(thing.deviceId))
    for (const [content, atMs] of thing.said) {
      const times = applied?.get(content) ?? 0
      const what = `${story.name}: what was said at ${atMs}`
      expectKept('T2', times > 0, () => `${what} is lost`)
      expectKept('T2', times === 1, () => `${what} counts ${times} times`)
    }
    const { device } = thing
    const late = START_TIME_MS + endMs - TOLD_WITHIN_MS
    for (const { messageId } of device.pending(Number.POSITIVE_INFINITY)) {
      const height = this.#record.heightOf(toHex(messageId)) ?? 0
      const countedMs = this.#record.blockAt(height)?.timeMs ?? 0
      const ago = START_TIME_MS + endMs - countedMs
      expectKept('T2', countedMs >= late, () => `${story.name}: open ${ago} ms after it counted`)
    }
    const held = device.held().length
    expectKept('T2', held === 0, () => `${story.name}: ${held} contents are held in the end`)
  }

  /** Two messages of one turn, one on the ledger and one shown to an honest node: the ledger knows. */
  #expectNoticed(world: World): void {
    for (const [turn, refusal] of world.things.refused) {
      const said = world.things.words.messages.get(turn)
      if (said === undefined || !isLateEnough(world, refusal)) continue
      const counted = [...said.ids].filter((id) => this.#record.heightOf(id) !== undefined)
      const isFork = counted.length === 1 && !counted.includes(refusal.id)
      if (!isFork) continue
      world.mark('things:fork-shown')
      const { device, incarnation } = said
      const isNoticed =
        this.#forked.has(`${device}/${incarnation}`) || presentOf(world, device) !== incarnation
      expectKept('T3', isNoticed, () => `two messages in ${turn} stay unnoticed`)
    }
  }
}

function isLateEnough({ plan }: World, { atMs }: Refusal): boolean {
  return atMs >= plan.healMs && atMs <= plan.endMs - NOTICED_WITHIN_MS
}

/** The incarnation that a device is in, as an honest node has it. */
function presentOf(world: World, device: string): number | undefined {
  const told = toldOf(world, device)
  if (told === undefined) return undefined
  for (const { isHonest, replica } of world.nodes) {
    if (!isHonest || replica === null) continue
    const { view } = replica.keeper.tip
    const record = world.read(() => view.read(devices, told.home.thing.deviceId))
    if (record !== undefined) return record.incarnation
  }
  return undefined
}

function toldOf(world: World, device: string): Told | undefined {
  return world.things.told.find(({ home }) => toHex(home.thing.deviceId) === device)
}

/**
 * Device lanes: what devices have said that is on its way, and what must wait for its turn.
 *
 * A device may send several messages before the first is in a block; each is
 * judged against the one before it, not against the ledger alone. What comes too
 * early waits here, bounded, and is let go when its turn has come.
 *
 * @module
 */

import {
  type DeviceMessage,
  type DeviceRecord,
  equalBytes,
  keyHash,
  type Transaction,
  toHex
} from '../../protocol/index.ts'
import type { Share } from './share.ts'

/** Messages ahead of their turn that one device may have waiting. */
const AHEAD_PER_DEVICE_MAX = 64
/** Messages ahead of their turn in all. */
const AHEAD_MAX = 2_000
/** For those of whom nobody says to whose share they belong. */
const NO_SHARE: PoolShare = { name: '', weight: 1 }
/** Devices with messages on their way. */
const DEVICES_MAX = 20_000

/** Where a device's chain will stand once everything on its way is in a block. */
interface Projection {
  readonly incarnation: number
  readonly sequence: number
  readonly headMessageId: Uint8Array
  readonly signingKeyHash: Uint8Array
}

/** What a message is, given what is on the ledger and on its way. */
export type LaneVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'ahead' }
  | { readonly kind: 'refused'; readonly code: string }

/** By whose share something waits. */
export type PoolShare = Pick<Share, 'name' | 'weight'>

/** What a device has waiting. */
interface Ahead<Item> {
  readonly share: PoolShare
  readonly items: Map<number, Item>
}

/** Whatever waits in a lane. */
export interface LaneItem {
  readonly transaction: Transaction
  readonly takenAtMs: number
}

/** Judges messages against their lane. */
export class DeviceLanes<Item extends LaneItem> {
  readonly #projections = new Map<string, Projection>()
  readonly #ahead = new Map<string, Ahead<Item>>()
  #aheadCount = 0

  /** Messages waiting for their turn. */
  get aheadCount(): number {
    return this.#aheadCount
  }

  /** Says whether a message is the next of its device, given the device's record. */
  judge(message: DeviceMessage, device: DeviceRecord): LaneVerdict {
    const lane = this.#laneOf(message.deviceId, device)
    if (message.incarnation < lane.incarnation) return { kind: 'refused', code: 'INCARNATION_OLD' }
    if (message.incarnation > lane.incarnation) return { kind: 'ahead' }
    if (message.sequence <= lane.sequence) return { kind: 'refused', code: 'SEQUENCE_USED' }
    if (message.sequence > lane.sequence + 1) return { kind: 'ahead' }
    if (!equalBytes(message.previousMessageId, lane.headMessageId))
      return { kind: 'refused', code: 'CHAIN_BROKEN' }
    return equalBytes(keyHash(message.signingKey), lane.signingKeyHash)
      ? { kind: 'next' }
      : { kind: 'refused', code: 'SIGNING_KEY_WRONG' }
  }

  /** Notes that a message is on its way: the next one is judged against it. */
  project(message: DeviceMessage, messageId: Uint8Array): void {
    const name = toHex(message.deviceId)
    this.#projections.delete(name)
    this.#projections.set(name, {
      incarnation: message.incarnation,
      sequence: message.sequence,
      headMessageId: messageId,
      signingKeyHash: message.nextSigningKeyHash
    })
    if (this.#projections.size <= DEVICES_MAX) return
    const eldest = this.#projections.keys().next()
    if (eldest.done !== true) this.#projections.delete(eldest.value)
  }

  /** A message on its way did not count: what was built on it is judged anew, against the ledger. */
  forget(deviceId: Uint8Array): void {
    this.#projections.delete(toHex(deviceId))
  }

  /** Keeps a message until its turn; false when there is no room. */
  hold(message: DeviceMessage, item: Item, share: PoolShare = NO_SHARE): boolean {
    const name = toHex(message.deviceId)
    const ahead = this.#ahead.get(name) ?? { share, items: new Map<number, Item>() }
    if (ahead.items.has(message.sequence) || !this.hasRoom(message.deviceId)) return false
    ahead.items.set(message.sequence, item)
    this.#ahead.set(name, ahead)
    this.#aheadCount++
    return true
  }

  /** Whether a device may have one more waiting. */
  hasRoom(deviceId: Uint8Array): boolean {
    const size = this.#ahead.get(toHex(deviceId))?.items.size ?? 0
    return size < AHEAD_PER_DEVICE_MAX && this.#aheadCount < AHEAD_MAX
  }

  /**
   * Takes out the last message of the share that has most waiting for its weight, so that there is
   * room for another one; none when that other share would have most itself.
   */
  yieldTo(share: PoolShare): Item | undefined {
    const counts = new Map<string, { count: number; weight: number }>()
    for (const { share: held, items } of this.#ahead.values()) {
      const entry = counts.get(held.name) ?? { count: 0, weight: held.weight }
      entry.count += items.size
      counts.set(held.name, entry)
    }
    let longest = share.name
    let most = (1 + (counts.get(share.name)?.count ?? 0)) / share.weight
    for (const [name, { count, weight }] of counts)
      if (count / weight > most) {
        longest = name
        most = count / weight
      }
    return longest === share.name ? undefined : this.#takeTail(longest)
  }

  /** What waits for the same turn as a message. */
  heldAt({ deviceId, sequence }: DeviceMessage): Item | undefined {
    return this.#ahead.get(toHex(deviceId))?.items.get(sequence)
  }

  /** Takes out the message of a device whose turn may have come: the one with the lowest sequence. */
  takeFirst(deviceId: Uint8Array): Item | undefined {
    const name = toHex(deviceId)
    const ahead = this.#ahead.get(name)
    if (ahead === undefined) return undefined
    const sequence = Math.min(...ahead.items.keys())
    const item = ahead.items.get(sequence)
    this.#remove(name, ahead, sequence)
    return item
  }

  /** Takes out everything that has waited since before a time. */
  takeExpired(beforeMs: number): Item[] {
    const expired: Item[] = []
    for (const [name, ahead] of this.#ahead)
      for (const [sequence, item] of ahead.items)
        if (item.takenAtMs < beforeMs) {
          expired.push(item)
          this.#remove(name, ahead, sequence)
        }
    return expired
  }

  /** Names the devices with something waiting that were named longest ago, so many at most. */
  nextWaiting(count: number): Uint8Array[] {
    const names = [...this.#ahead.keys()].slice(0, count)
    return names.map((name) => {
      const ahead = this.#ahead.get(name) as Ahead<Item>
      this.#ahead.delete(name)
      this.#ahead.set(name, ahead)
      return new Uint8Array(Buffer.from(name, 'hex'))
    })
  }

  /** Whether a device has anything waiting. */
  hasWaiting(deviceId: Uint8Array): boolean {
    return this.#ahead.has(toHex(deviceId))
  }

  /** The last message of the device of a share that has most waiting. */
  #takeTail(shareName: string): Item | undefined {
    let fullest: [string, Ahead<Item>] | undefined
    for (const [name, ahead] of this.#ahead)
      if (
        ahead.share.name === shareName &&
        (fullest === undefined || ahead.items.size > fullest[1].items.size)
      )
        fullest = [name, ahead]
    if (fullest === undefined) return undefined
    const [name, ahead] = fullest
    const sequence = Math.max(...ahead.items.keys())
    const item = ahead.items.get(sequence)
    this.#remove(name, ahead, sequence)
    return item
  }

  #remove(name: string, ahead: Ahead<Item>, sequence: number): void {
    ahead.items.delete(sequence)
    this.#aheadCount--
    if (ahead.items.size === 0) this.#ahead.delete(name)
  }

  /** The ledger's record, or what is on its way beyond it. */
  #laneOf(deviceId: Uint8Array, device: DeviceRecord): Projection {
    const projection = this.#projections.get(toHex(deviceId))
    const isBeyond =
      projection !== undefined &&
      projection.incarnation === device.incarnation &&
      projection.sequence > device.sequence
    return isBeyond ? projection : device
  }
}

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

/** Messages ahead of their turn that one device may have waiting. */
const AHEAD_PER_DEVICE_MAX = 64
/** Messages ahead of their turn in all. */
const AHEAD_MAX = 2_000
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

/** Whatever waits in a lane. */
export interface LaneItem {
  readonly transaction: Transaction
  readonly takenAtMs: number
}

/** Judges messages against their lane. */
export class DeviceLanes<Item extends LaneItem> {
  readonly #projections = new Map<string, Projection>()
  readonly #ahead = new Map<string, Map<number, Item>>()
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
  hold(message: DeviceMessage, item: Item): boolean {
    const name = toHex(message.deviceId)
    const queue = this.#ahead.get(name) ?? new Map<number, Item>()
    if (queue.has(message.sequence)) return false
    if (queue.size >= AHEAD_PER_DEVICE_MAX || this.#aheadCount >= AHEAD_MAX) return false
    this.#ahead.set(name, queue.set(message.sequence, item))
    this.#aheadCount++
    return true
  }

  /** What waits for the same turn as a message. */
  heldAt({ deviceId, sequence }: DeviceMessage): Item | undefined {
    return this.#ahead.get(toHex(deviceId))?.get(sequence)
  }

  /** Takes out the message of a device whose turn may have come: the one with the lowest sequence. */
  takeFirst(deviceId: Uint8Array): Item | undefined {
    const name = toHex(deviceId)
    const queue = this.#ahead.get(name)
    if (queue === undefined) return undefined
    const sequence = Math.min(...queue.keys())
    const item = queue.get(sequence)
    this.#remove(name, queue, sequence)
    return item
  }

  /** Takes out everything that has waited since before a time. */
  takeExpired(beforeMs: number): Item[] {
    const expired: Item[] = []
    for (const [name, queue] of this.#ahead)
      for (const [sequence, item] of queue)
        if (item.takenAtMs < beforeMs) {
          expired.push(item)
          this.#remove(name, queue, sequence)
        }
    return expired
  }

  /** Whether a device has anything waiting. */
  hasWaiting(deviceId: Uint8Array): boolean {
    return this.#ahead.has(toHex(deviceId))
  }

  #remove(name: string, queue: Map<number, Item>, sequence: number): void {
    queue.delete(sequence)
    this.#aheadCount--
    if (queue.size === 0) this.#ahead.delete(name)
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

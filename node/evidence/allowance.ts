/**
 * The allowance: how much work strangers' words about devices may make, for each device and in all.
 *
 * Anybody can hand in what looks like a message of any device. What is beyond the
 * allowance is not looked at; it is not remembered either, so that a forgery
 * never stands in the way of the genuine one that comes later.
 *
 * @module
 */

import { TokenBucket } from '../network/token-bucket.ts'

/** Looks at one device's strays at once, and the time in which so many come again. */
const DEVICE_LOOKS = 16
const DEVICE_WINDOW_MS = 16_000
/** The same for all devices together: of which each costs a signature and some reads at most. */
const LOOKS = 256
const WINDOW_MS = 8_000
/** Devices whose accounts are kept: all that can draw on the common account before a first one is full again. */
const DEVICES_MAX = 1_024

/** Counts the looks that are free. */
export class Allowance {
  readonly #all: TokenBucket
  readonly #devices = new Map<string, TokenBucket>()

  constructor(nowMs: number) {
    this.#all = new TokenBucket(LOOKS, WINDOW_MS, nowMs)
  }

  /** Takes one look at a device; false when it has had its share, or all have. */
  take(device: string, nowMs: number): boolean {
    const account =
      this.#devices.get(device) ?? new TokenBucket(DEVICE_LOOKS, DEVICE_WINDOW_MS, nowMs)
    if (!account.tryTake(1, nowMs)) return false
    this.#devices.delete(device)
    this.#devices.set(device, account)
    if (this.#devices.size > DEVICES_MAX) this.#forgetEldest()
    return this.#all.tryTake(1, nowMs)
  }

  #forgetEldest(): void {
    const eldest = this.#devices.keys().next()
    if (eldest.done !== true) this.#devices.delete(eldest.value)
  }
}

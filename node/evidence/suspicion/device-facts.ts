/**
 * Facts about devices: what final blocks show of how each one behaves, window by window.
 *
 * Facts are bounded: of the devices heard longest ago nothing is known any more,
 * and then nothing is suspected of them either.
 *
 * @module
 */

/** What happened in one window. */
export interface WindowFacts {
  readonly startMs: number
  /** Messages that counted, and their bytes. */
  messages: number
  bytes: number
  /** Messages whose content was void for what it said. */
  malformed: number
  /** Messages that were larger than the device may send, or came faster than it may speak. */
  excessive: number
  /** Messages with an anchor that is older than the one before, or false. */
  staleAnchors: number
  /** Messages that contradict the ledger and are too old to be proved. */
  oldStrays: number
  /** Moves that were faster than the device can travel. */
  leaps: number
  /** Messages from regions that the device may not speak from. */
  strangeRegions: number
  /** The member whose batch carried the first of the messages, in hexadecimal; null before. */
  carrier: string | null
  /** Members through whom it spoke, as far as they are told apart: 0, 1 or more. */
  carriers: 0 | 1 | 2
  /** Times it went back to the member that it had just left. */
  returns: number
  /** Devices that heard it name an older message as its newest, in hexadecimal; four at most. */
  witnesses: readonly string[]
}

/** What is known of one device. */
export interface DeviceFacts {
  readonly deviceId: Uint8Array
  /** Where and when it spoke last; null before its first message here. */
  last: LastWord | null
  present: WindowFacts
  /** The window before the present one; null when the device was not heard in it. */
  before: WindowFacts | null
}

/** The last message that counted. */
export interface LastWord {
  readonly timeMs: number
  /** Region of the member whose batch carried it. */
  readonly region: string
  readonly anchorHeight: number
  readonly incarnation: number
  readonly sequence: number
  /** Of the block that holds it. */
  readonly height: number
  /** The member whose batch carried it, in hexadecimal. */
  readonly carrier: string
  /** The member through whom it spoke before it came to this one; null when there was none. */
  readonly carrierBefore: string | null
  /** When it last spoke through that one. */
  readonly leftAtMs: number
}

/** Devices of which anything is known. */
const DEVICES_MAX = 8_192

/** A window in which nothing has happened. */
export function emptyWindow(startMs: number): WindowFacts {
  return {
    startMs,
    messages: 0,
    bytes: 0,
    malformed: 0,
    excessive: 0,
    staleAnchors: 0,
    oldStrays: 0,
    leaps: 0,
    strangeRegions: 0,
    carrier: null,
    carriers: 0,
    returns: 0,
    witnesses: []
  }
}

/** Keeps facts by device. */
export class FactBook {
  readonly #facts = new Map<string, DeviceFacts>()
  /** Goes on where it was, whatever came and went meanwhile. */
  #round = this.#facts.values()

  /** Devices of which something is known. */
  get size(): number {
    return this.#facts.size
  }

  /** The facts of a device in the window of a moment; the device heard longest ago makes room. */
  at(deviceId: Uint8Array, windowStartMs: number): DeviceFacts {
    const name = nameOf(deviceId)
    const facts = this.#facts.get(name) ?? {
      deviceId: deviceId.slice(),
      last: null,
      present: emptyWindow(windowStartMs),
      before: null
    }
    turnWindow(facts, windowStartMs)
    this.#facts.delete(name)
    this.#facts.set(name, facts)
    if (this.#facts.size > DEVICES_MAX) this.#forgetEldest()
    return facts
  }

  /** What is known of a device; undefined when it was not heard here. */
  known(deviceId: Uint8Array): DeviceFacts | undefined {
    return this.#facts.get(nameOf(deviceId))
  }

  /** The next devices of a round that goes through all of them. */
  *next(count: number): Generator<DeviceFacts> {
    let left = Math.min(count, this.#facts.size)
    while (left > 0) {
      const { value, done } = this.#round.next()
      if (done === true) this.#round = this.#facts.values()
      else {
        left--
        yield value
      }
    }
  }

  #forgetEldest(): void {
    const eldest = this.#facts.keys().next()
    if (eldest.done !== true) this.#facts.delete(eldest.value)
  }
}

/** Begins a new window when the time has come. */
export function turnWindow(facts: DeviceFacts, windowStartMs: number): void {
  const { present } = facts
  if (present.startMs === windowStartMs) return
  const isNext = present.messages > 0 && windowStartMs > present.startMs
  facts.before = isNext ? present : null
  facts.present = emptyWindow(windowStartMs)
}

/** An id as a map key: its bytes as Latin letters, which is quicker than hex. */
function nameOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1')
}

/**
 * What a bridge has to say to the other broker: bounded, and kept while the other one is away.
 *
 * A newer state takes the place of an older one that waits. When it is full the oldest goes: what it
 * said is on the ledger.
 *
 * @module
 */

/** One message to the other broker. */
export interface BridgeMessage {
  readonly topic: string
  readonly payload: string
  readonly isRetained: boolean
}

/** The outbox of a bridge. */
export interface BridgeOutbox {
  readonly offer: (message: BridgeMessage) => void
  /** Whether there is a connection; with one, what waits goes out. */
  readonly setOpen: (isOpen: boolean) => void
  readonly waiting: () => number
  readonly dropped: () => number
}

/** Bounds of the outbox. */
export interface BridgeOutboxLimits {
  readonly waitingMax: number
  readonly inFlightMax: number
}

/** Opens the outbox; `send` settles when the other broker has the message, or never will. */
export function createBridgeOutbox(
  { waitingMax, inFlightMax }: BridgeOutboxLimits,
  send: (message: BridgeMessage) => Promise<void>
): BridgeOutbox {
  // By topic for what is retained, by number for what is not; in the order of their coming.
  const waiting = new Map<string, BridgeMessage>()
  let number = 0
  let inFlight = 0
  let isOpen = false
  let dropped = 0

  const pump = (): void => {
    for (const [key, message] of waiting) {
      if (!isOpen || inFlight >= inFlightMax) return
      waiting.delete(key)
      inFlight++
      const done = (): void => {
        inFlight--
        pump()
      }
      // A message that is lost with its connection was said on the ledger: nobody waits for it here.
      send(message).then(done, done)
    }
  }
  return {
    offer: (message) => {
      number++
      const key = message.isRetained ? message.topic : `#${number}`
      const [oldest] = waiting.keys()
      if (!waiting.has(key) && waiting.size >= waitingMax && oldest !== undefined) {
        waiting.delete(oldest)
        dropped++
      }
      waiting.set(key, message)
      pump()
    },
    setOpen: (isOpenNow) => {
      isOpen = isOpenNow
      pump()
    },
    waiting: () => waiting.size,
    dropped: () => dropped
  }
}

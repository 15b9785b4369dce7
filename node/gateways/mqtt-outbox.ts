/**
 * An MQTT client's outbox: what waits to be sent to it, within bounds.
 *
 * A client that neither reads nor acknowledges must not hold up others, nor grow
 * in memory: it gets so many messages ahead, then it is cut off. A newer state
 * takes the place of an older one that still waits, because only the latest counts.
 *
 * @module
 */

/** One message to a client. */
export interface OutboundMessage {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1
  /** Whether a newer message on the same topic makes this one worthless. */
  readonly isReplaceable: boolean
  /** Its place in the queue of a kept session, if it lies in one. */
  readonly number?: number
}

/** The outbox of one client. */
export interface Outbox {
  readonly offer: (message: OutboundMessage) => void
  /** The client acknowledged a message. */
  readonly acknowledge: () => void
  /** Forgets what waits; nothing is sent any more. */
  readonly close: () => void
}

/** Bounds of an outbox. */
export interface OutboxLimits {
  /** Messages on their way that were not written or not acknowledged yet. */
  readonly inFlightMax: number
  /** Messages that wait behind those. */
  readonly waitingMax: number
}

/** What an outbox needs of others. */
export interface OutboxPorts {
  /** Writes a message; `done` is called when the connection took it. */
  readonly send: (message: OutboundMessage, done: () => void) => void
  /** The client is too slow: nothing more is kept for it. */
  readonly cutOff: () => void
}

/** Opens the outbox of a client. */
export function createOutbox(limits: OutboxLimits, ports: OutboxPorts): Outbox {
  const waiting: OutboundMessage[] = []
  let writing = 0
  let unacknowledged = 0
  let isClosed = false

  const pump = (): void => {
    while (writing < limits.inFlightMax && unacknowledged < limits.inFlightMax) {
      const message = waiting.shift()
      if (message === undefined) return
      writing++
      if (message.qos === 1) unacknowledged++
      ports.send(message, () => {
        writing--
        pump()
      })
    }
  }
  return {
    offer: (message) => {
      if (isClosed) return
      const place = message.isReplaceable
        ? waiting.findIndex(({ topic, isReplaceable }) => isReplaceable && topic === message.topic)
        : -1
      if (place >= 0) waiting[place] = message
      else if (waiting.length < limits.waitingMax) waiting.push(message)
      else {
        isClosed = true
        waiting.length = 0
        ports.cutOff()
        return
      }
      pump()
    },
    acknowledge: () => {
      unacknowledged = Math.max(0, unacknowledged - 1)
      pump()
    },
    close: () => {
      isClosed = true
      waiting.length = 0
    }
  }
}

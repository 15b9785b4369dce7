/**
 * The queue of a kept MQTT session: from the store to the client, a few messages at a time.
 *
 * What is not acknowledged stays in the store. After a reconnection it is sent again, under a new
 * packet id: the node remembers messages, not packets.
 *
 * @module
 */

import type { Outbox } from './mqtt-outbox.ts'
import type { MqttSessionStore } from './mqtt-session-store.ts'

/** The queue of one session. */
export interface KeptQueue {
  readonly append: (topic: string, payload: string) => void
  /** The client is there: what waits is sent to it. */
  readonly attach: (outbox: Outbox) => void
  /** The client is gone. */
  readonly detach: () => void
  readonly acknowledge: (number: number) => void
}

/** Messages that are on their way to a client, or read for it. */
const AHEAD_MAX = 20

/** Opens the queue of a session of the store. */
export function createKeptQueue(
  id: string,
  store: Pick<MqttSessionStore, 'append' | 'read' | 'acknowledge'>,
  reportBug: (error: unknown) => void
): KeptQueue {
  const underWay = new Set<number>()
  let outbox: Outbox | undefined
  let behind = 0
  let isReading = false

  const fill = async (): Promise<void> => {
    if (isReading) return
    isReading = true
    try {
      while (outbox !== undefined && underWay.size < AHEAD_MAX) {
        const reader = outbox
        const messages = await store.read(id, behind, AHEAD_MAX - underWay.size)
        // Another connection begins from the front.
        if (outbox !== reader) continue
        if (messages.length === 0) return
        for (const { number, topic, payload } of messages) {
          behind = number
          underWay.add(number)
          reader.offer({ topic, payload, qos: 1, isReplaceable: false, number })
        }
      }
    } finally {
      isReading = false
    }
  }
  const fillSoon = (): void => void fill().catch(reportBug)
  const detach = (): void => {
    outbox = undefined
    behind = 0
    underWay.clear()
  }
  return {
    append: (topic, payload) => {
      if (store.append(id, { topic, payload })) fillSoon()
    },
    attach: (open) => {
      detach()
      outbox = open
      fillSoon()
    },
    detach,
    acknowledge: (number) => {
      underWay.delete(number)
      store.acknowledge(id, number)
      fillSoon()
    }
  }
}

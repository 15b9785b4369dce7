/**
 * Latest states: what a new subscriber of a device's `state` gets at once.
 *
 * The ledger keeps all readings; here the latest ones are only held ready. A
 * state that fell out, or was never here since the start, is read again.
 *
 * @module
 */

import { LRUCache } from 'lru-cache'
import { fromHex, invariant, toHex } from '../../protocol/index.ts'
import { readingToJson } from '../api/reading-json.ts'
import type { LedgerService, StoredReading } from '../ledger-service.ts'

/** States held ready, by count and by bytes. */
const STATES_MAX = 10_000
const STATES_SIZE_MAX_BYTES = 16_777_216
/** Messages looked through for the latest reading: heartbeats and alarms may lie above it. */
const LOOK_BACK_MAX = 50
/** A state is what a reading says; alarms and heartbeats are not states. */
const READING_KIND = 0

/** The latest states of all devices. */
export interface States {
  /** Takes a final message over; the new state as text, or undefined if it is none. */
  readonly update: (deviceId: Uint8Array, reading: StoredReading) => string | undefined
  /** Nobody listens: what is held would grow old unseen. */
  readonly forgetAll: () => void
  /** The latest state of a device, in JSON text. */
  readonly latest: (deviceId: string) => Promise<string | undefined>
}

/** Opens the latest states over the ledger. */
export function createStates(ledger: Pick<LedgerService, 'readings'>): States {
  const held = new LRUCache<string, string>({
    max: STATES_MAX,
    maxSize: STATES_SIZE_MAX_BYTES,
    sizeCalculation: (text) => text.length
  })
  return {
    update: (deviceId, reading) => {
      if (!isState(reading)) return undefined
      const text = JSON.stringify(readingToJson(reading))
      held.set(toHex(deviceId), text)
      return text
    },
    forgetAll: () => {
      if (held.size > 0) held.clear()
    },
    latest: async (deviceId) => {
      const ready = held.get(deviceId)
      if (ready !== undefined) return ready
      const id = fromHex(deviceId)
      invariant(id !== undefined, 'topics hold device ids in hex')
      const readings = await ledger.readings(id, {
        limit: LOOK_BACK_MAX,
        beforeSequence: null,
        incarnation: null,
        isRival: false
      })
      const reading = readings?.find(isState)
      if (reading === undefined) return undefined
      const text = JSON.stringify(readingToJson(reading))
      // What became final while the ledger was read is newer.
      if (!held.has(deviceId)) held.set(deviceId, text)
      return held.get(deviceId) ?? text
    }
  }
}

function isState({ contentKind, outcome }: StoredReading): boolean {
  return contentKind === READING_KIND && outcome === 'applied'
}

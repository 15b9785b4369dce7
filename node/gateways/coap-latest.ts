/**
 * The latest reading of each device that is observed over CoAP, held ready.
 *
 * @module
 */

import { LRUCache } from 'lru-cache'
import { fromHex, invariant } from '../../protocol/index.ts'
import type { LedgerService, StoredReading } from '../ledger-service.ts'

/** Readings held ready, by count and by bytes. */
const HELD_MAX = 10_000
const HELD_MAX_BYTES = 16_777_216
/** What a reading weighs beside its bytes. */
const READING_COST_BYTES = 256
/** Messages looked through for the latest reading: heartbeats and alarms may lie above it. */
const LOOK_BACK_MAX = 50
const READING_KIND = 0

/** The latest readings. Device ids are in lower-case hex. */
export interface LatestReadings {
  /** Takes a final message over; false when it is no reading, or does not count. */
  readonly update: (deviceId: string, reading: StoredReading) => boolean
  /** Nobody listens: what is held would grow old unseen. */
  readonly forgetAll: () => void
  /** Null for a device that nobody knows, undefined for one that has said nothing yet. */
  readonly of: (deviceId: string) => Promise<StoredReading | null | undefined>
  /** The newest message of any kind. */
  readonly newest: (deviceId: string) => Promise<StoredReading | null | undefined>
}

/** Opens the latest readings over the ledger. */
export function createLatestReadings(
  ledger: Pick<LedgerService, 'readings'>,
  isHeard: () => boolean
): LatestReadings {
  const held = new LRUCache<string, StoredReading>({
    max: HELD_MAX,
    maxSize: HELD_MAX_BYTES,
    sizeCalculation: ({ wire, content }) => wire.length + content.length + READING_COST_BYTES
  })
  const read = async (
    deviceId: string,
    limit: number
  ): Promise<readonly StoredReading[] | null> => {
    const id = fromHex(deviceId)
    invariant(id !== undefined, 'paths hold device ids in hex')
    const page = { limit, beforeSequence: null, incarnation: null, isRival: false }
    return ledger.readings(id, page)
  }
  return {
    update: (deviceId, reading) => {
      if (!isLatest(reading)) return false
      held.set(deviceId, reading)
      return true
    },
    forgetAll: () => {
      if (held.size > 0) held.clear()
    },
    of: async (deviceId) => {
      const ready = held.get(deviceId)
      if (ready !== undefined) return ready
      const readings = await read(deviceId, LOOK_BACK_MAX)
      const reading = readings?.find(isLatest)
      if (reading === undefined) return readings === null ? null : undefined
      // What became final while the ledger was read is newer.
      if (isHeard() && !held.has(deviceId)) held.set(deviceId, reading)
      return held.get(deviceId) ?? reading
    },
    newest: async (deviceId) => {
      const readings = await read(deviceId, 1)
      return readings === null ? null : readings[0]
    }
  }
}

function isLatest({ contentKind, outcome }: StoredReading): boolean {
  return contentKind === READING_KIND && outcome === 'applied'
}

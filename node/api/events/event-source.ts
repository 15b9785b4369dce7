/**
 * The source of events: the final blocks of this node, each made into events once for all listeners.
 *
 * Nobody is sent anything from here. Listeners come and take what they want, block by block, each
 * as fast as it can, so that a slow one costs no memory and a node with none does no work.
 *
 * @module
 */

import { LRUCache } from 'lru-cache'
import type { Clock } from '../../clock.ts'
import type { ConfirmedNews } from '../../confirmed-news.ts'
import type { LedgerService, LedgerStatus } from '../../ledger-service.ts'
import { eventsOfBlock, type LedgerEvent } from './ledger-event.ts'

/** How far back listeners may begin. */
const WINDOW_BLOCKS = 10_000
/** Room for events of late blocks, which all live listeners share. */
const CACHE_BYTES_MAX = 16_777_216
/** What an event costs beside its text. */
const EVENT_OVERHEAD_BYTES = 256

/** What the source needs of the ledger. */
export type EventLedger = Pick<
  LedgerService,
  'contents' | 'onConfirmedBlock' | 'onFinalBlock' | 'status'
>

/** Where listeners take their events from. */
export interface EventSource {
  /** The last final block. */
  readonly tip: () => number
  /** The first block that listeners may still begin with. */
  readonly oldest: () => number
  /** The highest block that anybody told of. */
  readonly highest: () => number
  /** The events of a block; null when this node has forgotten them. */
  readonly eventsOf: (height: number) => Promise<readonly LedgerEvent[] | null>
  readonly onFinalBlock: (listener: () => void) => () => void
  readonly onConfirmedBlock: (listener: (news: ConfirmedNews) => void) => () => void
}

/** Builds the source. */
export function createEventSource(ledger: EventLedger, clock: Pick<Clock, 'pause'>): EventSource {
  const cache = new LRUCache<number, readonly LedgerEvent[]>({
    maxSize: CACHE_BYTES_MAX,
    maxEntrySize: CACHE_BYTES_MAX,
    sizeCalculation: (events) =>
      events.reduce((sum, { data }) => sum + 2 * data.length + EVENT_OVERHEAD_BYTES, 1)
  })
  // Listeners of one block ask at the same moment; it is read once.
  const coming = new Map<number, Promise<readonly LedgerEvent[] | null>>()
  // A status is dear to make, and listeners ask for it with every block.
  let known: LedgerStatus | null = null
  ledger.onFinalBlock(() => {
    known = null
  })
  const status = (): LedgerStatus => {
    known ??= ledger.status()
    return known
  }
  // One block is read at a time, and all other work goes first, however many catch up.
  let last: Promise<unknown> = Promise.resolve()
  const read = (height: number): Promise<readonly LedgerEvent[] | null> => {
    const answer = last.then(() => readNow(height))
    // Whoever asked learns of a failure; the next in line must still have its turn.
    last = answer.catch(() => undefined).then(() => clock.pause())
    return answer
  }
  const readNow = async (height: number): Promise<readonly LedgerEvent[] | null> => {
    try {
      const contents = await ledger.contents(height)
      if (contents === null) return null
      const events = eventsOfBlock(contents)
      cache.set(height, events)
      return events
    } finally {
      coming.delete(height)
    }
  }
  return {
    tip: () => status().height,
    oldest: () => {
      const { height, transactionsFrom } = status()
      return Math.max(transactionsFrom, height - WINDOW_BLOCKS + 1, 0)
    },
    highest: () => {
      const { height, highestKnownHeight } = status()
      return Math.max(height, highestKnownHeight)
    },
    eventsOf: (height) => {
      const cached = cache.get(height)
      if (cached !== undefined) return Promise.resolve(cached)
      const asked = coming.get(height) ?? read(height)
      coming.set(height, asked)
      return asked
    },
    onFinalBlock: (listener) => ledger.onFinalBlock(listener),
    onConfirmedBlock: (listener) => ledger.onConfirmedBlock(listener)
  }
}

/**
 * Cursors: one listener's way through the blocks, from the last event it saw to the tip and on.
 *
 * @module
 */

import { toHex } from '../../../protocol/index.ts'
import type { ConfirmedNews } from '../../confirmed-news.ts'
import type { EventFilter } from './event-filter.ts'
import { isWanted } from './event-filter.ts'
import type { EventPosition } from './event-position.ts'
import type { EventSource } from './event-source.ts'
import { eventOfConfirmed, type LedgerEvent, type RevocableEvent } from './ledger-event.ts'

/** Why a listener does not get all that it missed. */
export type ResetCode =
  /** What it missed is forgotten here: older than the window, or pruned. */
  | 'EVENTS_NOT_KEPT'
  /** It names an event far above any block that this node has heard of. */
  | 'EVENT_UNKNOWN'

/** What a listener is told in place of what it missed: its view of the ledger is to be read anew. */
export interface EventReset {
  readonly code: ResetCode
  /** The height that goes on with: events of all blocks from here on follow. */
  readonly nextHeight: number
}

/** Where a cursor begins and what it looks for. */
export interface CursorOptions {
  /** The last event that was seen; null to begin with the next block. */
  readonly after: EventPosition | null
  readonly filter: EventFilter
}

/** What a cursor needs of others. */
export interface CursorPorts {
  readonly source: EventSource
  /** Waits for room; false ends the cursor. */
  readonly whenRoom: () => Promise<boolean>
  /** Whether what is sent now would leave at once. */
  readonly hasRoom: () => boolean
  readonly send: (event: LedgerEvent) => void
  readonly sendRevocable: (event: RevocableEvent) => void
  readonly sendReset: (reset: EventReset) => void
}

/** How far above all known blocks a listener may be that was served by a node ahead of this one. */
const AHEAD_MAX_BLOCKS = 1_024

/** How far behind the last final block a listener may be and still be told of confirmed ones. */
const BEHIND_MAX_BLOCKS = 4

/** Why a cursor came to its end. */
export type CursorEnd = 'closed' | 'stalled'

/** Follows the blocks until it is closed or its listener is too slow. */
export class EventCursor {
  readonly #filter: EventFilter
  readonly #ports: CursorPorts
  /** The block to send next, and the events of it that were seen already. */
  #height: number
  #skip = 0
  #isOpen = true
  /** Confirmed blocks that were told of and are not settled, with their heights. */
  readonly #told = new Map<string, number>()
  #wake: () => void = () => undefined

  constructor({ after, filter }: CursorOptions, ports: CursorPorts) {
    this.#filter = filter
    this.#ports = ports
    if (after === null) this.#height = ports.source.tip() + 1
    else if (after.index === null) this.#height = after.height + 1
    else {
      this.#height = after.height
      this.#skip = after.index + 1
    }
  }

  /** The last block that was gone through as a whole. */
  get seenHeight(): number {
    return this.#height - 1
  }

  /** Goes on until the end. */
  async run(): Promise<CursorEnd> {
    const { source } = this.#ports
    const stopListening = source.onFinalBlock(() => this.#wake())
    const stopHearing = this.#filter.kinds.has('confirmed')
      ? source.onConfirmedBlock((news) => this.#hearConfirmed(news))
      : () => undefined
    try {
      this.#settleStart()
      while (this.#isOpen) {
        if (this.#height > source.tip()) await this.#nextBlock()
        else if (!(await this.#sendBlock())) return this.#isOpen ? 'stalled' : 'closed'
      }
      return 'closed'
    } finally {
      stopListening()
      stopHearing()
    }
  }

  close(): void {
    this.#isOpen = false
    this.#wake()
  }

  #settleStart(): void {
    const { source } = this.#ports
    if (this.#height > source.highest() + AHEAD_MAX_BLOCKS) this.#reset('EVENT_UNKNOWN')
  }

  /** Sends what is wanted of the next block; false when there was no room for too long. */
  async #sendBlock(): Promise<boolean> {
    const { source, send, whenRoom } = this.#ports
    const height = this.#height
    const events = height < source.oldest() ? null : await source.eventsOf(height)
    if (events === null) {
      this.#reset('EVENTS_NOT_KEPT')
      return true
    }
    for (const event of events) {
      if (event.index < this.#skip || !isWanted(this.#filter, event)) continue
      if (!(await whenRoom()) || !this.#isOpen) return false
      send(event)
    }
    this.#skip = 0
    this.#height = height + 1
    return true
  }

  /**
   * What may be taken back waits for nobody: who is behind, or has a full queue, hears of the final
   * block alone. Whoever was told of a block is told that it lost, whatever waits.
   */
  #hearConfirmed(news: ConfirmedNews): void {
    if (!this.#isOpen) return
    const { source, hasRoom, sendRevocable } = this.#ports
    const { blockId, height } = news.block
    const id = toHex(blockId)
    for (const [other, at] of this.#told)
      if (at < this.#height && other !== id) this.#told.delete(other)
    const isNear = this.#height + BEHIND_MAX_BLOCKS > source.tip()
    if (news.kind === 'withdrawn' ? !this.#told.delete(id) : !isNear || !hasRoom()) return
    if (news.kind === 'confirmed') this.#told.set(id, height)
    sendRevocable(eventOfConfirmed(news))
  }

  #reset(code: ResetCode): void {
    const nextHeight = this.#ports.source.tip() + 1
    this.#ports.sendReset({ code, nextHeight })
    this.#height = nextHeight
    this.#skip = 0
  }

  #nextBlock(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      // The block may have come between the question and the wait.
      if (!this.#isOpen || this.#height <= this.#ports.source.tip()) resolve()
    })
  }
}

/**
 * The desk for listeners: what Server-Sent Events and WebSockets share.
 *
 * @module
 */

import type { Clock } from '../../clock.ts'
import { DamagedRecord } from '../../storage/damaged-record.ts'
import type { EventFilter } from './event-filter.ts'
import type { EventPosition } from './event-position.ts'
import { STALL_MAX_MS } from './event-sink.ts'
import { createEventSource, type EventLedger, type EventSource } from './event-source.ts'
import { STREAM_LIMITS, type StreamLimits, StreamPlaces } from './stream-places.ts'

/** Settings of the desk; what is left out is as a node bears it. */
export interface EventDeskOptions extends Partial<StreamLimits> {
  /** How long the full queue of a listener may stand still. */
  readonly stallMaxMs?: number
}

/** What the desk needs of others. */
export interface EventDeskPorts {
  readonly ledger: EventLedger
  readonly clock: Clock
  /** Hears of errors that no listener should be able to cause. */
  readonly reportBug: (error: unknown) => void
}

/** Where listeners are served. */
export interface EventDesk {
  readonly source: EventSource
  readonly places: StreamPlaces
  readonly clock: Clock
  readonly stallMaxMs: number
  /** Takes note of what ended a listener; a damaged record is being mended and no bug. */
  readonly reportEnd: (error: unknown) => void
}

/** What a listener asks for. */
export interface EventWish {
  readonly after: EventPosition | null
  readonly filter: EventFilter
}

/** Opens the desk. */
export function createEventDesk(options: EventDeskOptions, ports: EventDeskPorts): EventDesk {
  const { ledger, clock, reportBug } = ports
  return {
    source: createEventSource(ledger, clock),
    places: new StreamPlaces({ ...STREAM_LIMITS, ...options }),
    clock,
    stallMaxMs: options.stallMaxMs ?? STALL_MAX_MS,
    reportEnd: (error) => {
      if (!(error instanceof DamagedRecord)) reportBug(error)
    }
  }
}

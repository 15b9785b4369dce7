/**
 * Stretches of a device's history, as readers ask for them.
 *
 * @module
 */

import type { StoredReading } from './ledger-service.ts'

/** Which stretch of a device's history is asked for. */
export interface HistorySpan {
  readonly limit: number
  /** Header times, both within the span; null for no bound. */
  readonly fromMs: number | null
  readonly toMs: number | null
  /** The message to go on with, as the answer before named it; null for the newest. */
  readonly at: Uint8Array | null
}

/** A stretch of a device's history. */
export interface HistoryAnswer {
  readonly readings: readonly StoredReading[]
  /** The message to go on with; null where nothing follows within the bounds. */
  readonly next: Uint8Array | null
  /** Whether what is older was said, or may have been, and is not kept by this node. */
  readonly isCutOff: boolean
}

/**
 * Awake time: what memberships are measured by.
 *
 * It passes with the time of blocks, but a silence counts for two heartbeats at
 * most: an outage of the whole network makes nobody lapse.
 *
 * @see SPEC.md §7.3 Epochs
 * @module
 */

import type { LedgerReader } from '../ledger-view.ts'
import { NETWORK_KEY, networkTable, recentBlockKey, recentBlocks } from '../records/chain-record.ts'

/** A block by its place and time. */
export interface BlockMoment {
  readonly height: number
  readonly timeMs: number
}

const SILENCE_HEARTBEATS = 2

/**
 * How long the network had been awake at a block.
 *
 * @param state - of that block, or of one that is being executed at its place
 */
export function awakeMsAt(state: LedgerReader, { height, timeMs }: BlockMoment): number {
  const parameters = state.read(networkTable, NETWORK_KEY)?.parameters
  if (parameters === undefined || height === 0) return 0
  const key = recentBlockKey(height - 1, parameters.anchorWindowBlocks)
  const before = state.read(recentBlocks, key)
  if (before === undefined) return 0
  const stepMs = Math.min(timeMs - before.timeMs, SILENCE_HEARTBEATS * parameters.heartbeatMs)
  return before.awakeMs + stepMs
}

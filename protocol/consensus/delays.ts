/**
 * Delays: how long each step waits, in whole milliseconds without any fraction.
 *
 * Δ grows by three tenths with every view that passes without a finalisation, so
 * that it reaches whatever the network needs, and only a finalisation resets it.
 *
 * @see SPEC.md §9.7 Timers
 * @module
 */

import type { View } from '../types.ts'
import type { CoreState } from './core-state.ts'

/** 1.3^k in thousandths, rounded down at each step: integers, so equal everywhere. */
const GROWTH_PER_MILLE: readonly number[] = growthTable(40)

/** Δk of a view: Δ0·1.3^k up to Δmax, where k counts the views since the last final one. */
export function delayOfView(state: CoreState, view: View): number {
  const { delta0Ms, deltaMaxMs } = state.electorate.parameters
  const k = Math.min(Math.max(0, view - state.finalView - 1), GROWTH_PER_MILLE.length - 1)
  return Math.min(Math.floor((delta0Ms * (GROWTH_PER_MILLE[k] as number)) / 1000), deltaMaxMs)
}

/** Transactions a second below which the ledger counts as quiet and nothing is held back. */
const LIGHT_LOAD_PER_SECOND = 200

/** How long the oldest pending batch waits before a leader proposes: nothing while load is light. */
export function paceMs(state: CoreState): number {
  const { current, previous } = state.arrivals
  const perSecond = Math.max(current, previous)
  if (perSecond < LIGHT_LOAD_PER_SECOND) return 0
  const { minMs, maxMs } = state.pace
  const grown = minMs + Math.floor((perSecond - LIGHT_LOAD_PER_SECOND) / 60)
  return Math.min(grown, maxMs)
}

/** Counts transactions that arrived, second by second. */
export function countArrivals(state: CoreState, count: number, nowMs: number): void {
  const { arrivals } = state
  const elapsedMs = nowMs - arrivals.secondStartMs
  if (elapsedMs >= 1000) {
    arrivals.previous = elapsedMs < 2000 ? arrivals.current : 0
    arrivals.current = 0
    arrivals.secondStartMs = nowMs
  }
  arrivals.current += count
}

function growthTable(length: number): number[] {
  const table = [1000]
  while (table.length < length)
    table.push(Math.floor(((table[table.length - 1] as number) * 13) / 10))
  return table
}

/**
 * Figures as people read them.
 *
 * @module
 */

import { quantile } from '../fleet/fleet-record.ts'
import type { Figures } from './row.ts'

/** Median and longest of some spans of time. */
export function spanFigures(name: string, spansMs: readonly number[]): Figures {
  const ascending = [...spansMs].sort((a, b) => a - b)
  return {
    [`${name} p50`]: seconds(quantile(ascending, 0.5) ?? Number.NaN),
    [`${name} max`]: seconds(ascending.at(-1) ?? Number.NaN)
  }
}

/** `1.2 s`. */
export function seconds(spanMs: number): string {
  return `${(spanMs / 1000).toFixed(1)} s`
}

/** `3.4 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/**
 * Readings in words: what a device said, as a person says it.
 *
 * @see RFC 8428 §12.1 SenML units
 * @module
 */

import type { Reading } from '../feed/answers.ts'

/** Units of SenML that are written otherwise by people. */
const UNITS: Readonly<Record<string, string>> = {
  Cel: '°C',
  K: 'K',
  '%RH': '% humidity',
  '%EL': '% battery',
  '/': '',
  lon: '° east',
  lat: '° north'
}

/** What devices shorten, by the first record of what they say. */
const NAMES: Readonly<Record<string, string>> = { t: 'temperature', h: 'humidity', p: 'pressure' }

/** What a reading is about; empty when it does not say. */
export function nameOf({ records }: Pick<Reading, 'records'>): string {
  const [first] = records ?? []
  const name = `${first?.bn ?? ''}${first?.n ?? ''}`
  return NAMES[name] ?? name
}

/** The value of a reading, in one short text. */
export function shownValue(reading: Pick<Reading, 'records' | 'dataKeyEpoch'>): string {
  if (reading.dataKeyEpoch > 0) return 'sealed'
  const [first, ...others] = reading.records ?? []
  if (first === undefined) return 'not SenML'
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  if (typeof first.v === 'number') {
    const unit = first.u ?? first.bu ?? ''
    const shown = UNITS[unit] ?? unit
    return `${formatNumber(first.v)}${shown === '' ? '' : ` ${shown}`}${more}`
  }
  if (typeof first.vb === 'boolean') return `${first.vb ? 'yes' : 'no'}${more}`
  return `${first.vs ?? 'no value'}${more}`
}

/** The number that a spark line can show; null for everything else. */
export function numberOf({ records }: Pick<Reading, 'records'>): number | null {
  const number = records?.[0]?.v
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

function formatNumber(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}

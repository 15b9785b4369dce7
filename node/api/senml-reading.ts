/**
 * A device's reading as SenML that means the same whenever it is read.
 *
 * A device may leave its names' beginning and its times to whoever receives the
 * pack. The ledger received it at the time of its block, so that is what relative
 * times become absolute by; base fields are applied. Names stay as they were signed.
 *
 * @see RFC 8428 §4.6
 * @module
 */

import {
  decodeSenmlCbor,
  encodeSenmlCbor,
  encodeSenmlJson,
  packResolved,
  resolveSenml,
  type SenmlRecord
} from '../../protocol/index.ts'
import type { StoredReading } from '../ledger-service.ts'

/** Media types of SenML. */
export const SENML_MEDIA_TYPES: readonly string[] = [
  'application/senml+json',
  'application/senml+cbor'
]

/** The first byte of clear content that is a SenML pack of its own. */
const INLINE_FORM = 0x00

/** The records of a reading; undefined when it is sealed, lies elsewhere, or cannot be resolved. */
export function senmlOfReading({
  content,
  dataKeyEpoch,
  timeMs
}: Pick<StoredReading, 'content' | 'dataKeyEpoch' | 'timeMs'>): SenmlRecord[] | undefined {
  if (dataKeyEpoch !== 0 || content[0] !== INLINE_FORM) return undefined
  const records = decodeSenmlCbor(content.subarray(1))
  const resolved = records === undefined ? undefined : resolveSenml(records, timeMs / 1000)
  return resolved === undefined ? undefined : packResolved(resolved)
}

/**
 * Readings as one pack in order of time. What is sealed, lies elsewhere or did not count is left out.
 *
 * @param readings - newest first
 */
export function senmlPack(readings: readonly StoredReading[], mediaType: string): Uint8Array {
  const records = readings
    .filter(({ outcome }) => outcome === 'applied')
    .flatMap((reading) => senmlOfReading(reading) ?? [])
    .toSorted((a, b) => (a.t ?? 0) - (b.t ?? 0))
  return mediaType === 'application/senml+json'
    ? Buffer.from(encodeSenmlJson(records))
    : encodeSenmlCbor(records)
}

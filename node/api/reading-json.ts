/**
 * A device's message as JSON, the same over HTTP and MQTT.
 *
 * @module
 */

import { CONTENT_KINDS, toHex } from '../../protocol/index.ts'
import type { StoredReading } from '../ledger-service.ts'
import type { JsonObject } from './json-value.ts'
import { openRecords } from './senml-json.ts'

const REPLY_KIND = 2

/**
 * A reading with its records if they lie open, or with its content in hex. Sealed content comes with
 * the whole message, for it opens by the header that it is bound to; so do replies, which whoever
 * commanded holds against the device's signature.
 */
export function readingToJson(reading: StoredReading): JsonObject {
  const { contentKind, dataKeyEpoch, content } = reading
  const records = openRecords(reading)
  return {
    transactionId: toHex(reading.transactionId),
    height: reading.height,
    timeMs: reading.timeMs,
    incarnation: reading.incarnation,
    sequence: reading.sequence,
    contentKind,
    contentKindName: CONTENT_KINDS.get(contentKind)?.name ?? null,
    dataKeyEpoch,
    outcome: reading.outcome,
    code: reading.code,
    ...(reading.marks.length === 0 ? {} : { marks: reading.marks }),
    ...(records === undefined ? { content: toHex(content) } : { records }),
    ...(dataKeyEpoch === 0 && contentKind !== REPLY_KIND ? {} : { message: toHex(reading.wire) })
  }
}

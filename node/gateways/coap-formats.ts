/**
 * A device's latest reading over CoAP, in the format that was asked for.
 *
 * @module
 */

import { encodeSenmlCbor, encodeSenmlJson } from '../../protocol/index.ts'
import { readingToJson } from '../api/reading-json.ts'
import { senmlOfReading } from '../api/senml-reading.ts'
import type { StoredReading } from '../ledger-service.ts'
import { CODE, FORMAT } from './coap-codes.ts'
import { faultReply, type Reply } from './coap-reply.ts'

/** Bytes of a transaction's id that tell a reading from the one before. */
const ETAG_BYTES = 7

/**
 * The reply that shows a reading. Where nothing is asked for, that is SenML in JSON if the reading is
 * an open pack, and otherwise JSON as HTTP and MQTT have it.
 *
 * In CBOR it is the device's own message, whole and signed.
 */
export function latestReply(reading: StoredReading, accept: number | null): Reply {
  const senml = senmlOfReading(reading)
  const format = accept ?? (senml === undefined ? FORMAT.json : FORMAT.senmlJson)
  // One reading has several forms: they are no substitutes for each other.
  const etag = Buffer.concat([reading.transactionId.subarray(0, ETAG_BYTES), Uint8Array.of(format)])
  const reply = (payload: Uint8Array): Reply => ({ code: CODE.content, payload, format, etag })
  switch (format) {
    case FORMAT.senmlJson:
      return senml === undefined
        ? faultReply('ACCEPT_UNSUPPORTED')
        : reply(Buffer.from(encodeSenmlJson(senml)))
    case FORMAT.senmlCbor:
      return senml === undefined ? faultReply('ACCEPT_UNSUPPORTED') : reply(encodeSenmlCbor(senml))
    case FORMAT.cbor:
      return reply(reading.wire)
    case FORMAT.json:
      return reply(Buffer.from(JSON.stringify(readingToJson(reading))))
    default:
      return faultReply('ACCEPT_UNSUPPORTED')
  }
}

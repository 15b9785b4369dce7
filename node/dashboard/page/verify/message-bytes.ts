/**
 * Whether signed bytes are the reading that a node shows.
 *
 * @module
 */

import { decodeSenmlCbor } from '../../../../client/index.ts'
import {
  contentHash,
  equalBytes,
  readDeviceMessageEnvelope,
  toHex,
  transactionIdOf
} from '../../../../protocol/index.ts'
import type { Reading } from '../feed/answers.ts'

/** The first byte of content that is a SenML pack of its own. */
const INLINE_FORM = 0x00

/** What the bytes must agree with. */
export interface ShownMessage {
  readonly id: Uint8Array
  readonly networkTag: Uint8Array
  readonly reading: Reading
  /** In hex. */
  readonly deviceId: string
}

/** Whether the bytes have this id, are of this device, and say what is shown. */
export function isMessageOf(
  wire: Uint8Array,
  { id, networkTag, reading, deviceId }: ShownMessage
): boolean {
  const envelope = readDeviceMessageEnvelope(wire)
  if (envelope === undefined) return false
  const { message, signedBody, content } = envelope
  if (!equalBytes(transactionIdOf(networkTag, signedBody), id)) return false
  if (toHex(message.deviceId) !== deviceId || message.sequence !== reading.sequence) return false
  const isWhole =
    content.length === message.contentLength &&
    equalBytes(contentHash(content), message.contentHash)
  return isWhole && message.dataKeyEpoch === reading.dataKeyEpoch && isSaid(content, reading)
}

/** What stands in the first record is what pages show. */
function isSaid(content: Uint8Array, { records, dataKeyEpoch }: Reading): boolean {
  const [shown] = records ?? []
  if (shown === undefined) return true
  if (dataKeyEpoch !== 0 || content[0] !== INLINE_FORM) return false
  const [said] = decodeSenmlCbor(content.subarray(1)) ?? []
  return (
    said !== undefined &&
    said.n === shown.n &&
    said.u === shown.u &&
    said.v === shown.v &&
    said.vs === shown.vs &&
    said.vb === shown.vb
  )
}

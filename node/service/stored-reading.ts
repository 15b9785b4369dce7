/**
 * A stored reading: a device message as readers see it, with its place and its outcome.
 *
 * @module
 */

import type { DeviceMessage } from '../../protocol/index.ts'
import type { StoredReading } from '../ledger-service.ts'
import type { ArchivedTransaction } from './archive.ts'

/** The reading of an archived message. */
export function readingOf({ transaction, stored, outcome }: ArchivedTransaction): StoredReading {
  const { height, timeMs } = stored.block.header
  return { ...messageFields(transaction), height, timeMs, ...outcome, marks: [] }
}

/** What the message itself says of a reading. */
export function messageFields(
  transaction: ArchivedTransaction['transaction']
): Omit<StoredReading, 'height' | 'timeMs' | 'outcome' | 'code' | 'marks'> {
  const { incarnation, sequence, contentKind, dataKeyEpoch } = transaction.body as DeviceMessage
  return {
    transactionId: transaction.id,
    incarnation,
    sequence,
    contentKind,
    dataKeyEpoch,
    content: transaction.attachment ?? new Uint8Array(0),
    wire: transaction.wire
  }
}

/**
 * Record storage: the port where the one record of a device or wallet lies, and writing there.
 *
 * @module
 */

import { ClientError } from './errors.ts'
import type { OutboxState } from './outbox.ts'
import { decodeOutboxRecord, encodeOutboxRecord } from './outbox-record.ts'

/** Where the one record lies. A write is durable and whole when it resolves, and whole or absent else. */
export interface RecordStorage {
  /** The last record written; undefined when there never was one. */
  readonly read: () => Promise<Uint8Array | undefined>
  /** The bytes are erased once this settles: copy what is to be kept. */
  readonly write: (record: Uint8Array) => Promise<void>
}

/** Reads the stored state. */
export async function readRecord(storage: RecordStorage): Promise<OutboxState> {
  const record = await storage.read()
  if (record === undefined)
    throw new ClientError('no record of a device is stored', { code: 'RECORD_MISSING' })
  const state = decodeOutboxRecord(record)
  if (state === undefined)
    throw new ClientError('the record of the device cannot be read', { code: 'RECORD_DAMAGED' })
  return state
}

/** Writes a state; when this rejects, nobody knows whether it is stored. */
export function writeRecord(storage: RecordStorage, state: OutboxState): Promise<void> {
  return storeRecord(storage, encodeOutboxRecord(state))
}

/** Writes the bytes of a record, and erases them; when this rejects, nobody knows whether they are stored. */
export async function storeRecord(storage: RecordStorage, encoded: Uint8Array): Promise<void> {
  // A plain array: on Node the encoder may give a Buffer, whose slice is no copy.
  const record = new Uint8Array(encoded)
  encoded.fill(0)
  try {
    await storage.write(record)
  } catch (cause) {
    throw new ClientError('the storage did not take the record', {
      code: 'RECORD_NOT_WRITTEN',
      cause
    })
  } finally {
    record.fill(0)
  }
}

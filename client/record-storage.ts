/**
 * Record storage: the port where a device's one record lies, and its reading and writing.
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
    throw new ClientError('RECORD_MISSING', 'no record of a device is stored')
  const state = decodeOutboxRecord(record)
  if (state === undefined)
    throw new ClientError('RECORD_DAMAGED', 'the record of the device cannot be read')
  return state
}

/** Writes a state; when this rejects, nobody knows whether it is stored. */
export async function writeRecord(storage: RecordStorage, state: OutboxState): Promise<void> {
  const record = encodeOutboxRecord(state)
  try {
    await storage.write(record)
  } catch (cause) {
    throw new ClientError('RECORD_NOT_WRITTEN', 'the storage did not take the record', { cause })
  } finally {
    record.fill(0)
  }
}

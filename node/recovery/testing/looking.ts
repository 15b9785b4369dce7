/**
 * Looking at the ledgers of tests: what they hold, and whether they are mended.
 *
 * @module
 */

import { toHex } from '../../../protocol/index.ts'
import { DamagedRecord } from '../../storage/damaged-record.ts'
import type { Database } from '../../storage/database.ts'
import { collect } from '../../storage/testing/entries.ts'
import type { SmallLedger } from './small-ledger.ts'

const WAIT_MS = 20_000

/** All records of a ledger, to compare with another's. */
export async function recordsOf({ database }: SmallLedger): Promise<ReadonlyMap<string, string>> {
  const entries = await collect(database)
  return new Map(entries.map(([key, payload]) => [toHex(key), toHex(payload)]))
}

/** What a read fails with, which must be damage. */
export function damageOf(read: () => unknown): DamagedRecord {
  try {
    read()
  } catch (error) {
    if (error instanceof DamagedRecord) return error
    throw error
  }
  throw new Error('it was read, though it is damaged')
}

/** Waits until nothing is damaged any more. */
export async function settle({ recovery }: SmallLedger): Promise<void> {
  const endMs = performance.now() + WAIT_MS
  while (recovery.condition.damagedRecords > 0) {
    if (performance.now() > endMs) throw new Error('it was not mended in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Deletes records, durably. */
export async function removeRecords(
  database: Database,
  keys: readonly Uint8Array[]
): Promise<void> {
  const batch = database.createBatch()
  for (const key of keys) batch.delete(key)
  await batch.write({ sync: true })
}

/** Writes a record, durably. */
export async function writeRecord(
  database: Database,
  key: Uint8Array,
  payload: Uint8Array
): Promise<void> {
  const batch = database.createBatch()
  batch.put(key, payload)
  await batch.write({ sync: true })
}

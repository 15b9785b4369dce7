/**
 * A database of numbered entries, for tests.
 *
 * @module
 */

import type { Database } from '../database.ts'
import type { DatabaseIdentity } from '../database-identity.ts'
import type { KeyRange } from '../key-range.ts'
import { openDatabase } from '../open-database.ts'
import type { Entry } from '../store-pages.ts'
import { IDENTITY } from './fixtures.ts'

const quiet = { onWriteFailure: (): void => undefined }

/** The key of the n-th entry. */
export const keyOf = (number: number): Uint8Array =>
  Buffer.from(`key-${String(number).padStart(6, '0')}`)
/** The payload of the n-th entry. */
export const payloadOf = (number: number): Uint8Array => Buffer.from(`payload-${number}-`.repeat(6))

/** Makes the tests' database. */
export function create(path: string): Promise<Database> {
  return openDatabase({ path, identity: IDENTITY, create: true }, quiet)
}

/** Opens it again, expecting its identity or a changed one. */
export function reopen(path: string, changes: Partial<DatabaseIdentity> = {}): Promise<Database> {
  return openDatabase({ path, identity: { ...IDENTITY, ...changes }, create: false }, quiet)
}

/** Writes the entries from..to-1 in one synced batch. */
export async function fill(database: Database, from: number, to: number): Promise<void> {
  const batch = database.createBatch()
  for (let number = from; number < to; number++) batch.put(keyOf(number), payloadOf(number))
  await batch.write({ sync: true })
}

/** All entries of a range. */
export async function collect(database: Database, range?: KeyRange): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const page of database.iterate(range)) entries.push(...page)
  return entries
}

/** Bytes as text. */
export const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString()

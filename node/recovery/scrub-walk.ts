/**
 * What the parts of a scrub share: a walk through a range, at its pace, past damage.
 *
 * @module
 */

import { NodeError } from '../errors.ts'
import type { KeyRange } from '../storage/key-range.ts'
import type { Entry } from '../storage/store-pages.ts'
import type { ScrubPorts } from './scrub.ts'

/** What a part of the scrub works with. */
export interface ScrubWalk extends Omit<ScrubPorts, 'checkTables'> {
  /** Waits as long as so many bytes take at the pace that is set. */
  readonly pace: (bytes: number) => Promise<void>
}

/** The scrub was told to stop in the middle of a pass. */
export class ScrubStopped extends Error {
  override readonly name = 'ScrubStopped'
}

/**
 * Whole records of a range, page by page; all others are reported.
 *
 * @param onDamaged - is told of their keys, as they were found
 */
export async function* walkRange(
  { database, report, onTrouble, pace }: ScrubWalk,
  range: KeyRange,
  onDamaged: (key: Uint8Array) => void = () => undefined
): AsyncGenerator<readonly Entry[], void, void> {
  for await (const { entries, damaged, trouble } of database.scan(range)) {
    for (const key of damaged) {
      onDamaged(key)
      report(key)
    }
    if (entries.length > 0) yield entries
    if (trouble !== undefined) onTrouble(trouble)
    await pace(entries.reduce((sum, [key, payload]) => sum + key.length + payload.length, 0))
  }
}

/** Reads a record, which is reported when it is damaged or, where it must be there, missing. */
export async function readPaced(
  { database, pace }: ScrubWalk,
  key: Uint8Array,
  missing: string
): Promise<Uint8Array | undefined> {
  try {
    const payload = await database.get(key)
    if (payload === undefined) database.reportDamage(key, missing)
    await pace(key.length + (payload?.length ?? 0))
    return payload
  } catch (error) {
    // the database has reported it
    if (error instanceof NodeError && error.code === 'STORAGE_DAMAGED') return undefined
    throw error
  }
}

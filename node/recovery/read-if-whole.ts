/**
 * Reading for those who go on without what is damaged.
 *
 * @module
 */

import { DamagedRecord } from '../storage/damaged-record.ts'

/** What is read, or undefined when it is damaged: the database has reported that already. */
export function readIfWhole<Value>(read: () => Value | undefined): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DamagedRecord) return undefined
    throw error
  }
}

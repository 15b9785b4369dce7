/**
 * Write-behind: changes of one database, written together as fast as it takes them, in order.
 *
 * @module
 */

import type { Database } from '../storage/database.ts'

/** Where changes go. */
export interface WriteBehind {
  /** Puts a value under a key, or deletes it. */
  readonly write: (key: Uint8Array, value: Uint8Array | null) => void
  /** Resolves when all that was asked for so far is written, or can be no more. */
  readonly written: () => Promise<void>
  /** Changes that are not begun yet. */
  readonly waiting: () => number
}

type Change = readonly [key: Uint8Array, value: Uint8Array | null]

/** Opens the way to a database. The database itself reports a write that failed. */
export function createWriteBehind(database: Pick<Database, 'createBatch'>): WriteBehind {
  let changes: Change[] = []
  let writing: Promise<void> | undefined

  const writeAll = async (): Promise<void> => {
    while (changes.length > 0) {
      const batch = database.createBatch()
      for (const [key, value] of changes)
        if (value === null) batch.delete(key)
        else batch.put(key, value)
      changes = []
      // The first failure ends the node; until then what is in memory holds.
      await batch.write({ sync: false }).catch(() => undefined)
    }
    writing = undefined
  }
  const begin = (): Promise<void> => {
    // After the present turn, so that what comes together is written together.
    writing ??= Promise.resolve().then(writeAll)
    return writing
  }
  return {
    write: (key, value) => {
      changes.push([key, value])
      void begin()
    },
    written: async () => {
      await writing?.then(() => undefined)
    },
    waiting: () => changes.length
  }
}

/**
 * A folder of the simulated disk: a database as it lies there, and what would survive a power cut.
 *
 * @module
 */

/** One change: a value, or null to delete. */
export type Change = readonly [key: string, value: Uint8Array | null]

/** A database as it lies on the disk. */
export interface Folder {
  /** Everything that was written, whether it would survive or not. Keys are latin1 text. */
  readonly entries: Map<string, Uint8Array>
  /** What the entries were at the last sync, for the keys that changed since. */
  readonly before: Map<string, Uint8Array | null>
  /** Writes since the last sync, in order. */
  readonly unsynced: (readonly Change[])[]
  hasMarker: boolean
  /** A block of its log is damaged: opening would drop records in silence, so checking says so. */
  hasLogDamage: boolean
  /** It is being removed, file by file; once that is durable it is gone. */
  isGoing: boolean
}

/** A folder with nothing in it. */
export function emptyFolder(): Folder {
  return {
    entries: new Map(),
    before: new Map(),
    unsynced: [],
    hasMarker: true,
    hasLogDamage: false,
    isGoing: false
  }
}

/** From now on what is written is durable. */
export function settle(folder: Folder): void {
  folder.unsynced.length = 0
  folder.before.clear()
}

/** Applies one change. */
export function put(folder: Folder, key: string, value: Uint8Array | null): void {
  if (value === null) folder.entries.delete(key)
  else folder.entries.set(key, value)
}

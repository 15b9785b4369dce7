/**
 * The storage engine: what keeps keys and values in a folder, in order, and survives a crash.
 *
 * The daemon's is LevelDB. The simulator has one of its own, which forgets what
 * was not synced, flips bits and runs full when its plan says so.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { openFailure } from './disk-errors.ts'
import { syncFolder } from './durable-file.ts'
import { checkLevelLogs } from './level-log-check.ts'
import { checkLevelTables } from './level-table-check.ts'

/** Bounds of a walk. */
export interface EngineRange {
  readonly gt?: Uint8Array
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly lte?: Uint8Array
  readonly reverse?: boolean
}

/** Changes that are written together, or closed unwritten. */
export interface EngineBatch {
  put(key: Uint8Array, value: Uint8Array): unknown
  del(key: Uint8Array): unknown
  write(options: { readonly sync: boolean }): Promise<void>
  close(): Promise<void>
}

/** The folder as it was at one moment. */
export interface EngineSnapshot {
  close(): Promise<void>
}

/** One open folder of keys and values. */
export interface EngineStore {
  readonly status: string
  getSync(key: Uint8Array): Uint8Array | undefined
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  iterator(
    range: EngineRange & {
      readonly fillCache: boolean
      readonly highWaterMarkBytes: number
      readonly snapshot?: EngineSnapshot
    }
  ): {
    nextv(size: number): Promise<[Uint8Array, Uint8Array][]>
    close(): Promise<void>
  }
  batch(): EngineBatch
  snapshot(): EngineSnapshot
  /** Gives the room of what was deleted in a range back to the disk. */
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>
  approximateSize(start: Uint8Array, end: Uint8Array): Promise<number>
  close(): Promise<void>
}

/** Opens folders. */
export interface StorageEngine {
  /** Whether anything at all lies there. */
  readonly isTaken: (path: string) => boolean
  /** Whether a database was made there; an empty folder and one without its marker are none. */
  readonly isDatabase: (path: string) => boolean
  /**
   * Looks for damage that opening would pass over in silence.
   *
   * @throws NodeError STORAGE_DAMAGED
   */
  readonly check: (path: string, unsyncedWrites: boolean) => Promise<void>
  /** @throws NodeError STORAGE_DAMAGED, DATA_DIRECTORY_LOCKED, DISK_FULL or DISK_WRITE_FAILED */
  readonly open: (
    path: string,
    options: { readonly create: boolean; readonly writeBufferBytes: number }
  ) => Promise<EngineStore>
  /** Makes the folder itself durable, once something was synced in it. */
  readonly settle: (path: string) => Promise<void>
}

const CACHE_BYTES = 32 * 1024 * 1024
const OPEN_FILES_MAX = 256

/** LevelDB. */
export const levelEngine: StorageEngine = {
  isTaken: (path) => existsSync(path),
  // LevelDB takes a folder without CURRENT for a new database and deletes what else lies there
  isDatabase: (path) => existsSync(join(path, 'CURRENT')),
  check: async (path, unsyncedWrites) => {
    await checkLevelLogs(path, unsyncedWrites)
    await checkLevelTables(path)
  },
  open: openLevel,
  settle: async (path) => {
    await syncFolder(path)
    await syncFolder(dirname(path))
  }
}

async function openLevel(
  path: string,
  { create, writeBufferBytes }: { readonly create: boolean; readonly writeBufferBytes: number }
): Promise<ClassicLevel<Uint8Array, Uint8Array>> {
  const level: ClassicLevel<Uint8Array, Uint8Array> = new ClassicLevel(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: create,
    errorIfExists: create,
    compression: false,
    maxOpenFiles: OPEN_FILES_MAX,
    cacheSize: CACHE_BYTES,
    writeBufferSize: writeBufferBytes
  })
  try {
    await level.open()
  } catch (error) {
    throw openFailure(path, error)
  }
  return level
}

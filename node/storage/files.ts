/**
 * Files: the little that snapshots need of a disk, so that a simulator can stand in for it.
 *
 * @module
 */

import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { hasErrno, readFailure, writeFailure } from './disk-errors.ts'
import { syncFolder } from './durable-file.ts'

/** Whole files, folders and their names. */
export interface Files {
  /** The names in a folder; none when there is no folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
  /** The whole of a file; undefined when there is none. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  /** The bytes of a file; 0 when there is none. */
  readonly sizeOf: (path: string) => Promise<number>
  /** Writes a whole file and syncs it; its name is durable once its folder is synced. */
  readonly write: (path: string, content: Uint8Array) => Promise<void>
  /** Makes a folder, unless it is there. */
  readonly makeFolder: (path: string) => Promise<void>
  readonly rename: (from: string, to: string) => Promise<void>
  /** Removes a file or a folder with all that is in it, if it is there. */
  readonly remove: (path: string) => Promise<void>
  /** Makes the names in a folder durable. */
  readonly syncFolder: (path: string) => Promise<void>
}

const PRIVATE_MODE = 0o700

/** The files of the system; what goes wrong is a NodeError that names the path. */
export const systemFiles: Files = {
  list: async (folder) => {
    try {
      return (await readdir(folder)).toSorted()
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return []
      throw readFailure(folder, error)
    }
  },
  read: async (path) => {
    try {
      return new Uint8Array(await readFile(path))
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return undefined
      throw readFailure(path, error)
    }
  },
  sizeOf: async (path) => {
    try {
      return (await stat(path)).size
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return 0
      throw readFailure(path, error)
    }
  },
  write: async (path, content) => {
    try {
      const handle = await open(path, 'w')
      try {
        await handle.writeFile(content)
        await handle.sync()
      } finally {
        await handle.close()
      }
    } catch (error) {
      throw writeFailure(path, error)
    }
  },
  makeFolder: (path) => writing(path, mkdir(path, { recursive: true, mode: PRIVATE_MODE })),
  rename: (from, to) => writing(to, rename(from, to)),
  remove: (path) => writing(path, rm(path, { recursive: true, force: true })),
  syncFolder
}

async function writing(path: string, work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    throw writeFailure(path, error)
  }
}

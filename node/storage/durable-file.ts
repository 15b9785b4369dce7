/**
 * Durable files: whole or not at all, and still there after a power cut.
 *
 * @module
 */

import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFailure } from './disk-errors.ts'

/** A small file and the permissions it is to have. */
export interface DurableFile {
  readonly path: string
  readonly content: string | Uint8Array
  readonly mode: number
}

/**
 * Writes a small file beside its place, syncs it, moves it there and syncs the folder.
 *
 * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
 */
export async function writeFileDurably(file: DurableFile): Promise<void> {
  const temporary = `${file.path}.new`
  try {
    await withFile(temporary, 'w', file.mode, async (handle) => {
      // a left-over temporary file keeps its old mode, and the mask of the process narrows a new one
      await handle.chmod(file.mode)
      await handle.writeFile(file.content)
      await handle.sync()
    })
    await rename(temporary, file.path)
  } catch (error) {
    throw writeFailure(file.path, error)
  }
  await syncFolder(dirname(file.path))
}

/**
 * Makes a folder that did not exist, and its name durable.
 *
 * @throws NodeError DISK_FULL or DISK_WRITE_FAILED, also when the folder exists
 */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode })
    await withFile(path, 'r', mode, (handle) => handle.chmod(mode))
  } catch (error) {
    throw writeFailure(path, error)
  }
  await syncFolder(dirname(path))
}

/**
 * Makes the names in a folder durable.
 *
 * @throws NodeError DISK_WRITE_FAILED
 */
export async function syncFolder(path: string): Promise<void> {
  try {
    await withFile(path, 'r', 0, (handle) => handle.sync())
  } catch (error) {
    throw writeFailure(path, error)
  }
}

async function withFile(
  path: string,
  flags: string,
  mode: number,
  use: (handle: FileHandle) => Promise<void>
): Promise<void> {
  const handle = await open(path, flags, mode)
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}

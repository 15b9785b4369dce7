/**
 * Files that a command reads or makes, each trouble with them named by their path.
 *
 * @module
 */

import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { NodeError } from '../errors.ts'
import { hasErrno, writeFailure } from '../storage/disk-errors.ts'

const MEBIBYTE = 1024 * 1024
const FILE_BYTES_MAX = 4 * MEBIBYTE
const SHARED_MODE = 0o644

/** A file that is to be made. */
export interface NewFile {
  readonly path: string
  readonly content: string | Uint8Array
  /** 0644 unless said. */
  readonly mode?: number
}

/**
 * Reads a file that a person named.
 *
 * @param bytesMax - whole mebibytes, 4 of them unless said
 * @throws NodeError USAGE_WRONG when it is missing, unreadable or larger than that
 */
export async function readNamedFile(
  path: string,
  bytesMax: number = FILE_BYTES_MAX
): Promise<Uint8Array> {
  try {
    const status = await stat(path)
    if (status.size > bytesMax)
      throw new NodeError(
        'USAGE_WRONG',
        `${path}: has ${status.size} bytes, at most ${bytesMax / MEBIBYTE} MiB are read`
      )
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (error instanceof NodeError) throw error
    throw trouble('USAGE_WRONG', `${path}: ${troubleOf(error)}`, error)
  }
}

/** The text of a file; undefined when there is none. */
export async function readOptionalText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ENOTDIR')) return undefined
    throw trouble('CONFIGURATION_WRONG', `${path}: ${troubleOf(error)}`, error)
  }
}

/**
 * Makes a file, and the folders above it. One that exists is never overwritten.
 *
 * @throws NodeError FILE_EXISTS, DISK_FULL or DISK_WRITE_FAILED
 */
export async function writeNewFile({ path, content, mode = SHARED_MODE }: NewFile): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const handle = await open(path, 'wx', mode)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) throw fileExists(path)
    throw writeFailure(path, error)
  }
}

/** An error of a code with what lies beneath it. */
export function trouble(code: string, message: string, cause: unknown): NodeError {
  return new NodeError(code, message, { cause })
}

/** The error for a file that would have to be overwritten. */
export function fileExists(path: string): NodeError {
  return new NodeError('FILE_EXISTS', `${path}: exists already; nothing is overwritten`)
}

function troubleOf(error: unknown): string {
  if (hasErrno(error, 'ENOENT')) return 'there is no such file'
  if (hasErrno(error, 'EACCES')) return 'may not be read'
  if (hasErrno(error, 'EISDIR')) return 'is a folder'
  return 'cannot be read'
}

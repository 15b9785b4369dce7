/**
 * Disk errors: what the file system or LevelDB reports, as NodeErrors that name the path.
 *
 * @module
 */

import { NodeError } from '../errors.ts'

const FULL = /No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/

/** Facts about an error that its reporter may have put on its `code` or deep in its `cause`. */
interface Trouble {
  readonly code: string
  readonly text: string
}

/** A write or sync that failed. What was written is unknown until the next start. */
export function writeFailure(path: string, cause: unknown): NodeError {
  const { text } = troubleOf(cause)
  if (FULL.test(text))
    return new NodeError('DISK_FULL', `${path}: the disk is full (${text})`, { cause })
  return new NodeError('DISK_WRITE_FAILED', `${path}: writing failed (${text})`, { cause })
}

/** A stored record that cannot be read back. */
export function readFailure(path: string, cause: unknown): NodeError {
  return new NodeError('STORAGE_DAMAGED', `${path}: reading failed (${troubleOf(cause).text})`, {
    cause
  })
}

/** A LevelDB folder that does not open. */
export function openFailure(path: string, cause: unknown): NodeError {
  const { code, text } = troubleOf(cause)
  if (code === 'LEVEL_LOCKED')
    return new NodeError('DATA_DIRECTORY_LOCKED', `${path}: another process has it open`, { cause })
  if (FULL.test(text)) return writeFailure(path, cause)
  if (/Permission denied|Too many open files|Read-only file system/.test(text))
    return new NodeError('DISK_WRITE_FAILED', `${path}: the database does not open (${text})`, {
      cause
    })
  return new NodeError('STORAGE_DAMAGED', `${path}: the database is damaged (${text})`, { cause })
}

/** Whether a file system call failed with one of these errno names. */
export function hasErrno(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && names.includes(String(error.code))
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Error)) return { code: '', text: String(error) }
  // abstract-level says only "failed to open" and hides LevelDB's reason one cause below
  if (error.cause instanceof Error) return troubleOf(error.cause)
  return { code: 'code' in error ? String(error.code) : '', text: oneLine(error.message) }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

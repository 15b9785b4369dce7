/**
 * How much room each part of a data directory takes. Names are ours, or counted as others.
 *
 * @module
 */

import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenFileOf } from '../../api/access/token-file.ts'
import { dataPaths } from '../../storage/data-directory.ts'
import { hasErrno } from '../../storage/disk-errors.ts'
import type { ShownFields } from './allow.ts'

/** What a folder or file holds. */
interface Size {
  readonly files: number
  readonly bytes: number
}

/** A ledger of this many files has terabytes; more are not counted. */
const FILES_MAX = 200_000

/** The size of each part, and of all that is not known here. */
export async function measureStorage(dataDirectory: string): Promise<ShownFields> {
  const { marker, keys, ledger, sign, snapshots, lock } = dataPaths(dataDirectory)
  const parts: readonly (readonly [string, string])[] = [
    ['marker', marker],
    ['keys', keys],
    ['ledger', ledger],
    ['vote log', sign],
    ['snapshots', snapshots],
    ['lock', lock],
    ['tokens', tokenFileOf(dataDirectory)]
  ]
  const sizes: [string, Size][] = []
  for (const [name, path] of parts) sizes.push([name, await sizeOf(path)])
  const all = await sizeOf(dataDirectory)
  const known = sizes.reduce((sum, [, size]) => add(sum, size), NOTHING)
  const others = { files: all.files - known.files, bytes: all.bytes - known.bytes }
  return Object.fromEntries([...sizes, ['others', others]].map(([name, size]) => [name, size]))
}

const NOTHING: Size = { files: 0, bytes: 0 }

/** A running node makes and removes files meanwhile: what has gone counts for nothing. */
async function sizeOf(path: string): Promise<Size> {
  let sum = NOTHING
  const waiting = [path]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (sum.files >= FILES_MAX) break
    const found = await look(next)
    sum = add(sum, found.size)
    waiting.push(...found.beneath)
  }
  return sum
}

async function look(
  path: string
): Promise<{ readonly size: Size; readonly beneath: readonly string[] }> {
  try {
    const status = await lstat(path)
    if (!status.isDirectory()) return { size: { files: 1, bytes: status.size }, beneath: [] }
    const beneath: string[] = []
    for await (const { name } of await opendir(path)) {
      if (beneath.length >= FILES_MAX) break
      beneath.push(join(path, name))
    }
    return { size: NOTHING, beneath }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].some((code) => hasErrno(error, code)))
      return { size: NOTHING, beneath: [] }
    throw error
  }
}

function add(one: Size, other: Size): Size {
  return { files: one.files + other.files, bytes: one.bytes + other.bytes }
}

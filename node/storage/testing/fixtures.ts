/**
 * What the storage tests share: folders that go away, damage, and coded errors.
 *
 * @module
 */

import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeError } from '../../errors.ts'
import type { DatabaseIdentity } from '../database-identity.ts'

/** The identity that the tests' databases have. */
export const IDENTITY: DatabaseIdentity = {
  uuid: '7b1c1e0a-4b7e-4d0e-9d5a-0d8f3a4c2b11',
  networkId: 'test-net',
  schemaVersion: 1
}

/** Runs a test with a folder of its own, which is removed afterwards. */
export function withFolder(run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'storage-test-'))
    try {
      await run(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** The NodeError that a promise rejects with; anything else is a failed test. */
export async function codedError(promise: Promise<unknown>): Promise<NodeError> {
  const outcome = await promise.then(
    () => new Error('it resolved, though a NodeError was due'),
    (error: unknown) => error
  )
  if (outcome instanceof NodeError) return outcome
  throw outcome
}

/** The path of the last file in a folder that ends so. */
export async function lastFile(folder: string, ending: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort()
  return join(folder, names.at(-1) ?? `no file ends in ${ending}`)
}

/** Flips one bit at an offset; a negative offset counts from the end. */
export async function flipBit(path: string, offset: number): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    const { size } = await handle.stat()
    const position = offset < 0 ? size + offset : offset
    const byte = Buffer.alloc(1)
    await handle.read(byte, 0, 1, position)
    byte.writeUInt8(byte.readUInt8() ^ 1)
    await handle.write(byte, 0, 1, position)
  } finally {
    await handle.close()
  }
}

/** Where bytes first stand in a file's content. */
export function offsetOf(content: Buffer, text: string): number {
  const offset = content.indexOf(text)
  if (offset < 0) throw new Error(`the file does not hold ${text}`)
  return offset
}

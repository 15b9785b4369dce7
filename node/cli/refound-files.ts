/**
 * The files of refounding: closings that were brought together, and the fresh keys of a survivor.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createEd25519Signer } from '#crypto'
import { keyHash } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { ActSigner } from '../membership/own-acts.ts'
import {
  createNodeKeys,
  type KeyPair,
  type NodeKeys,
  readNodeKeys,
  writeNodeKeys
} from '../node-keys.ts'
import {
  CLOSING_FILE_MAX_BYTES,
  type ClosingFile,
  decodeClosingFile
} from '../refounding/closing-file.ts'
import type { KeyProtection } from '../storage/key-file.ts'
import { readNamedFile } from './files.ts'

/** The fresh keys with which a survivor goes on. */
export interface ClosingKeys {
  readonly voteKey: KeyPair
  readonly nextVoteKeyHash: Uint8Array
}

const PRIVATE_MODE = 0o700

/**
 * Reads closing files.
 *
 * @throws NodeError VERIFICATION_FAILED
 */
export async function readClosingFiles(paths: readonly string[]): Promise<readonly ClosingFile[]> {
  const files: ClosingFile[] = []
  for (const path of paths) {
    const encoded = await readNamedFile(path, CLOSING_FILE_MAX_BYTES)
    const file = decodeClosingFile(encoded)
    if (file === undefined)
      throw new NodeError('VERIFICATION_FAILED', `${path}: is no whole closing file`)
    files.push(file)
  }
  return files
}

/**
 * The keys for the new network in a new folder: the identity that the node has, and fresh vote keys. A
 * run that came to no end has left them there.
 *
 * @throws NodeError KEY_FILE_WRONG, DISK_FULL or DISK_WRITE_FAILED
 */
export async function makeClosingKeys(
  into: string,
  { identity }: NodeKeys,
  protection: KeyProtection
): Promise<ClosingKeys> {
  const folder = join(into, 'keys')
  if (!existsSync(folder)) {
    await mkdir(folder, { recursive: true, mode: PRIVATE_MODE })
    const { voteKeys } = createNodeKeys()
    await writeNodeKeys(folder, { identity, voteKeys, recovery: null }, protection)
  }
  const { voteKeys } = await readNodeKeys(folder, protection)
  const [voteKey, next] = [voteKeys.get(0), voteKeys.get(1)]
  if (voteKey === undefined || next === undefined)
    throw new NodeError(
      'KEY_FILE_WRONG',
      `${folder}: holds no two vote keys; remove it and try again`
    )
  return { voteKey, nextVoteKeyHash: keyHash(next.publicKey) }
}

/** How a key pair signs. */
export function signerOfPair({ seed }: KeyPair): ActSigner {
  return createEd25519Signer(seed)
}

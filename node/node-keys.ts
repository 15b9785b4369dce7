/**
 * The keys of a node: identity, vote keys and recovery key, made together and kept in one folder.
 *
 * The hash of the vote key after the present one is on the ledger from the start, so that key is
 * made and kept with the first: a member that lost it could never change its vote key.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { ed25519PublicKey } from '#crypto'
import { NodeError } from './errors.ts'
import {
  IDENTITY_KEY_FILE,
  type KeyProtection,
  listVoteKeyEpochs,
  readKeyFile,
  SEED_BYTES,
  voteKeyFile,
  writeKeyFile
} from './storage/key-file.ts'

/** A secret seed with its Ed25519 public key. */
export interface KeyPair {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
}

/** What a running node needs of its keys. */
export interface NodeKeys {
  readonly identity: KeyPair
  /** By epoch; the one after the present epoch is committed to on the ledger. */
  readonly voteKeys: ReadonlyMap<number, KeyPair>
}

/** All keys of a new node. The recovery key belongs off the machine. */
export interface NewNodeKeys extends NodeKeys {
  readonly recovery: KeyPair
}

/** The name of the file that holds the recovery key. */
export const RECOVERY_KEY_FILE = 'recovery.key'

const FIRST_EPOCHS: readonly number[] = [0, 1]
const PASSPHRASE_BYTES_MAX = 4096
const FINGERPRINT_CHARACTERS = 32

/** Makes the key pair of a seed. */
export function keyPairOf(seed: Uint8Array): KeyPair {
  return { seed, publicKey: ed25519PublicKey(seed) }
}

/** Makes fresh keys in memory. */
export function createNodeKeys(): NewNodeKeys {
  const fresh = (): KeyPair => keyPairOf(new Uint8Array(randomBytes(SEED_BYTES)))
  return {
    identity: fresh(),
    voteKeys: new Map(FIRST_EPOCHS.map((epoch) => [epoch, fresh()])),
    recovery: fresh()
  }
}

/**
 * Writes keys into a folder that is there. Existing files are never overwritten.
 *
 * @throws NodeError KEY_FILE_WRONG, DISK_FULL or DISK_WRITE_FAILED
 */
export async function writeNodeKeys(
  folder: string,
  keys: NodeKeys & { readonly recovery: KeyPair | null },
  protection: KeyProtection
): Promise<void> {
  const write = (name: string, { seed }: KeyPair): Promise<void> =>
    writeKeyFile({ path: join(folder, name), protection }, seed)
  await write(IDENTITY_KEY_FILE, keys.identity)
  for (const [epoch, pair] of keys.voteKeys) await write(voteKeyFile(epoch), pair)
  if (keys.recovery !== null) await write(RECOVERY_KEY_FILE, keys.recovery)
}

/**
 * Reads the identity key of a node.
 *
 * @throws NodeError KEY_FILE_WRONG
 */
export async function readIdentity(folder: string, protection: KeyProtection): Promise<KeyPair> {
  return keyPairOf(await readKeyFile({ path: join(folder, IDENTITY_KEY_FILE), protection }))
}

/**
 * Reads what a node needs to run.
 *
 * @throws NodeError KEY_FILE_WRONG
 */
export async function readNodeKeys(folder: string, protection: KeyProtection): Promise<NodeKeys> {
  const identity = await readIdentity(folder, protection)
  const voteKeys = new Map<number, KeyPair>()
  for (const epoch of await listVoteKeyEpochs(folder)) {
    const path = join(folder, voteKeyFile(epoch))
    voteKeys.set(epoch, keyPairOf(await readKeyFile({ path, protection })))
  }
  return { identity, voteKeys }
}

/**
 * How the key files are protected: by the passphrase in a file, or not at all.
 *
 * @throws NodeError KEY_FILE_WRONG when the file cannot be read or says nothing
 */
export async function readProtection(passphraseFile: string | null): Promise<KeyProtection> {
  if (passphraseFile === null) return { kind: 'plain' }
  const passphrase = (await readHead(passphraseFile)).replace(/\r?\n$/, '')
  if (passphrase === '')
    throw new NodeError('KEY_FILE_WRONG', `${passphraseFile}: holds no passphrase`)
  return { kind: 'passphrase', passphrase }
}

/** The name of an identity key that people can compare, and the marker of its data directory. */
export function fingerprintOf(publicKey: Uint8Array): string {
  const digest = createHash('sha256').update(publicKey).digest('hex')
  return (digest.slice(0, FINGERPRINT_CHARACTERS).match(/.{4}/g) ?? []).join('-')
}

async function readHead(path: string): Promise<string> {
  try {
    const handle = await open(path)
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(PASSPHRASE_BYTES_MAX + 1))
      if (bytesRead > PASSPHRASE_BYTES_MAX)
        throw new NodeError('KEY_FILE_WRONG', `${path}: is too long for a passphrase`)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof NodeError) throw error
    throw unreadable(path, error)
  }
}

function unreadable(path: string, cause: unknown): NodeError {
  return new NodeError('KEY_FILE_WRONG', `${path}: the passphrase cannot be read`, { cause })
}

/**
 * Key files: one secret seed each, in hexadecimal, readable by its owner alone.
 *
 * Plain for test networks; elsewhere an armoured age file under a passphrase.
 *
 * @module
 */

import { constants, existsSync } from 'node:fs'
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { armor, Decrypter, Encrypter } from 'age-encryption'
import { invariant } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { writeFailure } from './disk-errors.ts'
import { syncFolder, writeFileDurably } from './durable-file.ts'

/** How a key file keeps its secret. */
export type KeyProtection =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'passphrase'
      readonly passphrase: string
      /** Base-2 logarithm of scrypt's cost when writing. */
      readonly workFactor?: number
    }

/** Which key file, and how it is protected. */
export interface KeyFileOptions {
  readonly path: string
  readonly protection: KeyProtection
}

/** The bytes of a secret seed. */
export const SEED_BYTES = 32

/** The name of the file that holds the node's identity key. */
export const IDENTITY_KEY_FILE = 'identity.key'

const FILE_BYTES_MAX = 4096
const KEY_FILE_MODE = 0o600
const OTHERS_MODE = 0o077
const WORK_FACTOR = 17
const ARMOR_BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----'
const VOTE_KEY_FILE = /^vote-(0|[1-9][0-9]{0,15})\.key$/

/** The name of the file that holds the vote key of an epoch. */
export function voteKeyFile(epoch: number): string {
  return `vote-${epoch}.key`
}

/** The epochs whose vote keys lie in a folder, ascending. */
export async function listVoteKeyEpochs(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error) => {
    throw wrongKey(folder, 'the key folder cannot be read', error)
  })
  const epochs = names.map((name) => VOTE_KEY_FILE.exec(name)?.[1])
  return epochs
    .filter((epoch) => epoch !== undefined)
    .map(Number)
    .sort((left, right) => left - right)
}

/**
 * Writes a new key file. An existing one is never overwritten.
 *
 * @throws NodeError KEY_FILE_WRONG, DISK_FULL or DISK_WRITE_FAILED
 */
export async function writeKeyFile(options: KeyFileOptions, seed: Uint8Array): Promise<void> {
  const { path, protection } = options
  invariant(seed.length === SEED_BYTES, `a seed has ${SEED_BYTES} bytes`)
  if (existsSync(path)) throw wrongKey(path, 'exists, and a key is never overwritten')
  const hex = `${Buffer.from(seed).toString('hex')}\n`
  const content = protection.kind === 'plain' ? hex : await encrypt(hex, protection)
  await writeFileDurably({ path, content, mode: KEY_FILE_MODE })
}

/**
 * Reads a key file that is protected in just the way the options say.
 *
 * @throws NodeError KEY_FILE_WRONG naming the path and what is wrong: mode,
 * owner, protection, passphrase or content
 */
export async function readKeyFile(options: KeyFileOptions): Promise<Uint8Array> {
  const { path, protection } = options
  const content = await readPrivately(path)
  const encrypted = content.startsWith(ARMOR_BEGIN)
  if (protection.kind === 'plain' && encrypted)
    throw wrongKey(path, 'is encrypted, and no passphrase is given')
  if (protection.kind === 'passphrase' && !encrypted)
    throw wrongKey(path, 'is not encrypted, though a passphrase is given')
  const hex = protection.kind === 'plain' ? content : await decrypt(path, content, protection)
  if (!/^[0-9a-f]{64}\n?$/.test(hex)) throw wrongKey(path, `holds no seed of ${SEED_BYTES} bytes`)
  return new Uint8Array(Buffer.from(hex.trim(), 'hex'))
}

/**
 * Erases a key whose time is over, as well as a file system lets it: overwritten, synced, unlinked.
 *
 * @throws NodeError DISK_WRITE_FAILED
 */
export async function eraseKeyFile(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r+')
    try {
      const { size } = await handle.stat()
      await handle.write(Buffer.alloc(size), 0, size, 0)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await unlink(path)
  } catch (error) {
    throw writeFailure(path, error)
  }
  await syncFolder(dirname(path))
}

/**
 * Accepts a key file or folder that nobody but its owner can use.
 *
 * @throws NodeError KEY_FILE_WRONG naming the path and the mode or owner
 */
export function assertPrivate(path: string, status: { mode: number; uid: number }): void {
  if ((status.mode & OTHERS_MODE) !== 0) {
    const mode = (status.mode & 0o777).toString(8).padStart(4, '0')
    throw wrongKey(path, `has mode ${mode}: group and others must have no access (chmod go= it)`)
  }
  const own = process.geteuid?.()
  if (own !== undefined && status.uid !== own && status.uid !== 0)
    throw wrongKey(path, `belongs to user ${status.uid}, not to user ${own} who runs the node`)
}

async function readPrivately(path: string): Promise<string> {
  let handle: FileHandle
  try {
    // a named pipe in place of the file must not hang the start
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw wrongKey(path, 'cannot be opened', error)
  }
  try {
    const status = await handle.stat()
    if (!status.isFile() || status.size > FILE_BYTES_MAX) throw wrongKey(path, 'is no key file')
    assertPrivate(path, status)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

async function encrypt(
  text: string,
  protection: KeyProtection & { kind: 'passphrase' }
): Promise<string> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(protection.passphrase)
  encrypter.setScryptWorkFactor(protection.workFactor ?? WORK_FACTOR)
  return armor.encode(await encrypter.encrypt(text))
}

async function decrypt(
  path: string,
  armored: string,
  protection: KeyProtection & { kind: 'passphrase' }
): Promise<string> {
  const decrypter = new Decrypter()
  decrypter.addPassphrase(protection.passphrase)
  try {
    return await decrypter.decrypt(armor.decode(armored), 'text')
  } catch (error) {
    throw wrongKey(path, 'does not decrypt: the passphrase is wrong or the file is damaged', error)
  }
}

function wrongKey(path: string, trouble: string, cause?: unknown): NodeError {
  return new NodeError('KEY_FILE_WRONG', `${path}: ${trouble}`, { cause })
}

/**
 * Held folders: devices whose keys a node holds, in its data directory, sealed.
 *
 * Each has what it was born with and its outbox, both under the gateway's key, and the hash of the
 * password by which the real thing is known over MQTT. The gateway's key lies among the node's keys
 * and is protected like them.
 *
 * @module
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Config } from '../../../config/index.ts'
import { fromHex, toHex } from '../../../protocol/index.ts'
import { NodeError } from '../../errors.ts'
import { readProtection } from '../../node-keys.ts'
import { dataPaths } from '../../storage/data-directory.ts'
import { hasErrno, readFailure, writeFailure } from '../../storage/disk-errors.ts'
import { writeFileDurably } from '../../storage/durable-file.ts'
import { readKeyFile, SEED_BYTES, writeKeyFile } from '../../storage/key-file.ts'
import { takeLock } from '../../storage/lock-file.ts'
import { type ByteSeal, createByteSeal } from '../../storage/sealed-bytes.ts'
import { type DeviceFolder, parseBorn } from '../device-folder.ts'
import { trouble } from '../files.ts'

/** A device folder that this process alone has open. */
export interface HeldFolder extends DeviceFolder {
  readonly name: string
  /** SHA-256 of the password; undefined where none was made. */
  readonly readPasswordHash: () => Promise<Uint8Array | undefined>
  readonly writePasswordHash: (hash: Uint8Array) => Promise<void>
  readonly release: () => Promise<void>
}

/** Devices that one node holds. */
export const HELD_MAX = 256

const KEY_FILE = 'gateway.key'
const FOLDER = 'held'
const FILES = { born: 'born', outbox: 'outbox', access: 'access.json', lock: 'lock' }
const NAME = /^[a-z0-9-]{1,32}$/
const SECRET_MODE = 0o600
const FOLDER_MODE = 0o700
const PASSWORD_BYTES = 24

const accessShape = z.strictObject({ passwordHash: z.string().regex(/^[0-9a-f]{64}$/) })

/** A new password: it holds so much chance that its hash alone tells nothing. */
export function createPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}

/** The hash by which a password is known. */
export function passwordHashOf(password: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(password).digest())
}

/** Whether a password is the one of a hash. */
export function isPasswordOf(hash: Uint8Array, password: Uint8Array): boolean {
  return timingSafeEqual(hash, passwordHashOf(password))
}

/**
 * Opens the seal of a node; makes its key where there is none yet.
 *
 * @throws NodeError KEY_FILE_WRONG, DISK_FULL or DISK_WRITE_FAILED
 */
export async function openHeldSeal({ dataDirectory, keys }: Config): Promise<ByteSeal> {
  const protection = await readProtection(keys.passphraseFile)
  const file = { path: join(dataPaths(dataDirectory).keys, KEY_FILE), protection }
  if (!existsSync(file.path)) await writeKeyFile(file, new Uint8Array(randomBytes(SEED_BYTES)))
  return createByteSeal(await readKeyFile(file))
}

/**
 * The names of the devices that a node holds.
 *
 * @throws NodeError STORAGE_DAMAGED when the folder cannot be read
 */
export async function listHeld(dataDirectory: string): Promise<readonly string[]> {
  const path = join(dataDirectory, FOLDER)
  try {
    return (await readdir(path)).filter((name) => NAME.test(name)).sort()
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return []
    throw readFailure(path, error)
  }
}

/**
 * Opens the folder of a device, and makes it where there is none.
 *
 * @throws NodeError USAGE_WRONG for a name that is none, DATA_DIRECTORY_LOCKED while another has it
 */
export async function openHeldFolder(
  dataDirectory: string,
  name: string,
  seal: ByteSeal
): Promise<HeldFolder> {
  if (!NAME.test(name))
    throw new NodeError(
      'USAGE_WRONG',
      `"${name.slice(0, 40)}": a name has 1 to 32 of a-z, 0-9 and -`
    )
  const path = join(dataDirectory, FOLDER, name)
  await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error) => {
    throw writeFailure(path, error)
  })
  const lock = await takeLock(join(path, FILES.lock))
  const born = sealedFile(join(path, FILES.born), `${name}/born`, seal)
  const outbox = sealedFile(join(path, FILES.outbox), `${name}/outbox`, seal)
  const access = join(path, FILES.access)
  return {
    name,
    path,
    readBorn: async () => {
      const bytes = await born.read()
      return bytes && parseBorn(Buffer.from(bytes).toString('utf8'), join(path, FILES.born))
    },
    writeBorn: (device) => born.write(Buffer.from(JSON.stringify(device))),
    storage: outbox,
    readPasswordHash: () => readAccess(access),
    writePasswordHash: (hash) =>
      writeFileDurably({
        path: access,
        content: `${JSON.stringify({ passwordHash: toHex(hash) })}\n`,
        mode: SECRET_MODE
      }),
    release: () => lock.release()
  }
}

/** A record in a file of its own, sealed and rewritten whole. */
function sealedFile(path: string, label: string, seal: ByteSeal): DeviceFolder['storage'] {
  return {
    read: async () => {
      const sealed = await readOptional(path)
      if (sealed === undefined) return undefined
      const plain = seal.open(sealed, label)
      if (plain === undefined)
        throw new NodeError('STORAGE_DAMAGED', `${path}: damaged, or sealed under another key`)
      return plain
    },
    write: (record) =>
      writeFileDurably({ path, content: seal.seal(record, label), mode: SECRET_MODE })
  }
}

async function readAccess(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readOptional(path)
  if (bytes === undefined) return undefined
  try {
    return fromHex(accessShape.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).passwordHash)
  } catch (error) {
    throw trouble('STORAGE_DAMAGED', `${path}: is not as it was written`, error)
  }
}

async function readOptional(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw readFailure(path, error)
  }
}

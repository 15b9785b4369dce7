/**
 * Device folders: a reference device kept in files that only their owner can read.
 *
 * `born.json` holds what the device was born with and what claims it; `outbox`
 * is the record of the client's outbox, rewritten before each message leaves;
 * `lock` keeps a second process away, for two signers of one record would sign
 * one sequence twice, which the ledger takes for a clone.
 *
 * @module
 */

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { RecordStorage } from '../../client/index.ts'
import { fromHex, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { hasErrno, writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import { takeLock } from '../storage/lock-file.ts'
import { trouble } from './files.ts'

/** What a device was born with, and what makes it its owner's. All bytes in hexadecimal. */
export interface BornDevice {
  readonly format: 1
  readonly networkId: string
  readonly networkTag: string
  /** Id of block 0. */
  readonly genesisId: string
  readonly deviceId: string
  readonly inception: string
  readonly boxSeed: string
  readonly signingKey: string
  readonly rotationKey: string
  readonly attestationKey: string
  readonly encryptionSecret: string
  /** The seed of the owner's keys, where device and owner are in one hand; unused with a wallet. */
  readonly walletSeed: string
  /** Signed before the first is sent, so that an interrupted claim goes on with the same bytes. */
  readonly acts: DeviceActs | null
  /** The claim by a wallet that is kept elsewhere, once the device gave its presence. */
  readonly claimId?: string | undefined
}

/** The acts that bring a device onto the ledger. */
export interface DeviceActs {
  readonly birthBatchId: string
  readonly birthBatch: string
  readonly claimId: string
  readonly claim: string
}

/** The files of one device. */
export interface DeviceFolder {
  readonly path: string
  /** Undefined when there is no device here. */
  readonly readBorn: () => Promise<BornDevice | undefined>
  readonly writeBorn: (born: BornDevice) => Promise<void>
  readonly storage: RecordStorage
}

const BORN_FILE = 'born.json'
const OUTBOX_FILE = 'outbox'
const LOCK_FILE = 'lock'
const SECRET_MODE = 0o600
const FOLDER_MODE = 0o700

const hex = z.string().regex(/^([0-9a-f]{2})+$/)
const bornShape: z.ZodType<BornDevice> = z.strictObject({
  format: z.literal(1),
  networkId: z.string(),
  networkTag: hex,
  genesisId: hex,
  deviceId: hex,
  inception: hex,
  boxSeed: hex,
  signingKey: hex,
  rotationKey: hex,
  attestationKey: hex,
  encryptionSecret: hex,
  walletSeed: hex,
  acts: z.strictObject({ birthBatchId: hex, birthBatch: hex, claimId: hex, claim: hex }).nullable(),
  claimId: hex.optional()
})

/**
 * Uses a device folder, alone.
 *
 * @throws NodeError DATA_DIRECTORY_LOCKED while another process uses it
 */
export async function withDeviceFolder<Result>(
  path: string,
  use: (folder: DeviceFolder) => Promise<Result>
): Promise<Result> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error) => {
    throw writeFailure(path, error)
  })
  const lock = await takeLock(join(path, LOCK_FILE))
  try {
    return await use(openFolder(path))
  } finally {
    await lock.release()
  }
}

/**
 * Reads what the device in a folder was born with; undefined when there is none.
 *
 * @throws NodeError STORAGE_DAMAGED
 */
export async function readBorn(path: string): Promise<BornDevice | undefined> {
  const file = join(path, BORN_FILE)
  const text = await readText(file)
  return text === undefined ? undefined : parseBorn(text, file)
}

/**
 * What a device was born with, from text of our own writing; `file` is named in the error.
 *
 * @throws NodeError STORAGE_DAMAGED
 */
export function parseBorn(text: string, file: string): BornDevice {
  try {
    return bornShape.parse(JSON.parse(text))
  } catch (error) {
    throw trouble('STORAGE_DAMAGED', `${file}: is not as it was written`, error)
  }
}

/** The bytes of hexadecimal text of our own writing. */
export function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text)
  if (bytes === undefined) throw new NodeError('STORAGE_DAMAGED', 'a device file holds no bytes')
  return bytes
}

function openFolder(path: string): DeviceFolder {
  const born = join(path, BORN_FILE)
  const outbox = join(path, OUTBOX_FILE)
  return {
    path,
    readBorn: () => readBorn(path),
    writeBorn: (device) =>
      writeFileDurably({
        path: born,
        content: `${JSON.stringify(device, undefined, 2)}\n`,
        mode: SECRET_MODE
      }),
    storage: fileStorage(outbox)
  }
}

/** A record in a file of its own, rewritten whole. */
export function fileStorage(path: string): RecordStorage {
  return {
    read: async () => {
      const text = await readText(path)
      return text === undefined ? undefined : bytesOf(text.trim())
    },
    write: (record) => writeFileDurably({ path, content: `${toHex(record)}\n`, mode: SECRET_MODE })
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw trouble('STORAGE_DAMAGED', `${path}: cannot be read`, error)
  }
}

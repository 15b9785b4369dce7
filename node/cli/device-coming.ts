/**
 * Coming keys: what a reference device has made for its next incarnation, stored before it is told.
 *
 * They take the place of the old ones once the device has begun that incarnation.
 *
 * @module
 */

import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { type Device, drawPrivateKey, systemRandomBytes } from '../../client/index.ts'
import { toHex } from '../../protocol/index.ts'
import { hasErrno, writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import type { BornDevice, DeviceFolder } from './device-folder.ts'
import { trouble } from './files.ts'

/** Secrets of a next incarnation, beside the signing key that the outbox keeps. */
export interface StoredComing {
  readonly format: 1
  /** The incarnation that these keys are for. */
  readonly incarnation: number
  readonly rotationKey: string
  readonly encryptionSecret: string
}

const COMING_FILE = 'coming.json'
const SECRET_MODE = 0o600
const SECRET_BYTES = 32
const ALGORITHM = 'Ed25519'

const hex = z.string().regex(/^([0-9a-f]{2})+$/)
const comingShape: z.ZodType<StoredComing> = z.strictObject({
  format: z.literal(1),
  incarnation: z.int().positive(),
  rotationKey: hex,
  encryptionSecret: hex
})

/** The stored keys of the next incarnation; asked again, the same. */
export async function prepareComing(folder: DeviceFolder, device: Device): Promise<StoredComing> {
  const stored = await readComing(folder)
  if (stored !== undefined) return stored
  const coming: StoredComing = {
    format: 1,
    incarnation: device.state.incarnation + 1,
    rotationKey: toHex(drawPrivateKey(ALGORITHM, systemRandomBytes).bytes),
    encryptionSecret: toHex(systemRandomBytes(SECRET_BYTES))
  }
  await writeFileDurably({
    path: join(folder.path, COMING_FILE),
    content: `${JSON.stringify(coming, undefined, 2)}\n`,
    mode: SECRET_MODE
  })
  return coming
}

/**
 * Once the device has begun the incarnation that they are for, coming keys are its own.
 *
 * @returns the device as its folder has it now
 */
export async function adoptComing(
  folder: DeviceFolder,
  born: BornDevice,
  device: Device
): Promise<BornDevice> {
  const coming = await readComing(folder)
  if (coming === undefined || device.state.incarnation < coming.incarnation) return born
  const { rotationKey, encryptionSecret } = coming
  const next = { ...born, rotationKey, encryptionSecret }
  // Cut off between the two, the next run does both again.
  await folder.writeBorn(next)
  const path = join(folder.path, COMING_FILE)
  await unlink(path).catch((error) => {
    throw writeFailure(path, error)
  })
  return next
}

async function readComing({ path }: DeviceFolder): Promise<StoredComing | undefined> {
  const file = join(path, COMING_FILE)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw trouble('STORAGE_DAMAGED', `${file}: cannot be read`, error)
  }
  try {
    return comingShape.parse(JSON.parse(text))
  } catch (error) {
    throw trouble('STORAGE_DAMAGED', `${file}: is not as it was written`, error)
  }
}

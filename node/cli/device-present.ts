/**
 * The device beside its owner: a reference device whose folder is at hand, asked as over NFC.
 *
 * Keys of the next incarnation are stored in the folder before anybody is told of them, and take the
 * place of the old ones once the device has begun it.
 *
 * @module
 */

import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import {
  type AskPresence,
  type ComingKeys,
  type Device,
  drawPrivateKey,
  encryptionKeyOf,
  type PresentDevice,
  type RotationSigner,
  signDeviceRotation,
  signOwnerPresence,
  signPresence,
  systemRandomBytes
} from '../../client/index.ts'
import { equalBytes, keyHash, type PrivateKey, publicKeyOf, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { hasErrno, writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import { usage } from './command.ts'
import { type BornDevice, bytesOf, type DeviceFolder, withDeviceFolder } from './device-folder.ts'
import { openOrCreate } from './device-new.ts'
import { trouble } from './files.ts'
import type { NetworkTrust } from './network-trust.ts'
import { absolute } from './settings.ts'

/** A device whose folder is at hand. */
export interface DeviceBeside {
  readonly folder: DeviceFolder
  readonly born: BornDevice
  readonly deviceId: Uint8Array
  readonly device: Device
}

interface StoredComing {
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

/**
 * Uses a device that is at hand, alone.
 *
 * @throws NodeError USAGE_WRONG where there is none, GENESIS_WRONG, DATA_DIRECTORY_LOCKED
 */
export function withDeviceBeside<Result>(
  path: string,
  network: NetworkTrust,
  use: (beside: DeviceBeside) => Promise<Result>
): Promise<Result> {
  return withDeviceFolder(absolute(path), async (folder) => {
    const stored = await folder.readBorn()
    if (stored === undefined) throw usage(`${folder.path}: there is no device`)
    if (!equalBytes(bytesOf(stored.networkTag), network.networkTag))
      throw new NodeError('GENESIS_WRONG', `${folder.path}: is a device of ${stored.networkId}`)
    const device = await openOrCreate(folder, stored)
    const born = await adoptComing(folder, stored, device)
    return use({ folder, born, deviceId: bytesOf(born.deviceId), device })
  })
}

/** The public halves of the keys of the next incarnation; asked again, the same. */
export async function comingKeysOf({ folder, device }: DeviceBeside): Promise<ComingKeys> {
  const signingKeyHash = await device.prepareIncarnation()
  const stored = (await readComing(folder)) ?? (await drawComing(folder, device))
  return {
    signingKeyHash,
    rotationKeyHash: keyHash(publicKeyOf(keyOf(stored.rotationKey))),
    encryptionKey: encryptionKeyOf(bytesOf(stored.encryptionSecret))
  }
}

/** The device's rotation key, by which it proves the keys that it has made. */
export function rotationOf(beside: DeviceBeside, coming: ComingKeys | null): RotationSigner {
  const present = presentOf(beside, coming)
  return {
    publicKey: publicKeyOf(present.rotationKey),
    sign: async (signedBody) => {
      const signed = signDeviceRotation(signedBody, present)
      return signed.ok ? signed.value : undefined
    }
  }
}

/** The device's presence for a claim, an acceptance, or a new owner by guardians. */
export function presenceOf(beside: DeviceBeside, coming: ComingKeys | null): AskPresence {
  const present = presentOf(beside, coming)
  const { networkTag, attestationKey } = present
  const inceptionBytes = bytesOf(beside.born.inception)
  return async (signedBody) => {
    const claimed = signPresence(signedBody, { networkTag, inceptionBytes, attestationKey })
    const signed = claimed.ok ? claimed : signOwnerPresence(signedBody, present)
    return signed.ok ? signed.value : undefined
  }
}

function presentOf({ born, deviceId }: DeviceBeside, coming: ComingKeys | null): PresentDevice {
  return {
    networkTag: bytesOf(born.networkTag),
    deviceId,
    attestationKey: keyOf(born.attestationKey),
    rotationKey: keyOf(born.rotationKey),
    coming
  }
}

/** Once the device has begun the incarnation that they are for, coming keys are its own. */
async function adoptComing(
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

async function drawComing(folder: DeviceFolder, device: Device): Promise<StoredComing> {
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

function keyOf(text: string): PrivateKey {
  return { algorithm: ALGORITHM, bytes: bytesOf(text) }
}

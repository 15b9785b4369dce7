/**
 * The device beside its owner: a reference device whose folder is at hand, asked as over NFC.
 *
 * It tells of new keys only once they are stored in its folder.
 *
 * @module
 */

import {
  type AskPresence,
  type ComingKeys,
  type Device,
  encryptionKeyOf,
  type PresentDevice,
  type RotationSigner,
  signDeviceRotation,
  signOwnerPresence,
  signPresence
} from '../../client/index.ts'
import { equalBytes, keyHash, type PrivateKey, publicKeyOf } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { usage } from './command.ts'
import { adoptComing, prepareComing } from './device-coming.ts'
import { type BornDevice, bytesOf, type DeviceFolder, withDeviceFolder } from './device-folder.ts'
import { keepUp, type LedgerPorts } from './device-ledger.ts'
import { openOrCreate } from './device-new.ts'
import type { NetworkTrust } from './network-trust.ts'
import { absolute } from './settings.ts'

/** A device whose folder is at hand. */
export interface DeviceBeside {
  readonly folder: DeviceFolder
  readonly born: BornDevice
  readonly deviceId: Uint8Array
  readonly device: Device
}

const ALGORITHM = 'Ed25519'

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

/** Has the device take in what is final, and its coming keys where their incarnation began. */
export async function catchUp(
  { folder, born, device }: DeviceBeside,
  ports: LedgerPorts
): Promise<void> {
  await keepUp(device, ports)
  await adoptComing(folder, born, device)
}

/** The public halves of the keys of the next incarnation; asked again, the same. */
export async function comingKeysOf({ folder, device }: DeviceBeside): Promise<ComingKeys> {
  const signingKeyHash = await device.prepareIncarnation()
  const stored = await prepareComing(folder, device)
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

function keyOf(text: string): PrivateKey {
  return { algorithm: ALGORITHM, bytes: bytesOf(text) }
}

/**
 * Births: a maker's new devices, and the tree that commits to them without naming one.
 *
 * The leaves are shuffled, so the place of a device tells nothing about when it
 * was made; only the maker knows which leaf went where.
 *
 * @see ../protocol/SPEC.md §5.1 claim
 * @module
 */

import {
  BIRTHS_MAX,
  createListTree,
  deviceIdOf,
  encodeInception,
  invariant,
  keyHash,
  listLeafHash,
  type PrivateKey,
  publicKeyOf,
  toHex
} from '../protocol/index.ts'
import { type DeviceSecrets, drawDeviceSecrets, encryptionKeyOf } from './device-keys.ts'
import { type RandomBytes, shuffled } from './random.ts'

/** A device as it leaves the factory. */
export interface DeviceBirth {
  readonly deviceId: Uint8Array
  readonly inceptionBytes: Uint8Array
  /** Go into the device, and nowhere else. */
  readonly secrets: DeviceSecrets
  /** Goes into the box: the Ed25519 seed of the box key. */
  readonly boxSeed: Uint8Array
}

/** Where a device stands in its birth batch. */
export interface BirthPlace {
  readonly leafIndex: number
  readonly path: readonly Uint8Array[]
}

/** What a birth batch commits to. */
export interface BirthTree {
  readonly merkleRoot: Uint8Array
  readonly count: number
  /** The place of a device; undefined when it is not of this batch. */
  readonly placeOf: (deviceId: Uint8Array) => BirthPlace | undefined
}

/** Makes a device of a class. */
export function createBirth(
  deviceClass: {
    readonly classId: Uint8Array
    readonly classVersion: number
    readonly algorithm: PrivateKey['algorithm']
  },
  randomBytes: RandomBytes
): DeviceBirth {
  const secrets = drawDeviceSecrets(deviceClass.algorithm, randomBytes)
  const boxSeed = randomBytes(32)
  const inceptionBytes = encodeInception({
    classId: deviceClass.classId,
    classVersion: deviceClass.classVersion,
    signingKeyHash: keyHash(publicKeyOf(secrets.signingKey)),
    deviceRotationKeyHash: keyHash(publicKeyOf(secrets.rotationKey)),
    encryptionKey: encryptionKeyOf(secrets.encryptionSecret),
    attestationKey: publicKeyOf(secrets.attestationKey),
    boxKeyHash: keyHash(publicKeyOf({ algorithm: 'Ed25519', bytes: boxSeed })),
    salt: randomBytes(16)
  })
  return { deviceId: deviceIdOf(inceptionBytes), inceptionBytes, secrets, boxSeed }
}

/** The tree over distinct device ids, in a random order. */
export function createBirthTree(
  deviceIds: readonly Uint8Array[],
  randomBytes: RandomBytes
): BirthTree {
  invariant(
    deviceIds.length > 0 && deviceIds.length <= BIRTHS_MAX,
    'a birth batch holds one to 2^20 devices'
  )
  const order = shuffled(deviceIds, randomBytes)
  const tree = createListTree(order.map(listLeafHash))
  const indices = new Map(order.map((deviceId, index) => [toHex(deviceId), index]))
  invariant(indices.size === order.length, 'no device is born twice')
  return {
    merkleRoot: tree.root,
    count: tree.count,
    placeOf: (deviceId) => {
      const leafIndex = indices.get(toHex(deviceId))
      return leafIndex === undefined ? undefined : { leafIndex, path: tree.path(leafIndex) }
    }
  }
}

/**
 * How a wallet signs one act: with the key that the ledger waits for, and no other.
 *
 * @see ../protocol/SPEC.md §5.6 Owner acts
 * @module
 */

import {
  type CoseSignature,
  equalBytes,
  keyHash,
  type OwnerPrefix,
  publicKeyOf
} from '../protocol/index.ts'
import { ownerKeyOf } from './owner.ts'
import { encodeOwnerAct, type OwnerOrder, ownerKindNumber } from './owner-acts.ts'
import type { RotationSigner } from './owner-rotation.ts'
import { joinTransaction, signBody } from './signed-transaction.ts'
import { IN_FLIGHT_MAX, type OwnedDevice, type SignedOwnerAct } from './wallet-state.ts'

/** Why an act is not signed. Nothing was used up. */
export type ActFault =
  /** No device of this wallet, or not any more. */
  | 'DEVICE_NOT_OWNED'
  /** Its claim or acceptance has not been seen to count. */
  | 'OWNERSHIP_PENDING'
  /** The wallet was restored: ten minutes, and a fresh proof after them, come first. */
  | 'WALLET_WAITS'
  /** Eight acts are in flight. */
  | 'CHAIN_FULL'
  /** A rotation key that is shown has not signed. */
  | 'ROTATION_UNSIGNED'

const NO_KEY = new Uint8Array(0)

/** Whether an act may be signed for a device now: the reason why not, or undefined. */
export function judgeActing(device: OwnedDevice | undefined): ActFault | undefined {
  if (device === undefined) return 'DEVICE_NOT_OWNED'
  if (device.beginning !== null) return 'OWNERSHIP_PENDING'
  if (!device.isOurs) return 'DEVICE_NOT_OWNED'
  if (device.waitUntilMs !== 0) return 'WALLET_WAITS'
  return device.inFlight.length >= IN_FLIGHT_MAX ? 'CHAIN_FULL' : undefined
}

/** The hash of the owner key of an index. */
export function ownerKeyHashOf(seed: Uint8Array, deviceId: Uint8Array, index: number): Uint8Array {
  return keyHash(publicKeyOf(ownerKeyOf(seed, deviceId, index)))
}

/**
 * Signs the next act of a device. The owner key goes last: a body that a rotation key refuses was
 * shown to nobody else.
 *
 * @returns undefined when a rotation key that the order shows does not sign
 */
export async function signOwnerAct(
  seed: Uint8Array,
  { networkTag, deviceId, sequence, nextKeyIndex }: OwnedDevice,
  order: OwnerOrder,
  cosigners: readonly RotationSigner[]
): Promise<SignedOwnerAct | undefined> {
  const ownerKey = ownerKeyOf(seed, deviceId, nextKeyIndex)
  const ownerSequence = sequence + 1
  const prefix: OwnerPrefix = {
    deviceId,
    ownerSequence,
    ownerKey: publicKeyOf(ownerKey),
    nextOwnerKeyHash: ownerKeyHashOf(seed, deviceId, nextKeyIndex + 1)
  }
  const signedBody = encodeOwnerAct(order, prefix)
  const rotation = await collectRotation(signedBody, order, cosigners)
  if (rotation === undefined) return undefined
  const kind = ownerKindNumber(order.kind)
  const owner = signBody(ownerKey, signedBody, { networkTag, kind, role: 'owner' })
  const signed = joinTransaction(networkTag, signedBody, [owner, ...rotation])
  return { kind: order.kind, ownerSequence, ...signed }
}

async function collectRotation(
  signedBody: Uint8Array,
  order: OwnerOrder,
  cosigners: readonly RotationSigner[]
): Promise<readonly CoseSignature[] | undefined> {
  const shown = 'revealed' in order ? order.revealed : []
  const areTheRight =
    shown.length === cosigners.length &&
    shown.every(({ key }, index) => equalBytes(key, cosigners[index]?.publicKey ?? NO_KEY))
  if (!areTheRight) return undefined
  const signatures: CoseSignature[] = []
  for (const { sign } of cosigners) {
    const signature = await sign(signedBody)
    if (signature === undefined) return undefined
    signatures.push(signature)
  }
  return signatures
}

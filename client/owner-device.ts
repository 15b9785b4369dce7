/**
 * What a device signs for whoever owns it, or is about to: its presence, and its part in new keys.
 *
 * A device signs new keys only where they are the ones that it has made and stored itself, so an act
 * that becomes final never locks it out.
 *
 * @see ../protocol/SPEC.md §5.8 Re-keying
 * @module
 */

import {
  acceptAs,
  type Body,
  type CoseSignature,
  equalBytes,
  GUARDIAN_ACTS,
  kindByName,
  type PrivateKey,
  reject,
  type Verdict
} from '../protocol/index.ts'
import { readBody } from './owner-acts.ts'
import { signAsRotationKey } from './owner-rotation.ts'
import type { ComingKeys } from './owner-transfer.ts'
import { signBody } from './signed-transaction.ts'

/** A device beside which somebody stands. */
export interface PresentDevice {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  readonly attestationKey: PrivateKey
  readonly rotationKey: PrivateKey
  /** Keys that it has stored for its next incarnation; null before any were asked for. */
  readonly coming: ComingKeys | null
}

/** Why a device does not sign. */
export type DeviceRefusal =
  | 'BODY_NOT_FOR_DEVICES'
  | 'BODY_OF_OTHER_DEVICE'
  /** It names keys that are not the device's own coming ones. */
  | 'COMING_KEYS_WRONG'

/**
 * Presence for an acceptance, or for guardians who replace an owner; on a button press only. That
 * for a claim is {@link signPresence}.
 *
 * @param signedBody - untrusted: what a phone beside the device sent
 */
export function signOwnerPresence(
  signedBody: Uint8Array,
  device: PresentDevice
): Verdict<DeviceRefusal, CoseSignature> {
  const body = readBody(signedBody)
  const isAsked =
    body?.kind === 'transfer-accept' ||
    (body?.kind === 'guardian-act' && body.act === GUARDIAN_ACTS.replaceOwner)
  if (body === undefined || !isAsked) return reject('BODY_NOT_FOR_DEVICES')
  const fault = judgeBody(body, device)
  if (fault !== undefined) return reject(fault)
  const { networkTag, attestationKey } = device
  const { number: kind } = kindByName(body.kind)
  return acceptAs(signBody(attestationKey, signedBody, { networkTag, kind, role: 'presence' }))
}

/**
 * The signature of the device's own rotation key beneath a rotate, a recover or a retire.
 *
 * @param signedBody - untrusted
 */
export function signDeviceRotation(
  signedBody: Uint8Array,
  device: PresentDevice
): Verdict<DeviceRefusal, CoseSignature> {
  const body = readBody(signedBody)
  if (body === undefined) return reject('BODY_NOT_FOR_DEVICES')
  const fault = judgeBody(body, device)
  if (fault !== undefined) return reject(fault)
  const signature = signAsRotationKey(device.rotationKey, device.networkTag, signedBody)
  return signature === undefined ? reject('BODY_NOT_FOR_DEVICES') : acceptAs(signature)
}

function judgeBody(
  body: Body,
  { deviceId, coming }: PresentDevice
): 'BODY_OF_OTHER_DEVICE' | 'COMING_KEYS_WRONG' | undefined {
  if (!('deviceId' in body) || !equalBytes(body.deviceId, deviceId)) return 'BODY_OF_OTHER_DEVICE'
  const named = namedKeys(body)
  if (named === undefined) return undefined
  const areOwn =
    coming !== null &&
    equalBytes(named.signingKeyHash, coming.signingKeyHash) &&
    equalBytes(named.encryptionKey, coming.encryptionKey) &&
    named.rotationKeyHashes.some((hash) => equalBytes(hash, coming.rotationKeyHash))
  return areOwn ? undefined : 'COMING_KEYS_WRONG'
}

interface NamedKeys {
  readonly signingKeyHash: Uint8Array
  readonly encryptionKey: Uint8Array
  readonly rotationKeyHashes: readonly Uint8Array[]
}

/** The keys of a next incarnation that a body names; undefined when it begins none. */
function namedKeys(body: Body): NamedKeys | undefined {
  if (body.kind === 'transfer-accept') return body
  if (body.kind !== 'rotate' && body.kind !== 'recover') return undefined
  return {
    signingKeyHash: body.newSigningKeyHash,
    encryptionKey: body.newEncryptionKey,
    rotationKeyHashes: body.newRotationKeyHashes
  }
}

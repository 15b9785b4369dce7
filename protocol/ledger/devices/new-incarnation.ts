/**
 * A new incarnation: what is reset when a device gets new keys, by its owner or by a new one.
 *
 * @see SPEC.md §5.8 Re-keying
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { equalBytes } from '../../foundation/bytes.ts'
import type { Rekeying } from '../../transactions/rekeying.ts'
import { DEVICE_STATUS, type DeviceRecord } from '../records/device-record.ts'
import type { OwnershipRecord } from '../records/ownership-record.ts'
import { areRevealed, isRotationListValid } from './rotation-keys.ts'

/** The act that begins an incarnation. */
export interface Beginning {
  readonly actId: Uint8Array
  readonly height: number
  readonly signingKeyHash: Uint8Array
}

/** Why a re-keying part is not carried out; undefined when it is. */
export function judgeRekeying(
  part: Rekeying,
  { device, ownership }: { readonly device: DeviceRecord; readonly ownership: OwnershipRecord }
): 'INCARNATION_WRONG' | 'ROTATION_KEYS_WRONG' | 'ROTATION_KEYS_REUSED' | undefined {
  if (part.newIncarnation !== device.incarnation + 1) return 'INCARNATION_WRONG'
  if (!areRevealed(ownership, part.revealed)) return 'ROTATION_KEYS_WRONG'
  const { newRotationKeyHashes, newRotationThreshold, revealed } = part
  const isReused = revealed.some(({ key }) =>
    newRotationKeyHashes.some((hash) => equalBytes(hash, keyHash(key)))
  )
  const isListValid = isRotationListValid(newRotationKeyHashes, newRotationThreshold)
  return isReused || !isListValid ? 'ROTATION_KEYS_REUSED' : undefined
}

/** The device at the beginning of its next incarnation: active, trusted, its data key gone. */
export function beginIncarnation(device: DeviceRecord, beginning: Beginning): DeviceRecord {
  const dataKeyEpoch = device.dataKeyEpoch + 1
  return {
    ...device,
    status: DEVICE_STATUS.active,
    incarnation: device.incarnation + 1,
    sequence: 0,
    headMessageId: beginning.actId,
    signingKeyHash: beginning.signingKeyHash,
    signingKeyUses: 0,
    dataKeyEpoch,
    dataKeyEpochFirst: dataKeyEpoch,
    dataKeyRaisedAtHeight: beginning.height,
    keyCommitment: null,
    evidenceMask: 0,
    suspectUntilMs: 0,
    quarantine: null,
    remediation: null,
    rival: null
  }
}

/** The ownership with the keys that a re-keying part brings. */
export function rekeyOwnership(ownership: OwnershipRecord, part: Rekeying): OwnershipRecord {
  return {
    ...ownership,
    rotationKeyHashes: part.newRotationKeyHashes,
    rotationThreshold: part.newRotationThreshold,
    encryptionKey: part.newEncryptionKey,
    exposedMask: 0
  }
}

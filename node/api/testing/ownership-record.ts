/**
 * An ownership record for tests: claimed, nothing ordered yet.
 *
 * @module
 */

import { fullBucket, type OwnershipRecord } from '../../../protocol/index.ts'

const ZERO: Uint8Array = new Uint8Array(32)
const CLAIMED_AT_MS = 1_760_000_000_000

/** The record of a device whose owner has done nothing since the claim. */
export function ownershipRecord(): OwnershipRecord {
  return {
    ownerSequence: 0,
    ownerKeyHash: ZERO,
    ownerHeadId: ZERO,
    rotationKeyHashes: [ZERO],
    rotationThreshold: 1,
    exposedMask: 0,
    deviceRotationKeyHash: ZERO,
    encryptionKey: ZERO,
    attestationKey: ZERO,
    guardians: null,
    guardianSequence: 0,
    pendingGuardians: null,
    pendingOwner: null,
    openOffer: null,
    transferFrozenUntilMs: 0,
    overlay: null,
    updateVendorId: null,
    ownerForkCounted: 0,
    ownerBucket: fullBucket(20, CLAIMED_AT_MS)
  }
}

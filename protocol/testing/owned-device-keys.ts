/**
 * The keys of an owned device, its owner, its guardians and its buyer, for tests.
 *
 * @module
 */

import { encodeSigStructure } from '../crypto/cose.ts'
import { keyHash } from '../crypto/hash.ts'
import { createListTree, type ListTree, listLeafHash } from '../crypto/merkle.ts'
import { type PrivateKey, publicKeyOf, signBytes } from '../crypto/signing.ts'
import { compareBytes } from '../foundation/bytes.ts'
import { fullBucket } from '../ledger/bucket.ts'
import type { OwnershipRecord } from '../ledger/records/ownership-record.ts'
import type { Guardians } from '../transactions/guardians.ts'
import { type Role, signatureAad } from '../transactions/role.ts'
import { bytes32, NETWORK_TAG, seedKey, TIME_MS } from './rule-ledger.ts'
import { worldKey } from './world-signer.ts'

/** The key that shows that the device is there. */
export const ATTESTATION: PrivateKey = seedKey(62, 'ES256')
/** Rotation keys in the order of their hashes; the first is the device's own. */
export const ROTATION: readonly PrivateKey[] = [71, 72, 73]
  .map((byte) => seedKey(byte))
  .sort((a, b) => compareBytes(keyHash(publicKeyOf(a)), keyHash(publicKeyOf(b))))
/** The keys of three guardians, in their order. */
export const GUARDIANS: readonly PrivateKey[] = [81, 82, 83].map((byte) => seedKey(byte))
/** The key that a buyer shows. */
export const BUYER: PrivateKey = seedKey(91)

const OWNER_KEYS = 700_000
const DEVICE_KEYS = 800_000
const HOUR_MS = 3_600_000
/** The tree of the hashes of their keys. */
export const guardianTree: ListTree = createListTree(
  GUARDIANS.map((key) => listLeafHash(keyHash(publicKeyOf(key))))
)

/** Two of the three, after an hour. */
export const GUARDIAN_TERMS: Guardians = {
  root: guardianTree.root,
  threshold: 2,
  count: GUARDIANS.length,
  delayMs: HOUR_MS
}

/** The hash of a key's public half. */
export function hashOf(key: PrivateKey): Uint8Array {
  return keyHash(publicKeyOf(key))
}

/** An owner's n-th one-time key. */
export function ownerKey(number: number): PrivateKey {
  return worldKey(OWNER_KEYS + number)
}

/** The key with which a device signs its n-th message. */
export function deviceKey(number: number): PrivateKey {
  return worldKey(DEVICE_KEYS + number)
}

/** The bare signature of a body, as evidence shows it. */
export function bareSignature(
  key: PrivateKey,
  signedBody: Uint8Array,
  { kind, role }: { readonly kind: number; readonly role: Role }
): Uint8Array {
  const aad = signatureAad(NETWORK_TAG, kind, role)
  return signBytes(key, encodeSigStructure(key.algorithm, aad, signedBody)).signature
}

/** The owner's record: nothing done yet, two of three rotation keys needed. */
export const OWNERSHIP: OwnershipRecord = {
  ownerSequence: 0,
  ownerKeyHash: hashOf(ownerKey(1)),
  ownerHeadId: bytes32(0xdd),
  rotationKeyHashes: ROTATION.map(hashOf),
  rotationThreshold: 2,
  exposedMask: 0,
  deviceRotationKeyHash: hashOf(ROTATION[0] as PrivateKey),
  encryptionKey: bytes32(0x63),
  attestationKey: publicKeyOf(ATTESTATION),
  guardians: null,
  guardianSequence: 0,
  pendingGuardians: null,
  pendingOwner: null,
  openOffer: null,
  transferFrozenUntilMs: 0,
  overlay: null,
  updateVendorId: null,
  ownerForkCounted: 0,
  ownerBucket: fullBucket(20, TIME_MS)
}

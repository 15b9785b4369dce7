/**
 * Owners: one-time keys per device, and the claim that makes someone the first owner.
 *
 * The key of owner sequence s is derived from the wallet's seed, the device and
 * s, so a wallet restored from words finds every key again, and no two devices
 * show the same owner.
 *
 * @see ../protocol/SPEC.md §5.1 claim
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  ascii,
  CLAIM_KIND,
  type CoseSignature,
  compareBytes,
  concatBytes,
  decodeInception,
  deviceIdOf,
  encodeClaim,
  equalBytes,
  type Guardians,
  invariant,
  keyHash,
  type PrivateKey,
  publicKeyOf,
  uint64
} from '../protocol/index.ts'
import type { BirthRecord, Box } from './box.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

const OWNER_TAG = ascii('tm/own/1')
const NO_SALT = new Uint8Array(0)

/**
 * The key that signs the owner's action of a sequence.
 *
 * HKDF-SHA-256 (RFC 5869): ikm = the 32-byte wallet seed, salt empty, info =
 * `"tm/own/1" ‖ deviceId ‖ ownerSequence (8 bytes, big-endian)`, 32 bytes out =
 * an Ed25519 seed.
 */
export function ownerKeyOf(
  walletSeed: Uint8Array,
  deviceId: Uint8Array,
  ownerSequence: number
): PrivateKey {
  invariant(walletSeed.length === 32, 'a wallet seed has 32 bytes')
  const info = concatBytes(OWNER_TAG, deviceId, uint64(ownerSequence))
  return { algorithm: 'Ed25519', bytes: hkdf(sha256, walletSeed, NO_SALT, info, 32) }
}

/** What an owner decides about a claim. */
export interface ClaimOptions {
  readonly networkTag: Uint8Array
  readonly box: Box
  /** Where the device stands in its birth batch: from the box, or from its maker. */
  readonly birth: BirthRecord
  readonly walletSeed: Uint8Array
  /** Hashes of further rotation keys beside the device's own: at most three. */
  readonly rotationKeyHashes: readonly Uint8Array[]
  readonly rotationThreshold: number
  readonly guardians: Guardians | null
}

/** A claim signed by the box key, which still lacks the device's presence. */
export interface ClaimDraft {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  readonly signedBody: Uint8Array
  readonly boxSignature: CoseSignature
}

/** Drafts a claim. The owner key it commits to is that of owner sequence 1, the first action. */
export function draftClaim(options: ClaimOptions): ClaimDraft {
  const { networkTag, box, birth, walletSeed } = options
  const inception = decodeInception(box.inceptionBytes)
  invariant(inception !== undefined, 'a box holds an inception')
  const deviceId = deviceIdOf(box.inceptionBytes)
  const boxKey: PrivateKey = { algorithm: 'Ed25519', bytes: box.boxSeed }
  const ownerKey = publicKeyOf(ownerKeyOf(walletSeed, deviceId, 1))
  const signedBody = encodeClaim({
    birthBatchId: birth.birthBatchId,
    leafIndex: birth.leafIndex,
    path: birth.path,
    inceptionBytes: box.inceptionBytes,
    ownerKeyHash: keyHash(ownerKey),
    rotationKeyHashes: ascending([inception.deviceRotationKeyHash, ...options.rotationKeyHashes]),
    rotationThreshold: options.rotationThreshold,
    guardians: options.guardians,
    boxKey: publicKeyOf(boxKey)
  })
  const boxSignature = signBody(boxKey, signedBody, { networkTag, kind: CLAIM_KIND, role: 'box' })
  return { networkTag, deviceId, signedBody, boxSignature }
}

/** Joins a draft and the presence signature that the device gave for its body. */
export function finishClaim(draft: ClaimDraft, presence: CoseSignature): SignedTransaction {
  const { networkTag, signedBody, boxSignature } = draft
  return joinTransaction(networkTag, signedBody, [boxSignature, presence])
}

/** Ascending and distinct, as the ledger wants rotation keys. */
function ascending(hashes: readonly Uint8Array[]): Uint8Array[] {
  return [...hashes]
    .sort(compareBytes)
    .filter(
      (hash, index, sorted) => index === 0 || !equalBytes(hash, sorted[index - 1] as Uint8Array)
    )
}

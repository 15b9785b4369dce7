/**
 * claim: the first owner of a device is whoever holds both its box and the device.
 *
 * @see SPEC.md §5.1 claim
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { isInList } from '../../crypto/merkle.ts'
import { equalBytes } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import type { Claim } from '../../transactions/claim.ts'
import { deviceIdOf } from '../../transactions/inception.ts'
import type { Profile } from '../../transactions/profile.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { fullBucket } from '../bucket.ts'
import { areGuardiansValid } from '../devices/guardian-terms.ts'
import { isRotationListValid } from '../devices/rotation-keys.ts'
import { applied, type Outcome, refused, waits } from '../outcome.ts'
import {
  BIRTH_BATCH_STATUS,
  type BirthBatchRecord,
  birthBatches
} from '../records/birth-batch-record.ts'
import { classVersionKey, classVersions } from '../records/class-record.ts'
import { DEVICE_STATUS, type DeviceRecord, devices } from '../records/device-record.ts'
import { members } from '../records/member-record.ts'
import { type OwnershipRecord, ownerships } from '../records/ownership-record.ts'
import { type VendorRecord, vendors } from '../records/vendor-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { payIntroduction } from './member-account.ts'

const DAY_MS = 86_400_000
const NO_IMAGE = new Uint8Array(32)

/** Judges birth, box and rotation keys, then writes both records of the device. */
export const claimRule: Rule<Claim> = (claim, transaction, context) => {
  const { state, timeMs } = context
  const deviceId = deviceIdOf(claim.inceptionBytes)
  const birthBatch = state.read(birthBatches, claim.birthBatchId)
  const fault = judgeBirth(claim, deviceId, { birthBatch, context })
  if (fault !== undefined) return fault
  invariant(birthBatch !== undefined, 'a birth that was judged is there')
  const versionKey = classVersionKey(claim.inception.classId, claim.inception.classVersion)
  const classVersion = state.read(classVersions, versionKey)
  if (classVersion === undefined) return refused('CLASS_VERSION_WRONG')
  if (!isOwnershipValid(claim, context)) return refused('ROTATION_KEYS_WRONG')
  const vendor = state.read(vendors, birthBatch.vendorId)
  invariant(vendor !== undefined, 'a birth batch has a vendor')
  const countedVendor = countClaim(vendor, timeMs)
  const carrier = payIntroduction(transaction, context)
  if (countedVendor === undefined || carrier === undefined) return waits('QUOTA_EMPTY')
  state.write(vendors, birthBatch.vendorId, countedVendor)
  state.write(members, context.carrierId, carrier)
  state.write(
    devices,
    deviceId,
    newDevice(claim, transaction, { context, profile: classVersion.profile })
  )
  state.write(ownerships, deviceId, newOwnership(claim, transaction, context))
  return applied
}

function judgeBirth(
  claim: Claim,
  deviceId: Uint8Array,
  {
    birthBatch,
    context
  }: { readonly birthBatch: BirthBatchRecord | undefined; readonly context: RuleContext }
): Outcome | undefined {
  const isOpen =
    birthBatch !== undefined &&
    birthBatch.status === BIRTH_BATCH_STATUS.open &&
    context.timeMs <= birthBatch.notAfterMs
  if (!isOpen) return refused('BIRTH_BATCH_CLOSED')
  const place = { index: claim.leafIndex, count: birthBatch.count, path: claim.path }
  if (!isInList(deviceId, place, birthBatch.merkleRoot)) return refused('LEAF_WRONG')
  if (context.state.read(devices, deviceId) !== undefined) return refused('LEAF_USED')
  if (!equalBytes(claim.inception.classId, birthBatch.classId)) return refused('LEAF_WRONG')
  const isBox = equalBytes(keyHash(claim.boxKey), claim.inception.boxKeyHash)
  return isBox ? undefined : refused('BOX_KEY_WRONG')
}

/** Rotation keys in order, the device's own among them; guardians in range. */
function isOwnershipValid(claim: Claim, { parameters }: RuleContext): boolean {
  const { rotationKeyHashes, rotationThreshold, guardians, inception } = claim
  return (
    isRotationListValid(rotationKeyHashes, rotationThreshold) &&
    rotationKeyHashes.some((hash) => equalBytes(hash, inception.deviceRotationKeyHash)) &&
    areGuardiansValid(guardians, parameters)
  )
}

function countClaim(vendor: VendorRecord, timeMs: number): VendorRecord | undefined {
  const claimsDay = Math.floor(timeMs / DAY_MS)
  const claims = (vendor.claimsDay === claimsDay ? vendor.claims : 0) + 1
  return claims > vendor.grantClaimsPerDay ? undefined : { ...vendor, claimsDay, claims }
}

function newDevice(
  claim: Claim,
  transaction: Transaction,
  { context, profile }: { readonly context: RuleContext; readonly profile: Profile }
): DeviceRecord {
  const { timeMs, height, parameters } = context
  return {
    classId: claim.inception.classId,
    classVersion: claim.inception.classVersion,
    birthBatchId: claim.birthBatchId,
    status: DEVICE_STATUS.active,
    lost: 0,
    incarnation: 0,
    sequence: 0,
    headMessageId: transaction.id,
    signingKeyHash: claim.inception.signingKeyHash,
    signingKeyUses: 0,
    dataKeyEpoch: 0,
    dataKeyRaisedAtHeight: height,
    keyCommitment: null,
    firmware: {
      releaseNumber: 0,
      securityVersion: 0,
      imageDigest: NO_IMAGE,
      attestLevel: 0,
      atHeight: height
    },
    draw: null,
    lastAnchorHeight: 0,
    lastTimeMs: timeMs,
    telemetryBucket: fullBucket(profile.rateBurst, timeMs),
    controlBucket: fullBucket(parameters.controlBurst, timeMs),
    evidenceMask: 0,
    suspectUntilMs: 0,
    quarantine: null,
    remediation: null,
    rival: null,
    dataKeyEpochFirst: 1
  }
}

function newOwnership(
  claim: Claim,
  transaction: Transaction,
  { timeMs, parameters }: RuleContext
): OwnershipRecord {
  return {
    ownerSequence: 0,
    ownerKeyHash: claim.ownerKeyHash,
    ownerHeadId: transaction.id,
    rotationKeyHashes: claim.rotationKeyHashes,
    rotationThreshold: claim.rotationThreshold,
    exposedMask: 0,
    deviceRotationKeyHash: claim.inception.deviceRotationKeyHash,
    encryptionKey: claim.inception.encryptionKey,
    attestationKey: claim.inception.attestationKey,
    guardians: claim.guardians,
    guardianSequence: 0,
    pendingGuardians: null,
    pendingOwner: null,
    openOffer: null,
    transferFrozenUntilMs: 0,
    overlay: null,
    updateVendorId: null,
    ownerForkCounted: 0,
    ownerBucket: fullBucket(parameters.ownerBurst, timeMs)
  }
}

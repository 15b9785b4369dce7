/**
 * vendor-set, class-define, birth-batch and birth-revoke: what makers may say, within their grant.
 *
 * Vendor keys are stable, so a refused act uses nothing.
 *
 * @see SPEC.md §5.2 Makers
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import type { BirthBatch } from '../../transactions/birth-batch.ts'
import type { BirthRevoke } from '../../transactions/birth-revoke.ts'
import { type ClassDefine, classIdOf } from '../../transactions/class-define.ts'
import { isSignedBy, type Transaction, transactionCost } from '../../transactions/transaction.ts'
import type { VendorPrefix } from '../../transactions/vendor-act.ts'
import { type VendorSet, vendorIdOf, vendorKeysHash } from '../../transactions/vendor-set.ts'
import { fullBucket, payBucket } from '../bucket.ts'
import { applied, type Outcome, refused, waits } from '../outcome.ts'
import { BIRTH_BATCH_STATUS, birthBatches } from '../records/birth-batch-record.ts'
import {
  type ClassHead,
  classHeads,
  classVersionKey,
  classVersions
} from '../records/class-record.ts'
import { type VendorRecord, vendors } from '../records/vendor-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { classLimits } from './device-message-rule.ts'

/** A maker shows its keys: those its id is made of, or those it committed to the last time. */
export const vendorSetRule: Rule<VendorSet> = (act, transaction, context) => {
  const vendor = readVendor(act, context)
  if ('outcome' in vendor) return vendor
  const isGenuine =
    vendor.nextKeysHash === null
      ? equalBytes(act.vendorId, vendorIdOf(act.keys, act.threshold))
      : equalBytes(vendor.nextKeysHash, vendorKeysHash(act.keys, act.threshold))
  if (!isGenuine) return refused('VENDOR_KEYS_WRONG')
  const paid = payVendor(vendor, act, { transaction, context })
  if (paid === undefined) return waits('QUOTA_EMPTY')
  context.state.write(vendors, act.vendorId, {
    ...paid,
    keys: act.keys,
    threshold: act.threshold,
    nextKeysHash: act.nextKeysHash,
    infoHash: act.infoHash
  })
  return applied
}

/** A maker describes the next version of a class, within its grant over all classes. */
export const classDefineRule: Rule<ClassDefine> = (act, transaction, context) => {
  const { state, timeMs } = context
  const vendor = readSigningVendor(act, transaction, context)
  if ('outcome' in vendor) return vendor
  const classId = classIdOf(act.vendorId, act.classNumber)
  const head = state.read(classHeads, classId)
  if (act.version !== (head?.lastVersion ?? 0) + 1) return refused('CLASS_VERSION_WRONG')
  // A cap below the births would give them back to the grant, to be used once more by another class.
  if (act.birthCap < (head?.births ?? 0)) return refused('BIRTH_CAP_EXCEEDED')
  const usedBirthCap = vendor.usedBirthCap - (head?.birthCap ?? 0) + act.birthCap
  const usedRateUnitsPerHour =
    vendor.usedRateUnitsPerHour - (head?.rateUnitsPerHour ?? 0) + act.rateUnitsPerHour
  const isWithinGrant =
    usedBirthCap <= vendor.grantBirthCap && usedRateUnitsPerHour <= vendor.grantRateUnitsPerHour
  if (!isWithinGrant) return refused('GRANT_EXCEEDED')
  const paid = payVendor(vendor, act, { transaction, context })
  if (paid === undefined) return waits('QUOTA_EMPTY')
  state.write(vendors, act.vendorId, { ...paid, usedBirthCap, usedRateUnitsPerHour })
  state.write(classHeads, classId, nextHead(act, head, timeMs))
  state.write(classVersions, classVersionKey(classId, act.version), {
    custody: act.custody,
    canSeal: act.canSeal,
    profile: act.profile,
    thingModelHash: act.thingModelHash,
    mudHash: act.mudHash,
    referenceValuesHash: act.referenceValuesHash,
    supportUntilMs: act.supportUntilMs
  })
  return applied
}

/** A maker commits to births of its own class, at most as many as the class may have. */
export const birthBatchRule: Rule<BirthBatch> = (act, transaction, context) => {
  const { state } = context
  const vendor = readSigningVendor(act, transaction, context)
  if ('outcome' in vendor) return vendor
  const head = state.read(classHeads, act.classId)
  if (head === undefined || !equalBytes(head.vendorId, act.vendorId))
    return refused('CLASS_UNKNOWN')
  if (head.births + act.count > head.birthCap) return refused('BIRTH_CAP_EXCEEDED')
  const paid = payVendor(vendor, act, { transaction, context })
  if (paid === undefined) return waits('QUOTA_EMPTY')
  state.write(vendors, act.vendorId, paid)
  state.write(classHeads, act.classId, { ...head, births: head.births + act.count })
  state.write(birthBatches, transaction.id, {
    classId: act.classId,
    vendorId: act.vendorId,
    merkleRoot: act.merkleRoot,
    count: act.count,
    notAfterMs: act.notAfterMs,
    status: BIRTH_BATCH_STATUS.open
  })
  return applied
}

/** A maker closes a birth batch of its own; what was claimed from it goes on. */
export const birthRevokeRule: Rule<BirthRevoke> = (act, transaction, context) => {
  const { state } = context
  const vendor = readSigningVendor(act, transaction, context)
  if ('outcome' in vendor) return vendor
  const birthBatch = state.read(birthBatches, act.birthBatchId)
  const isOwn = birthBatch !== undefined && equalBytes(birthBatch.vendorId, act.vendorId)
  if (!isOwn) return refused('BIRTH_BATCH_UNKNOWN')
  const paid = payVendor(vendor, act, { transaction, context })
  if (paid === undefined) return waits('QUOTA_EMPTY')
  state.write(vendors, act.vendorId, paid)
  const status = Math.max(birthBatch.status, BIRTH_BATCH_STATUS.closed)
  state.write(birthBatches, act.birthBatchId, { ...birthBatch, status })
  return applied
}

/** A vendor with a grant whose sequence has not been used. */
function readVendor(act: VendorPrefix, { state }: RuleContext): VendorRecord | Outcome {
  const vendor = state.read(vendors, act.vendorId)
  if (vendor === undefined || vendor.removed === 1) return refused('VENDOR_UNKNOWN')
  return act.vendorSequence > vendor.vendorSequence ? vendor : refused('VENDOR_SEQUENCE_USED')
}

/** The same, whose keys in state signed the act: these signatures are checked here and only here. */
function readSigningVendor(
  act: VendorPrefix,
  transaction: Transaction,
  context: RuleContext
): VendorRecord | Outcome {
  const vendor = readVendor(act, context)
  if ('outcome' in vendor) return vendor
  const { keys } = vendor
  if (keys === null) return refused('VENDOR_UNKNOWN')
  const isEnough =
    act.signers.length >= vendor.threshold && act.signers.every((index) => index < keys.length)
  if (!isEnough) return refused('SIGNATURES_WRONG')
  const isGenuine = act.signers.every((keyIndex, index) =>
    isSignedBy(transaction, context.networkTag, {
      index,
      role: 'vendor',
      key: keys[keyIndex] as Uint8Array
    })
  )
  return isGenuine ? vendor : refused('SIGNATURE_INVALID')
}

function payVendor(
  vendor: VendorRecord,
  act: VendorPrefix,
  { transaction, context }: { readonly transaction: Transaction; readonly context: RuleContext }
): VendorRecord | undefined {
  const { parameters, timeMs } = context
  const limits = { burst: parameters.vendorBurst, ratePerHour: parameters.vendorPerHour }
  const bill = { cost: transactionCost(transaction), timeMs }
  const bucket = payBucket(vendor.bucket, limits, bill)
  return bucket && { ...vendor, bucket, vendorSequence: act.vendorSequence }
}

function nextHead(act: ClassDefine, head: ClassHead | undefined, timeMs: number): ClassHead {
  const { birthCap, rateUnitsPerHour } = act
  const base = head ?? {
    vendorId: act.vendorId,
    births: 0,
    bucket: fullBucket(classLimits(act).burst, timeMs),
    authorities: [act.vendorId],
    lastRelease: 0,
    floor: null,
    lastHeartbeatMs: timeMs
  }
  return { ...base, birthCap, rateUnitsPerHour, lastVersion: act.version }
}

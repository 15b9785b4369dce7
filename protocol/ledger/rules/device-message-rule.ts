/**
 * device-message: the header always advances the chain, and only content can be void.
 *
 * Nobody honest is ever made to sign a second thing under a key already used:
 * what a node, an owner or a carrier can change after the device has signed
 * makes a message wait or its content void, but never blocks its header.
 *
 * @see SPEC.md §4.1 device-message
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { suiteOf } from '../../crypto/key.ts'
import { equalBytes } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import { CONTENT_KINDS, contentPriority, readFirmwareReport } from '../../transactions/content.ts'
import type { DeviceMessage } from '../../transactions/device-message.ts'
import { type Profile, RATCHET_NEVER } from '../../transactions/profile.ts'
import { type Transaction, transactionCost } from '../../transactions/transaction.ts'
import { type Bucket, payBucket } from '../bucket.ts'
import { canSpeak, effectiveProfile, readLivingDevice } from '../devices/device-standing.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { applied, duplicate, type Outcome, refused, voided, waits } from '../outcome.ts'
import { recentBlockKey, recentBlocks } from '../records/chain-record.ts'
import {
  type ClassHead,
  type ClassVersion,
  classHeads,
  classVersionKey,
  classVersions
} from '../records/class-record.ts'
import { DEVICE_STATUS, type DeviceRecord, devices } from '../records/device-record.ts'
import type { Rule, RuleContext } from '../rule.ts'

/** Content kinds that have effect while a device shows that it is clean again. */
const REPORT_KIND = 4
const ATTEST_KIND = 5
const CLEANING_KINDS: readonly number[] = [REPORT_KIND, ATTEST_KIND]

const NOTHING = new Uint8Array(0)

/** The branch of a device that a message belongs to: the main one, or a marked rival. */
interface Branch {
  readonly isRival: boolean
  readonly headMessageId: Uint8Array
  readonly sequence: number
  readonly signingKeyHash: Uint8Array
  readonly signingKeyUses: number
  readonly telemetryBucket: Bucket
  readonly controlBucket: Bucket
}

/** Everything the content rules look at. */
interface Speaker {
  readonly device: DeviceRecord
  readonly branch: Branch
  readonly classHead: ClassHead
  readonly classVersion: ClassVersion
  readonly profile: Profile
}

/** Judges the header, counts it, then judges the content. */
export const deviceMessageRule: Rule<DeviceMessage> = (message, transaction, context) => {
  const { state, timeMs } = context
  const device = readLivingDevice(state, message.deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  const branch = branchOf(device, message, transaction)
  const fault = judgeHeader(message, transaction, { device, branch })
  if (fault !== undefined) return fault
  const speaker = speakerOf(state, message.deviceId, { device, branch })
  const payment = pay(message, transaction, { speaker, context })
  if (payment === undefined) return waits('QUOTA_EMPTY')
  const code = judgeContent(message, transaction, { speaker, context })
  const isAnchorTrue = code !== 'ANCHOR_FALSE'
  const counted = { ...nextBranch(message, transaction, branch), ...payment.branchBuckets }
  state.write(classHeads, device.classId, { ...speaker.classHead, bucket: payment.classBucket })
  state.write(devices, message.deviceId, {
    ...device,
    ...(branch.isRival ? { rival: counted } : counted),
    ...(code === undefined ? reportEffect(message, transaction, { speaker, context }) : {}),
    lastTimeMs: timeMs,
    lastAnchorHeight: isAnchorTrue
      ? Math.max(device.lastAnchorHeight, message.anchorHeight)
      : device.lastAnchorHeight
  })
  return code === undefined ? applied : voided(code)
}

/** Rules V2 to V5. */
function judgeHeader(
  message: DeviceMessage,
  transaction: Transaction,
  { device, branch }: { readonly device: DeviceRecord; readonly branch: Branch }
): Outcome | undefined {
  if (message.incarnation < device.incarnation) return refused('INCARNATION_OLD')
  if (message.incarnation > device.incarnation) return waits('INCARNATION_AHEAD')
  if (message.sequence !== branch.sequence + 1) {
    if (equalBytes(transaction.id, branch.headMessageId)) return duplicate
    return message.sequence <= branch.sequence ? refused('SEQUENCE_USED') : waits('SEQUENCE_AHEAD')
  }
  if (!canSpeak(device)) return waits('DEVICE_STOPPED')
  if (!equalBytes(message.previousMessageId, branch.headMessageId)) return refused('CHAIN_BROKEN')
  if (!equalBytes(keyHash(message.signingKey), branch.signingKeyHash))
    return refused('SIGNING_KEY_WRONG')
  return undefined
}

/** Rules C1 to C8: the code of the first that fails. */
function judgeContent(
  message: DeviceMessage,
  transaction: Transaction,
  { speaker, context }: { readonly speaker: Speaker; readonly context: RuleContext }
): string | undefined {
  const { profile, branch } = speaker
  if (!isAnchorPossible(message, context)) return 'ANCHOR_FALSE'
  if (!isRatchetKept(message, branch, profile)) return 'RATCHET_OVERDUE'
  if (!isKindAllowed(message, speaker, context)) return 'KIND_NOT_ALLOWED'
  if (message.contentLength > profile.inlineBytesMax) return 'CONTENT_TOO_LARGE'
  if ((suiteOf(message.signingKey) & profile.signatureSuites) === 0) return 'SUITE_NOT_ALLOWED'
  const contentKind = CONTENT_KINDS.get(message.contentKind)
  const isClear = message.dataKeyEpoch === 0
  if (isClear && profile.sealing === 1 && contentKind?.sealedByProfile === true)
    return 'SEALING_REQUIRED'
  const dataKeyFault = isClear ? undefined : judgeDataKey(message, speaker.device)
  if (dataKeyFault !== undefined) return dataKeyFault
  const isWellFormed =
    (!isClear && contentKind?.sealedByProfile === true) ||
    contentKind?.isWellFormed(transaction.attachment ?? NOTHING) === true
  if (!isWellFormed) return 'CONTENT_MALFORMED'
  // No reference values are on the ledger yet that a device could be measured by.
  return message.contentKind === ATTEST_KIND ? 'ATTEST_REJECTED' : undefined
}

/** Rule C1: an anchor below this block that, while it is remembered, names the block that is there. */
function isAnchorPossible(message: DeviceMessage, context: RuleContext): boolean {
  if (message.anchorHeight >= context.height) return false
  const { anchorWindowBlocks } = context.parameters
  const entry = context.state.read(
    recentBlocks,
    recentBlockKey(message.anchorHeight, anchorWindowBlocks)
  )
  if (entry === undefined || entry.height !== message.anchorHeight) return true
  return equalBytes(entry.blockId.subarray(0, 16), message.anchorId)
}

/** Rule C2. */
function isRatchetKept(message: DeviceMessage, branch: Branch, profile: Profile): boolean {
  if (profile.ratchetEvery === RATCHET_NEVER) return true
  // V5 has shown that this is the hash of the key that signed.
  const isChanged = !equalBytes(message.nextSigningKeyHash, branch.signingKeyHash)
  return isChanged || branch.signingKeyUses + 1 < profile.ratchetEvery
}

/** Rule C3: a kind in force; while cleaning or degraded only what shows a clean state. */
function isKindAllowed(
  message: DeviceMessage,
  { device, classHead }: Speaker,
  context: RuleContext
): boolean {
  if (!CONTENT_KINDS.has(message.contentKind)) return false
  const isCleaning = CLEANING_KINDS.includes(message.contentKind)
  const { floor } = classHead
  const isDegraded =
    floor !== null &&
    device.firmware.securityVersion < floor.securityVersion &&
    floor.deadlineMs <= context.timeMs
  return isCleaning || (device.status !== DEVICE_STATUS.remediating && !isDegraded)
}

/**
 * What a device says that it runs is taken down, and answers the order to show it. Going back to less
 * security than before makes it suspect: on its own word alone nothing is stopped.
 */
function reportEffect(
  { contentKind }: DeviceMessage,
  { attachment }: Transaction,
  { speaker, context }: { readonly speaker: Speaker; readonly context: RuleContext }
): Partial<DeviceRecord> {
  const report = contentKind === REPORT_KIND ? readFirmwareReport(attachment ?? NOTHING) : undefined
  if (report === undefined || report.result !== 0) return {}
  const { firmware, remediation, suspectUntilMs } = speaker.device
  const { height, timeMs, parameters } = context
  const { securityVersion, imageDigest } = report
  const isLower = securityVersion < firmware.securityVersion
  const isEnough = speaker.profile.attestLevel === 0
  return {
    firmware: { ...firmware, securityVersion, imageDigest, attestLevel: 0, atHeight: height },
    suspectUntilMs: isLower ? timeMs + parameters.suspectMs : suspectUntilMs,
    remediation: remediation && isEnough ? { ...remediation, attested: 1 } : remediation
  }
}

/** Rule C7: sealed under the data key in force, or under an older one by a message signed before. */
function judgeDataKey(message: DeviceMessage, device: DeviceRecord): string | undefined {
  if (device.keyCommitment === null) return 'DATA_KEY_UNSET'
  if (message.dataKeyEpoch === device.dataKeyEpoch) return undefined
  if (message.dataKeyEpoch > device.dataKeyEpoch || message.dataKeyEpoch < device.dataKeyEpochFirst)
    return 'DATA_KEY_UNKNOWN'
  return message.anchorHeight < device.dataKeyRaisedAtHeight ? undefined : 'DATA_KEY_OLD'
}

/** Rule V6: the device's bucket for the priority, and its class's bucket, both pay or neither. */
function pay(
  message: DeviceMessage,
  transaction: Transaction,
  { speaker, context }: { readonly speaker: Speaker; readonly context: RuleContext }
):
  | {
      readonly classBucket: Bucket
      readonly branchBuckets: Pick<Branch, 'telemetryBucket' | 'controlBucket'>
    }
  | undefined {
  const { branch, profile, classHead } = speaker
  const { parameters, timeMs } = context
  const bill = { cost: transactionCost(transaction), timeMs }
  const isControl = contentPriority(message.contentKind) === 1
  const limits = isControl
    ? { burst: parameters.controlBurst, ratePerHour: parameters.controlPerHour }
    : { burst: profile.rateBurst, ratePerHour: profile.ratePerHour }
  const paid = payBucket(isControl ? branch.controlBucket : branch.telemetryBucket, limits, bill)
  const classBucket = payBucket(classHead.bucket, classLimits(classHead), bill)
  if (paid === undefined || classBucket === undefined) return undefined
  const { telemetryBucket, controlBucket } = branch
  const branchBuckets = isControl
    ? { telemetryBucket, controlBucket: paid }
    : { telemetryBucket: paid, controlBucket }
  return { classBucket, branchBuckets }
}

/** What a class's bucket holds: its rate, and one minute of it at once. */
export function classLimits({ rateUnitsPerHour }: Pick<ClassHead, 'rateUnitsPerHour'>): {
  readonly burst: number
  readonly ratePerHour: number
} {
  return { burst: Math.max(1, Math.floor(rateUnitsPerHour / 60)), ratePerHour: rateUnitsPerHour }
}

function branchOf(device: DeviceRecord, message: DeviceMessage, transaction: Transaction): Branch {
  const { rival } = device
  const isRival =
    rival !== null &&
    (equalBytes(rival.headMessageId, message.previousMessageId) ||
      equalBytes(rival.headMessageId, transaction.id))
  return isRival ? { isRival, ...rival } : { ...branchFields(device), isRival: false }
}

function branchFields(device: DeviceRecord): Omit<Branch, 'isRival'> {
  const { headMessageId, sequence, signingKeyHash, signingKeyUses } = device
  const { telemetryBucket, controlBucket } = device
  return {
    headMessageId,
    sequence,
    signingKeyHash,
    signingKeyUses,
    telemetryBucket,
    controlBucket
  }
}

/** The branch after its header counted, buckets aside. */
function nextBranch(
  message: DeviceMessage,
  transaction: Transaction,
  branch: Branch
): Pick<Branch, 'headMessageId' | 'sequence' | 'signingKeyHash' | 'signingKeyUses'> {
  const isChanged = !equalBytes(message.nextSigningKeyHash, branch.signingKeyHash)
  return {
    sequence: message.sequence,
    headMessageId: transaction.id,
    signingKeyHash: message.nextSigningKeyHash,
    signingKeyUses: isChanged ? 0 : branch.signingKeyUses + 1
  }
}

function speakerOf(
  state: LedgerReader,
  deviceId: Uint8Array,
  { device, branch }: { readonly device: DeviceRecord; readonly branch: Branch }
): Speaker {
  const classHead = state.read(classHeads, device.classId)
  const versionKey = classVersionKey(device.classId, device.classVersion)
  const classVersion = state.read(classVersions, versionKey)
  invariant(classHead !== undefined, 'a device of the ledger has a class')
  invariant(classVersion !== undefined, 'a device of the ledger has a class version')
  return {
    device,
    branch,
    classHead,
    classVersion,
    profile: effectiveProfile(state, deviceId, classVersion)
  }
}

/**
 * Evidence about devices: what two signatures of one key prove, judged against the state alone.
 *
 * Proof acts by itself, for the present incarnation, once.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { compareBytes, equalBytes } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import type { DeviceFork } from '../../transactions/device-fork.ts'
import type { DeviceMessage } from '../../transactions/device-message.ts'
import type { KeyMisuse } from '../../transactions/key-misuse.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { fullBucket } from '../bucket.ts'
import { effectiveProfile, readLivingDevice } from '../devices/device-standing.ts'
import {
  endsTurn,
  isIncluded,
  isMessageSigned,
  readShownMessage,
  type Shown
} from '../devices/signed-message.ts'
import { applied, type Outcome, refused, waits } from '../outcome.ts'
import { classVersionKey, classVersions } from '../records/class-record.ts'
import {
  DEVICE_STATUS,
  type DeviceRecord,
  devices,
  QUARANTINE_REASONS
} from '../records/device-record.ts'
import { members } from '../records/member-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { payIntroduction } from './member-account.ts'

/** Bits of a device's evidenceMask. */
const FORK_BIT = 1
const MISUSE_BIT = 2

/** Two messages with one sequence under one key: the device is stopped, or both branches are marked. */
export const deviceForkRule: Rule<DeviceFork> = (act, transaction, context) => {
  const { networkTag } = context
  const first = readShownMessage(act.first, networkTag)
  const second = readShownMessage(act.second, networkTag)
  if (first === undefined || second === undefined) return refused('EVIDENCE_WRONG')
  const device = accusedDevice(first, { bit: FORK_BIT, context })
  if ('outcome' in device) return device
  const isFork =
    areOfOneTurn(first.body, second.body) &&
    first.body.sequence === second.body.sequence &&
    !equalBytes(first.id, second.id) &&
    isFirstKnown(act, { first, second }, { device, context }) &&
    isMessageSigned(first, act.firstSignature, networkTag) &&
    isMessageSigned(second, act.secondSignature, networkTag)
  if (!isFork) return refused('EVIDENCE_WRONG')
  return count(transaction, context, () => {
    const evidenceMask = device.evidenceMask | FORK_BIT
    const convicted = { ...device, evidenceMask }
    context.state.write(
      devices,
      first.body.deviceId,
      isStopped(device, first.body.deviceId, context)
        ? quarantined(convicted, transaction.id)
        : { ...convicted, rival: rivalOf(second, { device, context }) }
    )
  })
}

/** A message by a key whose turn was over: the device is suspect. */
export const keyMisuseRule: Rule<KeyMisuse> = (act, transaction, context) => {
  const { networkTag, timeMs, parameters } = context
  const last = readShownMessage(act.last, networkTag)
  const stray = readShownMessage(act.stray, networkTag)
  if (last === undefined || stray === undefined) return refused('EVIDENCE_WRONG')
  const device = accusedDevice(last, { bit: MISUSE_BIT, context })
  if ('outcome' in device) return device
  const isLastKnown =
    equalBytes(last.id, device.headMessageId) ||
    (act.inclusion !== null && isIncluded(last.id, act.inclusion, context))
  const isMisuse =
    areOfOneTurn(last.body, stray.body) &&
    isLastKnown &&
    endsTurn(last) &&
    stray.body.sequence > last.body.sequence &&
    isMessageSigned(stray, act.straySignature, networkTag)
  if (!isMisuse) return refused('EVIDENCE_WRONG')
  return count(transaction, context, () =>
    context.state.write(devices, last.body.deviceId, {
      ...device,
      evidenceMask: device.evidenceMask | MISUSE_BIT,
      suspectUntilMs: timeMs + parameters.suspectMs
    })
  )
}

/** The device that evidence is about, if it can still be held against it. */
function accusedDevice(
  { body }: Shown<DeviceMessage>,
  { bit, context }: { readonly bit: number; readonly context: RuleContext }
): DeviceRecord | Outcome {
  const device = readLivingDevice(context.state, body.deviceId, context.timeMs)
  if (typeof device === 'string') return refused(device)
  if (body.incarnation !== device.incarnation) return refused('INCARNATION_OLD')
  return (device.evidenceMask & bit) === 0 ? device : refused('EVIDENCE_COUNTED')
}

function areOfOneTurn(a: DeviceMessage, b: DeviceMessage): boolean {
  return (
    equalBytes(a.deviceId, b.deviceId) &&
    a.incarnation === b.incarnation &&
    equalBytes(a.signingKey, b.signingKey)
  )
}

/** Whether the ledger knows the first, by its heads or a proof; or knows neither, and it has the lesser id. */
function isFirstKnown(
  { inclusion }: DeviceFork,
  {
    first,
    second
  }: { readonly first: Shown<DeviceMessage>; readonly second: Shown<DeviceMessage> },
  { device, context }: { readonly device: DeviceRecord; readonly context: RuleContext }
): boolean {
  const { headMessageId, rival, sequence, signingKeyHash } = device
  if (equalBytes(first.id, headMessageId)) return true
  if (rival !== null && equalBytes(first.id, rival.headMessageId)) return true
  const isNext =
    first.body.sequence === sequence + 1 &&
    equalBytes(keyHash(first.body.signingKey), signingKeyHash) &&
    compareBytes(first.id, second.id) < 0
  return isNext || (inclusion !== null && isIncluded(first.id, inclusion, context))
}

/** By the profile: a fork stops a device, or both branches go on, marked. */
function isStopped(device: DeviceRecord, deviceId: Uint8Array, { state }: RuleContext): boolean {
  return profileOf(device, deviceId, state).onFork === 1
}

function quarantined(device: DeviceRecord, evidenceId: Uint8Array): DeviceRecord {
  const quarantine = { reason: QUARANTINE_REASONS.fork, untilMs: 0, evidenceId }
  return { ...device, status: DEVICE_STATUS.quarantined, quarantine }
}

function rivalOf(
  { body, id }: Shown<DeviceMessage>,
  { device, context }: { readonly device: DeviceRecord; readonly context: RuleContext }
): DeviceRecord['rival'] {
  const { state, timeMs, parameters } = context
  const { rateBurst } = profileOf(device, body.deviceId, state)
  return {
    headMessageId: id,
    sequence: body.sequence,
    signingKeyHash: body.nextSigningKeyHash,
    signingKeyUses: 0,
    telemetryBucket: fullBucket(rateBurst, timeMs),
    controlBucket: fullBucket(parameters.controlBurst, timeMs)
  }
}

function profileOf(
  device: DeviceRecord,
  deviceId: Uint8Array,
  state: RuleContext['state']
): ReturnType<typeof effectiveProfile> {
  const key = classVersionKey(device.classId, device.classVersion)
  const classVersion = state.read(classVersions, key)
  invariant(classVersion !== undefined, 'a device of the ledger has a class version')
  return effectiveProfile(state, deviceId, classVersion)
}

/** Has the carrier pay, and then lets the effect be written. */
export function count(transaction: Transaction, context: RuleContext, write: () => void): Outcome {
  const carrier = payIntroduction(transaction, context)
  if (carrier === undefined) return waits('QUOTA_EMPTY')
  context.state.write(members, context.carrierId, carrier)
  write()
  return applied
}

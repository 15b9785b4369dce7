/**
 * Evidence about owners' keys: two acts under one reveal, and rotation keys that are in other hands.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { compareBytes, equalBytes } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import type { OwnerAct } from '../../transactions/device-kinds.ts'
import type { KeyExposed } from '../../transactions/key-exposed.ts'
import type { OwnerFork } from '../../transactions/owner-fork.ts'
import { ownerKeyHashAt, ownershipAt, readLivingDevice } from '../devices/device-standing.ts'
import { isOwnerActSigned, readShownOwnerAct, type Shown } from '../devices/signed-message.ts'
import { refused } from '../outcome.ts'
import { DEVICE_STATUS, devices, QUARANTINE_REASONS } from '../records/device-record.ts'
import { type OwnershipRecord, ownerships } from '../records/ownership-record.ts'
import type { Rule } from '../rule.ts'
import { count } from './device-evidence-rules.ts'

/** Two acts under one reveal: nothing changes hands for a time; two re-keyings stop the device. */
export const ownerForkRule: Rule<OwnerFork> = (act, transaction, context) => {
  const { state, timeMs, networkTag, parameters } = context
  const first = readShownOwnerAct(act.first, networkTag)
  const second = readShownOwnerAct(act.second, networkTag)
  if (first === undefined || second === undefined) return refused('EVIDENCE_WRONG')
  const { deviceId } = first.body
  const device = readLivingDevice(state, deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  const before = state.read(ownerships, deviceId)
  invariant(before !== undefined, 'a device of the ledger has an owner')
  const ownership = ownershipAt(before, timeMs)
  const isFork =
    isOfOneReveal(first.body, second.body) &&
    !equalBytes(first.id, second.id) &&
    isFirstKnown(first, second, { ownership, timeMs }) &&
    isOwnerActSigned(first, act.firstSignature, networkTag) &&
    isOwnerActSigned(second, act.secondSignature, networkTag)
  if (!isFork) return refused('EVIDENCE_WRONG')
  if (ownership.ownerForkCounted === 1) return refused('EVIDENCE_COUNTED')
  return count(transaction, context, () => {
    state.write(ownerships, deviceId, {
      ...ownership,
      ownerForkCounted: 1,
      transferFrozenUntilMs: timeMs + parameters.transferFreezeMs,
      openOffer: null
    })
    if (!areRivalRekeyings(first.body, second.body)) return
    const { rotationFork: reason } = QUARANTINE_REASONS
    state.write(devices, deviceId, {
      ...device,
      status: DEVICE_STATUS.quarantined,
      quarantine: { reason, untilMs: 0, evidenceId: transaction.id }
    })
  })
}

/** A rotation key that is shown counts no more, as long as enough others are left. */
export const keyExposedRule: Rule<KeyExposed> = (act, transaction, context) => {
  const { state, timeMs } = context
  const device = readLivingDevice(state, act.deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  if (act.incarnation !== device.incarnation) return refused('INCARNATION_OLD')
  const ownership = state.read(ownerships, act.deviceId)
  invariant(ownership !== undefined, 'a device of the ledger has an owner')
  const { rotationKeyHashes, rotationThreshold, exposedMask } = ownership
  const hash = rotationKeyHashes[act.index]
  if (hash === undefined || !equalBytes(keyHash(act.key), hash)) return refused('EVIDENCE_WRONG')
  const bit = 1 << act.index
  if ((exposedMask & bit) !== 0) return refused('EVIDENCE_COUNTED')
  const nextMask = exposedMask | bit
  const left = rotationKeyHashes.filter((_, index) => (nextMask & (1 << index)) === 0).length
  return count(transaction, context, () => {
    // Fewer, and the owner itself could re-key no more: then it is only told.
    if (left >= rotationThreshold)
      state.write(ownerships, act.deviceId, { ...ownership, exposedMask: nextMask })
  })
}

function isOfOneReveal(a: OwnerAct, b: OwnerAct): boolean {
  return (
    equalBytes(a.deviceId, b.deviceId) &&
    a.ownerSequence === b.ownerSequence &&
    equalBytes(a.ownerKey, b.ownerKey)
  )
}

function isFirstKnown(
  first: Shown<OwnerAct>,
  second: Shown<OwnerAct>,
  { ownership, timeMs }: { readonly ownership: OwnershipRecord; readonly timeMs: number }
): boolean {
  if (equalBytes(first.id, ownership.ownerHeadId)) return true
  return (
    first.body.ownerSequence === ownership.ownerSequence + 1 &&
    equalBytes(keyHash(first.body.ownerKey), ownerKeyHashAt(ownership, timeMs)) &&
    compareBytes(first.id, second.id) < 0
  )
}

function areRivalRekeyings(a: OwnerAct, b: OwnerAct): boolean {
  return 'newIncarnation' in a && 'newIncarnation' in b && a.newIncarnation === b.newIncarnation
}

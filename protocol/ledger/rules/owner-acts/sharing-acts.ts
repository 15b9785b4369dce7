/**
 * grant, controllers-set, profile-set and guardians-set: whom an owner lets do what, and how strictly.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { equalBytes } from '../../../foundation/bytes.ts'
import { invariant } from '../../../foundation/invariant.ts'
import type { ControllersSet } from '../../../transactions/controllers-set.ts'
import type { Grant } from '../../../transactions/grant.ts'
import type { GuardiansSet } from '../../../transactions/guardians-set.ts'
import { tightenProfile } from '../../../transactions/profile.ts'
import type { ProfileSet } from '../../../transactions/profile-set.ts'
import { fullBucket } from '../../bucket.ts'
import { effectiveProfile } from '../../devices/device-standing.ts'
import { areGuardiansValid } from '../../devices/guardian-terms.ts'
import { isAscending } from '../../devices/rotation-keys.ts'
import { classHeads, classVersionKey, classVersions } from '../../records/class-record.ts'
import { type Controller, controllers } from '../../records/controller-record.ts'
import { readers } from '../../records/reader-record.ts'
import type { OwnerActJudge } from './owner-act.ts'

/** A new data key: for the device, and for these readers from now on. */
export const judgeGrant: OwnerActJudge<Grant> = (act, { device, context }) => {
  const { state, height } = context
  const versionKey = classVersionKey(device.classId, device.classVersion)
  const classVersion = state.read(classVersions, versionKey)
  invariant(classVersion !== undefined, 'a device of the ledger has a class version')
  if (classVersion.canSeal === 0) return 'SEALING_UNAVAILABLE'
  if (act.dataKeyEpoch !== device.dataKeyEpoch + 1) return 'DATA_KEY_EPOCH_WRONG'
  const { readersMax } = effectiveProfile(state, act.deviceId, classVersion)
  const areReadersValid =
    act.readers.length <= readersMax && isAscending(act.readers.map(({ readerId }) => readerId))
  if (!areReadersValid) return 'READERS_WRONG'
  const { dataKeyEpoch, keyCommitment, deviceWrap } = act
  return {
    device: { ...device, dataKeyEpoch, keyCommitment, dataKeyRaisedAtHeight: height },
    write: (writer) =>
      writer.write(readers, act.deviceId, { dataKeyEpoch, deviceWrap, readers: act.readers })
  }
}

/** Others may command; whoever stays keeps its place and its budget. */
export const judgeControllersSet: OwnerActJudge<ControllersSet> = (act, { context }) => {
  const { state, parameters, timeMs } = context
  if (!isAscending(act.controllers.map(({ controllerKey }) => controllerKey)))
    return 'CONTROLLERS_WRONG'
  const before = state.read(controllers, act.deviceId) ?? []
  const next = act.controllers.map(({ controllerKey, notAfterMs }): Controller => {
    const known = before.find((one) => equalBytes(one.controllerKey, controllerKey))
    const start = { commandSequence: 0, bucket: fullBucket(parameters.controllerBurst, timeMs) }
    return { ...(known ?? start), controllerKey, notAfterMs }
  })
  return { write: (writer) => writer.write(controllers, act.deviceId, next) }
}

/** A newer version of the class, a stricter treatment, another updater. */
export const judgeProfileSet: OwnerActJudge<ProfileSet> = (act, { device, ownership, context }) => {
  const { state } = context
  const { classVersion: version, updateVendorId, overlay } = act
  const classVersion = state.read(classVersions, classVersionKey(device.classId, version))
  if (classVersion === undefined || version < device.classVersion) return 'CLASS_VERSION_WRONG'
  const head = state.read(classHeads, device.classId)
  invariant(head !== undefined, 'a device of the ledger has a class')
  const isAuthority =
    updateVendorId === null || head.authorities.some((id) => equalBytes(id, updateVendorId))
  if (!isAuthority) return 'AUTHORITY_UNKNOWN'
  if (overlay !== null && tightenProfile(classVersion.profile, overlay) === undefined)
    return 'PROFILE_EMPTY'
  return {
    device: { ...device, classVersion: version },
    ownership: { ...ownership, overlay, updateVendorId }
  }
}

/** The first guardians at once; others only after the delay of those there are. */
export const judgeGuardiansSet: OwnerActJudge<GuardiansSet> = (act, { ownership, context }) => {
  const { guardians } = act
  if (!areGuardiansValid(guardians, context.parameters)) return 'GUARDIANS_WRONG'
  const { guardians: present } = ownership
  if (present === null) return { ownership: { ...ownership, guardians } }
  const readyAtMs = context.timeMs + present.delayMs
  return { ownership: { ...ownership, pendingGuardians: { guardians, readyAtMs } } }
}

/**
 * How a device stands at a moment: whether it may speak, and how strictly it is judged.
 *
 * What has ended by time is treated as not there, wherever it is read.
 *
 * @see SPEC.md §6.5 Standing of a device
 * @module
 */

import type { Profile } from '../../transactions/profile.ts'
import { tightenProfile } from '../../transactions/profile.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { BIRTH_BATCH_STATUS, birthBatches } from '../records/birth-batch-record.ts'
import type { ClassVersion } from '../records/class-record.ts'
import { DEVICE_STATUS, type DeviceRecord, devices } from '../records/device-record.ts'
import { type OwnershipRecord, ownerships } from '../records/ownership-record.ts'

/**
 * A device that has not ended, as it stands at a moment.
 *
 * @returns the record, or the code by which everything about the device is refused
 */
export function readLivingDevice(
  state: LedgerReader,
  deviceId: Uint8Array,
  timeMs: number
): DeviceRecord | 'DEVICE_UNKNOWN' | 'DEVICE_ENDED' {
  const device = state.read(devices, deviceId)
  if (device === undefined) return 'DEVICE_UNKNOWN'
  const birthBatch = state.read(birthBatches, device.birthBatchId)
  const isRevoked = birthBatch?.status === BIRTH_BATCH_STATUS.revoked
  const isEnded = isRevoked || device.status === DEVICE_STATUS.retired
  return isEnded ? 'DEVICE_ENDED' : standingAt(device, timeMs)
}

/** The record without a quarantine whose time is up. */
function standingAt(device: DeviceRecord, timeMs: number): DeviceRecord {
  const { quarantine, status } = device
  if (status !== DEVICE_STATUS.quarantined || quarantine === null) return device
  const isOver = quarantine.untilMs !== 0 && quarantine.untilMs <= timeMs
  return isOver ? { ...device, status: DEVICE_STATUS.active, quarantine: null } : device
}

/** Whether offers, commands and the owner's own orders are possible: active, and not lost. */
export function isActive({ status, lost }: DeviceRecord): boolean {
  return status === DEVICE_STATUS.active && lost === 0
}

/** Whether a device may speak at all, be it only to show that it is clean. */
export function canSpeak({ status, lost }: DeviceRecord): boolean {
  return (status === DEVICE_STATUS.active || status === DEVICE_STATUS.remediating) && lost === 0
}

/** An ownership without an offer that is over, and with the guardians whose time has come. */
export function ownershipAt(ownership: OwnershipRecord, timeMs: number): OwnershipRecord {
  const { openOffer, pendingGuardians } = ownership
  const isOfferOver = openOffer !== null && openOffer.notAfterMs <= timeMs
  const areGuardiansDue = pendingGuardians !== null && pendingGuardians.readyAtMs <= timeMs
  if (!isOfferOver && !areGuardiansDue) return ownership
  return {
    ...ownership,
    openOffer: isOfferOver ? null : openOffer,
    guardians: areGuardiansDue ? pendingGuardians.guardians : ownership.guardians,
    pendingGuardians: areGuardiansDue ? null : pendingGuardians
  }
}

/** The hash of the key that the owner's next act must show: of the new one, once it is due. */
export function ownerKeyHashAt(
  { ownerKeyHash, pendingOwner }: OwnershipRecord,
  timeMs: number
): Uint8Array {
  const isDue = pendingOwner !== null && pendingOwner.readyAtMs <= timeMs
  return isDue ? pendingOwner.ownerKeyHash : ownerKeyHash
}

/** The profile in force for a device: the class version's, tightened by its owner. */
export function effectiveProfile(
  state: LedgerReader,
  deviceId: Uint8Array,
  classVersion: ClassVersion
): Profile {
  const overlay = state.read(ownerships, deviceId)?.overlay ?? null
  if (overlay === null) return classVersion.profile
  // An overlay that leaves nothing is refused when it is set, so a meet exists.
  return tightenProfile(classVersion.profile, overlay) ?? classVersion.profile
}

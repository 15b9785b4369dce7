/**
 * transfer-accept: a device changes hands by its seller's one open offer, its buyer, and its own presence.
 *
 * @see SPEC.md §5.9 Acts of others
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { equalBytes } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import { isSignedBy } from '../../transactions/transaction.ts'
import type { TransferAccept } from '../../transactions/transfer-accept.ts'
import { isActive, ownershipAt, readLivingDevice } from '../devices/device-standing.ts'
import { areGuardiansValid } from '../devices/guardian-terms.ts'
import { beginIncarnation } from '../devices/new-incarnation.ts'
import { isRotationListValid } from '../devices/rotation-keys.ts'
import { applied, type Outcome, refused, waits } from '../outcome.ts'
import { controllers } from '../records/controller-record.ts'
import { type DeviceRecord, devices } from '../records/device-record.ts'
import { members } from '../records/member-record.ts'
import { type OwnershipRecord, ownerships } from '../records/ownership-record.ts'
import { NO_READERS, readers } from '../records/reader-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { payIntroduction } from './member-account.ts'

/** Judges offer, buyer and presence, then begins a new incarnation under a new owner. */
export const transferAcceptRule: Rule<TransferAccept> = (act, transaction, context) => {
  const { state, timeMs, height, networkTag } = context
  const { deviceId } = act
  const device = readLivingDevice(state, deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  const before = state.read(ownerships, deviceId)
  invariant(before !== undefined, 'a device of the ledger has an owner')
  const ownership = ownershipAt(before, timeMs)
  const fault = judgeTerms(act, { device, ownership, context })
  if (fault !== undefined) return fault
  const presence = { index: 1, role: 'presence', key: ownership.attestationKey } as const
  if (!isSignedBy(transaction, networkTag, presence)) return refused('SIGNATURE_INVALID')
  const carrier = payIntroduction(transaction, context)
  if (carrier === undefined) return waits('QUOTA_EMPTY')
  const { signingKeyHash } = act
  const beginning = { actId: transaction.id, height, signingKeyHash }
  state.write(members, context.carrierId, carrier)
  state.write(devices, deviceId, beginIncarnation(device, beginning))
  state.write(ownerships, deviceId, handOver(act, ownership, transaction.id))
  if (state.read(readers, deviceId) !== undefined) state.write(readers, deviceId, NO_READERS)
  if (state.read(controllers, deviceId) !== undefined) state.write(controllers, deviceId, [])
  return applied
}

function judgeTerms(
  act: TransferAccept,
  {
    device,
    ownership,
    context
  }: {
    readonly device: DeviceRecord
    readonly ownership: OwnershipRecord
    readonly context: RuleContext
  }
): Outcome | undefined {
  const { openOffer, guardians } = ownership
  const { timeMs, parameters } = context
  const isOffered =
    openOffer !== null &&
    equalBytes(openOffer.offerId, act.offerId) &&
    equalBytes(openOffer.buyerKeyHash, keyHash(act.buyerKey))
  if (!isOffered) return refused('OFFER_NONE')
  const areKeysValid =
    isRotationListValid(act.rotationKeyHashes, act.rotationThreshold) &&
    act.rotationKeyHashes.some((hash) => equalBytes(hash, act.deviceRotationKeyHash))
  if (!areKeysValid) return refused('ROTATION_KEYS_WRONG')
  if (!areGuardiansValid(act.guardians, parameters)) return refused('GUARDIANS_WRONG')
  if (!isActive(device)) return waits('DEVICE_STOPPED')
  if (timeMs < ownership.transferFrozenUntilMs) return waits('TRANSFER_FROZEN')
  const isEarly = guardians !== null && timeMs < openOffer.openedAtMs + guardians.delayMs
  return isEarly ? waits('TRANSFER_TOO_EARLY') : undefined
}

/** Nothing of the seller's stays: keys, guardians, wishes and pending acts are the buyer's. */
function handOver(
  act: TransferAccept,
  ownership: OwnershipRecord,
  actId: Uint8Array
): OwnershipRecord {
  return {
    ...ownership,
    ownerSequence: ownership.ownerSequence + 1,
    ownerKeyHash: act.ownerKeyHash,
    ownerHeadId: actId,
    rotationKeyHashes: act.rotationKeyHashes,
    rotationThreshold: act.rotationThreshold,
    exposedMask: 0,
    deviceRotationKeyHash: act.deviceRotationKeyHash,
    encryptionKey: act.encryptionKey,
    guardians: act.guardians,
    pendingGuardians: null,
    pendingOwner: null,
    openOffer: null,
    overlay: null,
    updateVendorId: null,
    ownerForkCounted: 0
  }
}

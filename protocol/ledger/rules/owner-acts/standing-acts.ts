/**
 * Offers, losses, orders: what an owner says about where a device stands.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import type { AlertAck } from '../../../transactions/alert-ack.ts'
import type {
  Found,
  Lost,
  RecoveryCancel,
  TransferCancel
} from '../../../transactions/plain-owner-act.ts'
import type { OwnerQuarantine } from '../../../transactions/quarantine.ts'
import type { Remediate } from '../../../transactions/remediate.ts'
import type { Retire } from '../../../transactions/retire.ts'
import type { TransferOffer } from '../../../transactions/transfer-offer.ts'
import { isActive } from '../../devices/device-standing.ts'
import { areRevealed } from '../../devices/rotation-keys.ts'
import { alerts } from '../../records/alert-record.ts'
import { DEVICE_STATUS, QUARANTINE_REASONS } from '../../records/device-record.ts'
import type { OwnerActJudge } from './owner-act.ts'

/** How long a dismissed suspicion counts no more. */
const DISMISSED_MS = 86_400_000

/** One open offer at a time, and only of a device that is in order. */
export const judgeTransferOffer: OwnerActJudge<TransferOffer> = (act, scene) => {
  const { device, ownership, transaction, context } = scene
  const { timeMs, parameters } = context
  if (!isActive(device)) return 'DEVICE_STOPPED'
  if (ownership.openOffer !== null) return 'OFFER_OPEN'
  if (timeMs < ownership.transferFrozenUntilMs) return 'TRANSFER_FROZEN'
  const isTimely = timeMs < act.notAfterMs && act.notAfterMs <= timeMs + parameters.offerMs
  if (!isTimely) return 'OFFER_TIME_WRONG'
  const { buyerKeyHash, notAfterMs } = act
  const openOffer = { offerId: transaction.id, buyerKeyHash, openedAtMs: timeMs, notAfterMs }
  return { ownership: { ...ownership, openOffer } }
}

/** The offer is withdrawn. */
export const judgeTransferCancel: OwnerActJudge<TransferCancel> = (_act, { ownership }) =>
  ownership.openOffer === null ? 'OFFER_NONE' : { ownership: { ...ownership, openOffer: null } }

/** The device is not heard any more, and nobody buys it. */
export const judgeLost: OwnerActJudge<Lost> = (_act, { device, ownership }) =>
  device.lost === 1
    ? 'DEVICE_LOST'
    : { device: { ...device, lost: 1 }, ownership: { ...ownership, openOffer: null } }

/** The device is heard again. */
export const judgeFound: OwnerActJudge<Found> = (_act, { device }) =>
  device.lost === 0 ? 'DEVICE_NOT_LOST' : { device: { ...device, lost: 0 } }

/** An owner's own stop, and the end of one: also of a stop for a suspicion, never of one by proof. */
export const judgeQuarantine: OwnerActJudge<OwnerQuarantine> = (act, { device, transaction }) => {
  if (act.untilMs !== 0) {
    if (!isActive(device)) return 'DEVICE_STOPPED'
    const { untilMs } = act
    const quarantine = {
      reason: QUARANTINE_REASONS.owner,
      untilMs,
      evidenceId: transaction.id
    }
    return { device: { ...device, status: DEVICE_STATUS.quarantined, quarantine } }
  }
  const reason = device.quarantine?.reason
  const isLiftable = reason === QUARANTINE_REASONS.owner || reason === QUARANTINE_REASONS.heuristic
  if (!isLiftable) return 'QUARANTINE_NOT_LIFTABLE'
  return { device: { ...device, status: DEVICE_STATUS.active, quarantine: null } }
}

/** The end of a device, by more than the wallet. */
export const judgeRetire: OwnerActJudge<Retire> = (act, { device, ownership }) =>
  areRevealed(ownership, act.revealed)
    ? { device: { ...device, status: DEVICE_STATUS.retired } }
    : 'ROTATION_KEYS_WRONG'

/** A suspicion is wrong, and counts no more for a day; or right, which changes nothing by itself. */
export const judgeAlertAck: OwnerActJudge<AlertAck> = (act, { device, context }) => {
  const { state, timeMs } = context
  const { rule } = act
  const record = state.read(alerts, act.deviceId)
  if (record?.entries.some((entry) => entry.rule === rule) !== true) return 'ALERT_NONE'
  if (act.verdict === 1) return {}
  const isHeld =
    device.quarantine?.reason === QUARANTINE_REASONS.heuristic && record.quarantineRule === rule
  const dismissals = [
    ...record.dismissals.filter((one) => one.rule !== rule && one.untilMs > timeMs),
    { rule, untilMs: timeMs + DISMISSED_MS }
  ].sort((a, b) => a.rule - b.rule)
  return {
    device: {
      ...device,
      suspectUntilMs: 0,
      ...(isHeld ? { status: DEVICE_STATUS.active, quarantine: null } : {})
    },
    write: (writer) =>
      writer.write(alerts, act.deviceId, {
        entries: record.entries.filter((entry) => entry.rule !== rule),
        dismissals,
        quarantineRule: isHeld ? 0 : record.quarantineRule
      })
  }
}

/** The owner is there: guardians who were not all of one mind do not replace its key. */
export const judgeRecoveryCancel: OwnerActJudge<RecoveryCancel> = (_act, { ownership }) => {
  const { pendingOwner } = ownership
  // One that is due was installed by the reveal.
  if (pendingOwner === null || pendingOwner.unanimous === 1) return 'RECOVERY_NONE'
  return { ownership: { ...ownership, pendingOwner: null } }
}

/** The device is to show that it is clean; its data key ends. */
export const judgeRemediate: OwnerActJudge<Remediate> = (act, scene) => {
  const { device, transaction, context } = scene
  if (!isActive(device)) return 'DEVICE_STOPPED'
  const { releaseId, deadlineMs } = act
  // No release is on the ledger yet: what is ordered can only be that the device reports.
  if (releaseId !== null) return 'RELEASE_UNKNOWN'
  const { height } = context
  const remediation = {
    orderId: transaction.id,
    orderHeight: height,
    releaseId,
    deadlineMs,
    attested: 0
  }
  return {
    device: {
      ...device,
      status: DEVICE_STATUS.remediating,
      remediation,
      dataKeyEpoch: device.dataKeyEpoch + 1,
      dataKeyRaisedAtHeight: height,
      keyCommitment: null
    }
  }
}

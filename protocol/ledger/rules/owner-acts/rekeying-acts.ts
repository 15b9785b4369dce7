/**
 * rotate and recover: new keys for a device, and which of two branches was its own.
 *
 * @see SPEC.md §5.8 Re-keying
 * @module
 */

import { equalBytes } from '../../../foundation/bytes.ts'
import { BRANCHES, RECOVERY_REASONS, type Recover } from '../../../transactions/recover.ts'
import type { Rekeying } from '../../../transactions/rekeying.ts'
import type { Rotate } from '../../../transactions/rotate.ts'
import { isActive } from '../../devices/device-standing.ts'
import { beginIncarnation, judgeRekeying, rekeyOwnership } from '../../devices/new-incarnation.ts'
import {
  DEVICE_STATUS,
  type DeviceRecord,
  QUARANTINE_REASONS
} from '../../records/device-record.ts'
import { disputeKey, disputes } from '../../records/dispute-record.ts'
import type { OwnerActJudge, OwnerEffect, OwnerScene } from './owner-act.ts'

const NO_EVIDENCE = new Uint8Array(32)
/** How long a device with malware may take to show that it is clean. */
const REMEDIATION_MS = 2_592_000_000

/** New keys for a device that is in order, or that has shown that it is clean. */
export const judgeRotate: OwnerActJudge<Rotate> = (act, scene) => {
  const { device } = scene
  const fault = judgeRekeying(act, scene)
  if (fault !== undefined) return fault
  const isClean =
    device.status === DEVICE_STATUS.remediating &&
    device.remediation?.attested === 1 &&
    device.lost === 0
  return isActive(device) || isClean ? rekey(act, scene) : 'DEVICE_STOPPED'
}

/** New keys after a theft, whatever stopped the device; what the thief said stays on record as disputed. */
export const judgeRecover: OwnerActJudge<Recover> = (act, scene) => {
  const { device, transaction, context } = scene
  const fault = judgeRekeying(act, scene) ?? judgeBranches(act, device)
  if (fault !== undefined) return fault
  const { device: renewed, ownership } = rekey(act, scene)
  const isInfected = act.reason === RECOVERY_REASONS.malware
  const remediation = {
    orderId: transaction.id,
    orderHeight: context.height,
    releaseId: null,
    deadlineMs: context.timeMs + REMEDIATION_MS,
    attested: 0
  }
  const next = isInfected ? { ...renewed, status: DEVICE_STATUS.remediating, remediation } : renewed
  const { disputedFromSequence: fromSequence } = act
  if (fromSequence === 0) return { device: next, ownership }
  const branch = act.goodBranch === BRANCHES.ledger ? BRANCHES.rival : BRANCHES.ledger
  const key = disputeKey(act.deviceId, device.incarnation)
  const dispute = { branch, fromSequence, atHeight: context.height }
  return { device: next, ownership, write: (writer) => writer.write(disputes, key, dispute) }
}

function rekey(
  part: Rekeying,
  { device, ownership, transaction, context }: OwnerScene
): Required<Pick<OwnerEffect, 'device' | 'ownership'>> {
  const beginning = {
    actId: transaction.id,
    height: context.height,
    signingKeyHash: part.newSigningKeyHash
  }
  return { device: beginIncarnation(device, beginning), ownership: rekeyOwnership(ownership, part) }
}

function judgeBranches(
  { evidenceId, goodBranch, disputedFromSequence }: Recover,
  { quarantine, rival, sequence }: DeviceRecord
): 'EVIDENCE_UNKNOWN' | 'BRANCH_UNKNOWN' | 'DISPUTE_WRONG' | undefined {
  const isNamed =
    equalBytes(evidenceId, NO_EVIDENCE) ||
    (quarantine !== null && equalBytes(evidenceId, quarantine.evidenceId))
  if (!isNamed) return 'EVIDENCE_UNKNOWN'
  const isForked = rival !== null || quarantine?.reason === QUARANTINE_REASONS.fork
  if (goodBranch === BRANCHES.rival && !isForked) return 'BRANCH_UNKNOWN'
  const disputedMax = goodBranch === BRANCHES.rival ? sequence : (rival?.sequence ?? 0)
  return disputedFromSequence <= disputedMax ? undefined : 'DISPUTE_WRONG'
}

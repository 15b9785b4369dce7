/**
 * guardian-act: guardians cancel, mark a device lost, or replace a lost owner key after a delay.
 *
 * @see SPEC.md §5.9 Acts of others
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { isInList } from '../../crypto/merkle.ts'
import { invariant } from '../../foundation/invariant.ts'
import { GUARDIAN_ACTS, type GuardianAct } from '../../transactions/guardian-act.ts'
import type { Guardians } from '../../transactions/guardians.ts'
import { isSignedBy, type Transaction } from '../../transactions/transaction.ts'
import { ownershipAt, readLivingDevice } from '../devices/device-standing.ts'
import { applied, type Outcome, refused, waits } from '../outcome.ts'
import { type DeviceRecord, devices } from '../records/device-record.ts'
import { members } from '../records/member-record.ts'
import { type OwnershipRecord, ownerships } from '../records/ownership-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { payIntroduction } from './member-account.ts'

/** Judges who the guardians are and how many, then does what they ask. */
export const guardianActRule: Rule<GuardianAct> = (act, transaction, context) => {
  const { state, timeMs } = context
  const device = readLivingDevice(state, act.deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  const before = state.read(ownerships, act.deviceId)
  invariant(before !== undefined, 'a device of the ledger has an owner')
  const ownership = ownershipAt(before, timeMs)
  const fault = judge(act, transaction, { device, ownership, context })
  if (fault !== undefined) return fault
  const carrier = payIntroduction(transaction, context)
  if (carrier === undefined) return waits('QUOTA_EMPTY')
  state.write(members, context.carrierId, carrier)
  state.write(ownerships, act.deviceId, {
    ...ownership,
    ...effectOf(act, ownership, timeMs),
    guardianSequence: act.guardianSequence
  })
  if (act.act === GUARDIAN_ACTS.lost) state.write(devices, act.deviceId, { ...device, lost: 1 })
  return applied
}

interface Scene {
  readonly device: DeviceRecord
  readonly ownership: OwnershipRecord
  readonly context: RuleContext
}

function judge(
  act: GuardianAct,
  transaction: Transaction,
  { device, ownership, context }: Scene
): Outcome | undefined {
  const { guardians, guardianSequence } = ownership
  if (guardians === null) return refused('GUARDIANS_NONE')
  if (act.guardianSequence !== guardianSequence + 1) return refused('GUARDIAN_SEQUENCE_USED')
  if (!areGuardians(act, guardians)) return refused('GUARDIAN_UNKNOWN')
  const needed = act.act === GUARDIAN_ACTS.cancel ? 1 : guardians.threshold
  if (act.guardians.length < needed) return refused('GUARDIANS_TOO_FEW')
  const { openOffer, pendingGuardians } = ownership
  const isNothing =
    (act.act === GUARDIAN_ACTS.cancel && openOffer === null && pendingGuardians === null) ||
    (act.act === GUARDIAN_ACTS.lost && device.lost === 1)
  if (isNothing) return refused('GUARDIAN_ACT_NONE')
  if (act.act !== GUARDIAN_ACTS.replaceOwner) return undefined
  const presence = { role: 'presence', key: ownership.attestationKey } as const
  const isPresent = isSignedBy(transaction, context.networkTag, {
    index: act.guardians.length,
    ...presence
  })
  return isPresent ? undefined : refused('SIGNATURE_INVALID')
}

function areGuardians(act: GuardianAct, { root, count }: Guardians): boolean {
  return act.guardians.every(
    ({ index, key, path }) => index < count && isInList(keyHash(key), { index, count, path }, root)
  )
}

function effectOf(
  act: GuardianAct,
  { guardians, pendingGuardians }: OwnershipRecord,
  timeMs: number
): Partial<OwnershipRecord> {
  if (act.act === GUARDIAN_ACTS.cancel) return { openOffer: null, pendingGuardians: null }
  if (act.act === GUARDIAN_ACTS.lost) return { openOffer: null, pendingGuardians }
  invariant(act.argument !== null && guardians !== null, 'the act was judged')
  const unanimous = act.guardians.length === guardians.count ? 1 : 0
  const readyAtMs = timeMs + guardians.delayMs
  return { openOffer: null, pendingOwner: { ownerKeyHash: act.argument, readyAtMs, unanimous } }
}

/**
 * Owner acts: the reveal of a one-time key always counts, and only the act behind it can be void.
 *
 * So an owner never has to sign a second thing under a key that was shown.
 *
 * @see SPEC.md §5.6 Owner acts
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { equalBytes } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import type { OwnerAct } from '../../transactions/device-kinds.ts'
import type { OwnerPrefix } from '../../transactions/owner-act.ts'
import { type Transaction, transactionCost } from '../../transactions/transaction.ts'
import { payBucket } from '../bucket.ts'
import { ownerKeyHashAt, ownershipAt, readLivingDevice } from '../devices/device-standing.ts'
import { applied, duplicate, type Outcome, refused, voided, waits } from '../outcome.ts'
import { devices } from '../records/device-record.ts'
import { type OwnershipRecord, ownerships } from '../records/ownership-record.ts'
import type { Rule, RuleContext } from '../rule.ts'
import type { OwnerActJudge } from './owner-acts/owner-act.ts'
import { judgeRecover, judgeRotate } from './owner-acts/rekeying-acts.ts'
import {
  judgeControllersSet,
  judgeGrant,
  judgeGuardiansSet,
  judgeProfileSet
} from './owner-acts/sharing-acts.ts'
import {
  judgeAlertAck,
  judgeFound,
  judgeLost,
  judgeQuarantine,
  judgeRecoveryCancel,
  judgeRemediate,
  judgeRetire,
  judgeTransferCancel,
  judgeTransferOffer
} from './owner-acts/standing-acts.ts'

/** One judge for each kind of act. */
const JUDGES: {
  readonly [Kind in OwnerAct['kind']]: OwnerActJudge<Extract<OwnerAct, { kind: Kind }>>
} = {
  grant: judgeGrant,
  'controllers-set': judgeControllersSet,
  'profile-set': judgeProfileSet,
  'guardians-set': judgeGuardiansSet,
  'transfer-offer': judgeTransferOffer,
  'transfer-cancel': judgeTransferCancel,
  lost: judgeLost,
  found: judgeFound,
  quarantine: judgeQuarantine,
  rotate: judgeRotate,
  recover: judgeRecover,
  retire: judgeRetire,
  'alert-ack': judgeAlertAck,
  'recovery-cancel': judgeRecoveryCancel,
  remediate: judgeRemediate,
  // No release is on the ledger yet that anybody could agree to.
  'firmware-consent': () => 'RELEASE_UNKNOWN'
}

/** Judges the prefix, counts the reveal, then judges the act. */
export const ownerActRule: Rule<OwnerAct> = (act, transaction, context) => {
  const { state, timeMs } = context
  const device = readLivingDevice(state, act.deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  const before = state.read(ownerships, act.deviceId)
  invariant(before !== undefined, 'a device of the ledger has an owner')
  const fault = judgePrefix(act, transaction, { ownership: before, timeMs })
  if (fault !== undefined) return fault
  const ownership = countReveal(act, transaction, { ownership: before, context })
  if (ownership === undefined) return waits('QUOTA_EMPTY')
  const judge = JUDGES[act.kind] as OwnerActJudge<OwnerAct>
  const effect = judge(act, { device, ownership, transaction, context })
  if (typeof effect === 'string') {
    state.write(ownerships, act.deviceId, ownership)
    return voided(effect)
  }
  state.write(ownerships, act.deviceId, effect.ownership ?? ownership)
  if (effect.device !== undefined) state.write(devices, act.deviceId, effect.device)
  effect.write?.(state)
  return applied
}

/** Rules W2 to W4. */
function judgePrefix(
  act: OwnerPrefix,
  transaction: Transaction,
  { ownership, timeMs }: { readonly ownership: OwnershipRecord; readonly timeMs: number }
): Outcome | undefined {
  if (act.ownerSequence !== ownership.ownerSequence + 1) {
    if (equalBytes(transaction.id, ownership.ownerHeadId)) return duplicate
    return act.ownerSequence <= ownership.ownerSequence
      ? refused('OWNER_SEQUENCE_USED')
      : waits('OWNER_SEQUENCE_AHEAD')
  }
  const shown = keyHash(act.ownerKey)
  if (!equalBytes(shown, ownerKeyHashAt(ownership, timeMs))) return refused('OWNER_KEY_WRONG')
  return equalBytes(act.nextOwnerKeyHash, shown) ? refused('OWNER_KEY_REUSED') : undefined
}

/** Rule W5, and what the reveal changes; undefined when the owner's budget is used up. */
function countReveal(
  act: OwnerPrefix,
  transaction: Transaction,
  { ownership, context }: { readonly ownership: OwnershipRecord; readonly context: RuleContext }
): OwnershipRecord | undefined {
  const { parameters, timeMs } = context
  const limits = { burst: parameters.ownerBurst, ratePerHour: parameters.ownerPerHour }
  const bill = { cost: transactionCost(transaction), timeMs }
  const ownerBucket = payBucket(ownership.ownerBucket, limits, bill)
  if (ownerBucket === undefined) return undefined
  const { pendingOwner } = ownership
  const isReplaced = pendingOwner !== null && pendingOwner.readyAtMs <= timeMs
  return {
    ...ownershipAt(ownership, timeMs),
    ownerSequence: act.ownerSequence,
    ownerKeyHash: act.nextOwnerKeyHash,
    ownerHeadId: transaction.id,
    ownerForkCounted: 0,
    ownerBucket,
    pendingOwner: isReplaced ? null : pendingOwner
  }
}

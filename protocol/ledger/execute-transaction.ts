/**
 * Execution of one transaction: picks the rule of its kind.
 *
 * @see SPEC.md §6.2 Execution
 * @module
 */

import type { Body, KindName } from '../transactions/kinds.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { Outcome } from './outcome.ts'
import type { Rule, RuleContext } from './rule.ts'
import { alertRule } from './rules/alert-rule.ts'
import { claimRule } from './rules/claim-rule.ts'
import { commandRule } from './rules/command-rule.ts'
import { deviceForkRule, keyMisuseRule } from './rules/device-evidence-rules.ts'
import { deviceMessageRule } from './rules/device-message-rule.ts'
import { guardianActRule } from './rules/guardian-act-rule.ts'
import { memberApplyRule } from './rules/member-apply-rule.ts'
import { memberEvidenceRule } from './rules/member-evidence-rule.ts'
import { memberLeaveRule, memberReadyRule, memberRenewRule } from './rules/member-rules.ts'
import { ballotRule, motionOpenRule, motionWithdrawRule } from './rules/motion-rules.ts'
import { ownerActRule } from './rules/owner-act-rule.ts'
import { keyExposedRule, ownerForkRule } from './rules/owner-evidence-rules.ts'
import { transferAcceptRule } from './rules/transfer-accept-rule.ts'
import {
  birthBatchRule,
  birthRevokeRule,
  classDefineRule,
  vendorSetRule
} from './rules/vendor-rules.ts'

/** One rule per kind. Forget one and this file no longer compiles. */
const RULES: { readonly [Kind in KindName]: Rule<Extract<Body, { kind: Kind }>> } = {
  'device-message': deviceMessageRule,
  grant: ownerActRule,
  'controllers-set': ownerActRule,
  'profile-set': ownerActRule,
  'guardians-set': ownerActRule,
  'transfer-offer': ownerActRule,
  'transfer-cancel': ownerActRule,
  lost: ownerActRule,
  found: ownerActRule,
  quarantine: ownerActRule,
  rotate: ownerActRule,
  recover: ownerActRule,
  retire: ownerActRule,
  'alert-ack': ownerActRule,
  'recovery-cancel': ownerActRule,
  remediate: ownerActRule,
  'firmware-consent': ownerActRule,
  claim: claimRule,
  'transfer-accept': transferAcceptRule,
  'guardian-act': guardianActRule,
  command: commandRule,
  'device-fork': deviceForkRule,
  'key-misuse': keyMisuseRule,
  'owner-fork': ownerForkRule,
  'key-exposed': keyExposedRule,
  'vendor-set': vendorSetRule,
  'class-define': classDefineRule,
  'birth-batch': birthBatchRule,
  'birth-revoke': birthRevokeRule,
  'member-apply': memberApplyRule,
  'member-ready': memberReadyRule,
  'member-renew': memberRenewRule,
  'member-leave': memberLeaveRule,
  'motion-open': motionOpenRule,
  ballot: ballotRule,
  'motion-withdraw': motionWithdrawRule,
  alert: alertRule,
  'member-evidence': memberEvidenceRule
}

/**
 * Executes one transaction on the state of a block. Total: there is always an outcome.
 *
 * @param transaction - decoded, its own signatures checked
 */
export function executeTransaction(transaction: Transaction, context: RuleContext): Outcome {
  const rule = RULES[transaction.body.kind] as Rule<Body>
  return rule(transaction.body, transaction, context)
}

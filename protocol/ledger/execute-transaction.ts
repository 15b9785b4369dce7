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
import { claimRule } from './rules/claim-rule.ts'
import { deviceMessageRule } from './rules/device-message-rule.ts'
import { memberApplyRule } from './rules/member-apply-rule.ts'
import { memberEvidenceRule } from './rules/member-evidence-rule.ts'
import { memberLeaveRule, memberReadyRule, memberRenewRule } from './rules/member-rules.ts'
import { ballotRule, motionOpenRule, motionWithdrawRule } from './rules/motion-rules.ts'
import { birthBatchRule, classDefineRule, vendorSetRule } from './rules/vendor-rules.ts'

/** One rule per kind. Forget one and this file no longer compiles. */
const RULES: { readonly [Kind in KindName]: Rule<Extract<Body, { kind: Kind }>> } = {
  'device-message': deviceMessageRule,
  claim: claimRule,
  'vendor-set': vendorSetRule,
  'class-define': classDefineRule,
  'birth-batch': birthBatchRule,
  'member-apply': memberApplyRule,
  'member-ready': memberReadyRule,
  'member-renew': memberRenewRule,
  'member-leave': memberLeaveRule,
  'motion-open': motionOpenRule,
  ballot: ballotRule,
  'motion-withdraw': motionWithdrawRule,
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

/**
 * Rules: what one kind of transaction does to the state.
 *
 * A rule reads, decides, and only then writes: whatever it answers, it never
 * leaves half an effect behind.
 *
 * @see SPEC.md §6.2 Execution
 * @module
 */

import type { Body } from '../transactions/kinds.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { LedgerWriter } from './ledger-view.ts'
import type { Outcome } from './outcome.ts'
import type { Parameters } from './parameters.ts'

/** What a rule knows of the block that it stands in. */
export interface RuleContext {
  readonly state: LedgerWriter
  readonly networkTag: Uint8Array
  readonly parameters: Parameters
  readonly height: number
  /** Header time of the block: the only clock there is. */
  readonly timeMs: number
  /** The member that authored the batch, by its id. */
  readonly carrierId: Uint8Array
}

/** One kind's rule. */
export type Rule<B extends Body> = (
  body: B,
  transaction: Transaction,
  context: RuleContext
) => Outcome

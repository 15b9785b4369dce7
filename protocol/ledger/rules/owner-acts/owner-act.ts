/**
 * What an owner's act is judged by, and what it does.
 *
 * @see SPEC.md §5.6 Owner acts
 * @module
 */

import type { Transaction } from '../../../transactions/transaction.ts'
import type { LedgerWriter } from '../../ledger-view.ts'
import type { DeviceRecord } from '../../records/device-record.ts'
import type { OwnershipRecord } from '../../records/ownership-record.ts'
import type { RuleContext } from '../../rule.ts'

/** How things stand when an act is judged: its reveal has counted. */
export interface OwnerScene {
  readonly device: DeviceRecord
  readonly ownership: OwnershipRecord
  readonly transaction: Transaction
  readonly context: RuleContext
}

/** What an act changes; what it leaves out stays as it is. */
export interface OwnerEffect {
  readonly device?: DeviceRecord
  readonly ownership?: OwnershipRecord
  /** Writes to other tables. */
  readonly write?: (state: LedgerWriter) => void
}

/** Judges one kind of act: its effect, or the code by which it has none. */
export type OwnerActJudge<Act> = (act: Act, scene: OwnerScene) => OwnerEffect | string

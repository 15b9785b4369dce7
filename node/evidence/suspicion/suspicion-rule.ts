/**
 * What a rule of suspicion is: facts in, a suspicion or nothing out.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import type { Profile } from '../../../protocol/index.ts'
import type { DeviceFacts } from './device-facts.ts'

/** How grave a suspicion is: told to the owner, doubtful, or as good as certain. */
export type Severity = 0 | 1 | 2

/** What a rule suspects. */
export interface Suspicion {
  readonly severity: Severity
  /** What it was seen by: numbers that others can find on the ledger too. */
  readonly detail: readonly number[]
}

/** What a rule looks at beside the facts. */
export interface Circumstances {
  /** The profile in force; read only by rules that need it. */
  readonly profile: () => Profile | undefined
  /** Header time of the last final block. */
  readonly timeMs: number
}

/** One rule of the table. */
export interface SuspicionRule {
  /** 1 to 8, as alerts name it. */
  readonly number: number
  readonly name: string
  readonly judge: (facts: DeviceFacts, circumstances: Circumstances) => Suspicion | null
}

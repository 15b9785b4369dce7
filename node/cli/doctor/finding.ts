/**
 * Findings: what a rule of the doctor has to say of one thing.
 *
 * @module
 */

import type { DoctorFacts } from './facts.ts'

/** How one thing is: well, something to see to, or something that keeps the node from its work. */
export type Condition = 'ok' | 'warning' | 'wrong'

/** What a rule has to say. */
export interface Finding {
  readonly verdict: Condition
  /** One sentence. */
  readonly says: string
  /** What a person does now, in one line; null where there is nothing to do. */
  readonly cure: string | null
}

/** Looks at the facts; null where it has none. */
export type Rule = (facts: DoctorFacts) => Finding | readonly Finding[] | null

/** Says that something is well. */
export function well(says: string): Finding {
  return { verdict: 'ok', says, cure: null }
}

/** Says that something should be seen to. */
export function warning(says: string, cure: string): Finding {
  return { verdict: 'warning', says, cure }
}

/** Says that something is wrong. */
export function wrong(says: string, cure: string): Finding {
  return { verdict: 'wrong', says, cure }
}

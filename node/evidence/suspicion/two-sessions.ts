/**
 * S8, two sessions: a device speaks through two members by turns, as one that exists twice would.
 *
 * A node that is between two members, or a weak link to the nearest, does the same
 * for a while: so it takes many quick returns, and is a word to the owner.
 *
 * @module
 */

import type { LastWord } from './device-facts.ts'
import type { SuspicionRule } from './suspicion-rule.ts'

/** Returns in one window that a search for a better node does not explain. */
const RETURNS_MIN = 8
/** How soon after it was left a member is returned to, to count. */
const RETURN_MAX_MS = 60_000

/** Whether a device is back at the member that it left just before. */
export function isReturn(last: LastWord, carrier: string, timeMs: number): boolean {
  const { carrierBefore, leftAtMs } = last
  return carrier !== last.carrier && carrier === carrierBefore && timeMs - leftAtMs <= RETURN_MAX_MS
}

/** The rule. */
export const twoSessions: SuspicionRule = {
  number: 8,
  name: 'two-sessions',
  judge: ({ present: { returns } }) =>
    returns < RETURNS_MIN ? null : { severity: 0, detail: [returns] }
}

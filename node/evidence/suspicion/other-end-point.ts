/**
 * S4, another end point: a device that always spoke through one member speaks through another only.
 *
 * A new router does the same, so it is a word to the owner and no more, and nothing at
 * all for devices that may travel.
 *
 * @module
 */

import type { SuspicionRule } from './suspicion-rule.ts'

/** Messages in each of two windows that make a habit. */
const HABIT_MIN = 8

/** The rule. */
export const otherEndPoint: SuspicionRule = {
  number: 4,
  name: 'other-end-point',
  judge: ({ present, before }, { profile }) => {
    if (before === null || present.messages < HABIT_MIN || before.messages < HABIT_MIN) return null
    if (present.carriers !== 1 || before.carriers !== 1) return null
    if (present.carrier === before.carrier) return null
    return profile()?.speedMaxMetresPerSecond === 0 ? { severity: 0, detail: [] } : null
  }
}

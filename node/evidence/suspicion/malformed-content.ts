/**
 * S6, malformed content: a device says what no device of its class would say.
 *
 * @module
 */

import type { SuspicionRule } from './suspicion-rule.ts'

/** Void messages in one window: a spoilt firmware may say one or two. */
const MALFORMED_MIN = 3
/** So many that the device says hardly anything else. */
const MALFORMED_GRAVE = 32

/** The rule. */
export const malformedContent: SuspicionRule = {
  number: 6,
  name: 'malformed-content',
  judge: ({ present: { malformed, messages } }) => {
    if (malformed < MALFORMED_MIN) return null
    const isGrave = malformed >= MALFORMED_GRAVE && 2 * malformed >= messages
    return { severity: isGrave ? 2 : 1, detail: [malformed, messages] }
  }
}

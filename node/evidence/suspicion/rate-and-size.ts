/**
 * S5, rate and size: a device speaks more, or more at once, than it did or than it may.
 *
 * @module
 */

import type { SuspicionRule } from './suspicion-rule.ts'

/** Messages in one window beyond what the device may send. */
const EXCESSIVE_MIN = 16
/** Times the window before, in messages or in bytes for each of them. */
const JUMP = 8
/** Messages of both windows below which a jump says nothing. */
const MESSAGES_MIN = 64
const MESSAGES_BEFORE_MIN = 8

/** The rule. */
export const rateAndSize: SuspicionRule = {
  number: 5,
  name: 'rate-and-size',
  judge: ({ present, before }) => {
    const { messages, bytes, excessive } = present
    const detail = [messages, bytes, excessive]
    if (excessive >= EXCESSIVE_MIN) return { severity: 1, detail }
    if (before === null || before.messages < MESSAGES_BEFORE_MIN || messages < MESSAGES_MIN)
      return null
    const isFaster = messages >= JUMP * before.messages
    const isLarger = bytes / messages >= (JUMP * before.bytes) / before.messages
    return isFaster || isLarger ? { severity: 0, detail } : null
  }
}

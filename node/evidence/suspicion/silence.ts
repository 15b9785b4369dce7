/**
 * S2, silence: a device says nothing for longer than its profile has it.
 *
 * @module
 */

import type { SuspicionRule } from './suspicion-rule.ts'

/** Times the silence that is allowed, beyond which it is more than a word to the owner. */
const LONG_SILENCES = 4

/** The rule. A profile that allows no silence at all has not set it. */
export const silence: SuspicionRule = {
  number: 2,
  name: 'silence',
  judge: ({ last }, { profile, timeMs }) => {
    const silentMs = last === null ? 0 : timeMs - last.timeMs
    if (last === null || silentMs === 0) return null
    const silenceMaxMs = profile()?.silenceMaxMs ?? 0
    if (silenceMaxMs === 0 || silentMs <= silenceMaxMs) return null
    return { severity: silentMs > LONG_SILENCES * silenceMaxMs ? 1 : 0, detail: [last.timeMs] }
  }
}

/**
 * S3, overtaken: a neighbour hears a device name as its newest message one that the ledger has left
 * behind, so somebody else goes on in its name.
 *
 * Old messages are public, and whoever shows one can pretend to have heard it just
 * now: one witness is a word to the owner, several are a doubt, and none is more.
 *
 * @module
 */

import type { LastWord } from './device-facts.ts'
import type { SuspicionRule } from './suspicion-rule.ts'

/** Witnesses whose word is more than one neighbour's. */
const WITNESSES_MIN = 2

/** What a neighbour says to have heard, and when. */
export interface Overheard {
  readonly incarnation: number
  readonly sequence: number
  /** The last block that the neighbour knew when it said so. */
  readonly anchorHeight: number
}

/**
 * Whether a device that showed this message cannot be the one that spoke last on the ledger: what a
 * device has signed it shows, and the last word was final before the neighbour asked.
 */
export function isOvertaken(last: LastWord, heard: Overheard): boolean {
  return (
    heard.incarnation === last.incarnation &&
    heard.sequence < last.sequence &&
    heard.anchorHeight >= last.height
  )
}

/** The rule. */
export const overtaken: SuspicionRule = {
  number: 3,
  name: 'overtaken',
  judge: ({ present: { witnesses } }) => {
    if (witnesses.length === 0) return null
    return { severity: witnesses.length >= WITNESSES_MIN ? 1 : 0, detail: [witnesses.length] }
  }
}

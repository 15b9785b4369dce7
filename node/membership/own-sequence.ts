/**
 * The sequence of this member's own acts: one for all parts of the node that sign any.
 *
 * @module
 */

import type { MemberRecord } from '../../protocol/index.ts'

/**
 * Counts this member's acts.
 *
 * Sequences may have gaps. Operators take the time for theirs, the node the next one there is: so what it
 * does meanwhile never uses up the sequence of an act of theirs. It can say its own again.
 */
export class OwnSequence {
  #last = 0

  /** The sequence of the next act. */
  next({ memberSequence }: Pick<MemberRecord, 'memberSequence'>): number {
    this.#last = Math.max(this.#last, memberSequence) + 1
    return this.#last
  }
}

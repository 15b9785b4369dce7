/**
 * Under way: the same bytes handed in twice at once are judged once.
 *
 * @module
 */

import type { Submission } from '../ledger-service.ts'

/** Joins those who hand in what is being judged already. */
export class UnderWay {
  readonly #submissions = new Map<string, Promise<Submission>>()

  /** Does the work, or waits for the answer that the same bytes are about to get. */
  async join(wire: Uint8Array, work: () => Promise<Submission>): Promise<Submission> {
    // Copies with other signatures have the same id: until one is verified, they are told apart by all their bytes.
    const name = Buffer.from(wire).toString('latin1')
    const before = this.#submissions.get(name)
    if (before) return await before
    const submission = work()
    this.#submissions.set(name, submission)
    try {
      return await submission
    } finally {
      this.#submissions.delete(name)
    }
  }
}

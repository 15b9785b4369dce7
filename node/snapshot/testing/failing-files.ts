/**
 * Files that end the process at one of their operations, for tests of what a crash leaves behind.
 *
 * @module
 */

import type { Files } from '../../storage/files.ts'

/** What is thrown in place of the operation at which the process ends. */
export class ProcessEnded extends Error {}

/** Counts changes of the disk, and fails for ever from a chosen one on. */
export class FailingFiles {
  readonly files: Files
  readonly #endsAt: number
  #count = 0

  /**
   * @param endsAt - the number of the operation that is not carried out any more, from 0
   */
  constructor(under: Files, endsAt: number = Number.POSITIVE_INFINITY) {
    this.#endsAt = endsAt
    const step =
      <Args extends readonly unknown[]>(change: (...args: Args) => Promise<void>) =>
      async (...args: Args): Promise<void> => {
        this.#next()
        await change(...args)
      }
    this.files = {
      list: under.list,
      read: under.read,
      sizeOf: under.sizeOf,
      write: async (path, content) => {
        // A write that is cut leaves the first half.
        if (this.#count === this.#endsAt)
          await under.write(path, content.subarray(0, content.length / 2))
        this.#next()
        await under.write(path, content)
      },
      makeFolder: step(under.makeFolder),
      rename: step(under.rename),
      remove: step(under.remove),
      syncFolder: step(under.syncFolder)
    }
  }

  /** Operations so far. */
  get count(): number {
    return this.#count
  }

  #next(): void {
    if (this.#count >= this.#endsAt) throw new ProcessEnded('the process ends here')
    this.#count += 1
  }
}

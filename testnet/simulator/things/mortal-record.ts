/**
 * The record of a device or wallet in memory: the power may fail before a write, or after it.
 *
 * @module
 */

import type { RecordStorage } from '../../../client/index.ts'

/** What becomes of the next write. */
export type WriteFate = 'kept' | 'dies-before' | 'dies-after'

/** One record. */
export class MortalRecord implements RecordStorage {
  /** Of the next write alone. */
  fate: WriteFate = 'kept'
  #record: Uint8Array | undefined

  /** @param copied - the record that it begins with, of whoever was robbed */
  constructor(copied?: Uint8Array) {
    this.#record = copied && new Uint8Array(copied)
  }

  readonly read = async (): Promise<Uint8Array | undefined> =>
    this.#record && new Uint8Array(this.#record)

  readonly write = async (record: Uint8Array): Promise<void> => {
    const { fate } = this
    this.fate = 'kept'
    if (fate === 'dies-before') throw new Error('the power failed before the write')
    this.#record = new Uint8Array(record)
    if (fate === 'dies-after') throw new Error('the power failed after the write')
  }

  /** What a thief takes away. */
  get copy(): MortalRecord {
    return new MortalRecord(this.#record)
  }
}

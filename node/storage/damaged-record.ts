/**
 * A damaged record: one that is not what was written, or is gone though it must be there.
 *
 * It is never served. Whoever needs it fails with this error, which names the
 * key, so that whoever cures records knows which one.
 *
 * @module
 */

import { NodeError } from '../errors.ts'

/** The trouble with one record of a database. */
export class DamagedRecord extends NodeError {
  readonly key: Uint8Array

  /**
   * @param path    - the database's folder
   * @param key     - the key under which the record stands, or should
   * @param trouble - what is wrong with it, in a few words
   */
  constructor(path: string, key: Uint8Array, trouble: string, options?: { cause?: unknown }) {
    const name = Buffer.from(key).toString('hex')
    super('STORAGE_DAMAGED', `${path}: ${trouble} of key ${name}`, options)
    this.key = key
  }
}

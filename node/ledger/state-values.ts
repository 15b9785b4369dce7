/**
 * The values of the committed state, each held against the leaf that commits to it.
 *
 * A record's own checksum tells a spoilt value. It does not tell an older one
 * that has come to light again, nor one that is gone: the tree in memory does.
 *
 * @module
 */

import { equalBytes, stateKey, stateValueHash, type TreeVersion } from '../../protocol/index.ts'
import type { Database } from '../storage/database.ts'
import { stateValueKey } from './keyspace.ts'

/** Reads values of the committed state. */
export class StateValues {
  readonly #database: Database
  #trees: readonly TreeVersion[] = []

  constructor(database: Database) {
    this.#database = database
  }

  /** From now on values are those of one of these versions: two while a block is being written. */
  follow(trees: readonly TreeVersion[]): void {
    this.#trees = trees
  }

  /**
   * The encoded record of a table under a key; undefined when the state holds none.
   *
   * @throws DamagedRecord when the database holds anything else than the tree says
   */
  read(table: number, key: Uint8Array): Uint8Array | undefined {
    const place = stateValueKey(table, key)
    const value = this.#database.getSync(place)
    if (this.#trees.length === 0 || this.#isOfTree(stateKey(table, key), value)) return value
    const trouble = value === undefined ? 'the value is missing' : 'the value is an older one'
    throw this.#database.reportDamage(place, trouble)
  }

  #isOfTree(place: Uint8Array, value: Uint8Array | undefined): boolean {
    const found = value === undefined ? undefined : stateValueHash(value)
    return this.#trees.some((tree) => {
      const expected = tree.valueHash(place)
      if (expected === undefined || found === undefined) return expected === found
      return equalBytes(expected, found)
    })
  }
}

/**
 * Views of the ledger: what rules read and write, one overlay for each block.
 *
 * A view holds the records that its block changed and asks its parent for the
 * rest, down to the committed base. Records are immutable: a rule writes a new
 * one. So a block that never becomes final costs nothing but its overlay.
 *
 * @module
 */

import { invariant } from '../foundation/invariant.ts'
import { stateKey, stateValueHash, type Table } from './table.ts'

/** Reads records. */
export interface LedgerReader {
  /** The record of a table under a key; undefined when there is none. */
  readonly read: <Record>(table: Table<Record>, key: Uint8Array) => Record | undefined
}

/** Reads and writes records. */
export interface LedgerWriter extends LedgerReader {
  readonly write: <Record>(table: Table<Record>, key: Uint8Array, record: Record) => void
}

/** One changed record, encoded once for the tree and for the store. */
export interface ChangedValue {
  readonly table: number
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly stateKey: Uint8Array
  readonly valueHash: Uint8Array
}

/** Reads encoded values of the committed state; undefined when there is none. */
export type ReadValue = (table: number, key: Uint8Array) => Uint8Array | undefined

interface Change {
  readonly table: Table<unknown>
  readonly key: Uint8Array
  readonly record: unknown
}

/** The committed state, with a bounded cache of decoded records. */
export class LedgerBase implements LedgerReader {
  readonly #readValue: ReadValue
  readonly #recordsMax: number
  readonly #records = new Map<string, unknown>()

  /**
   * @param readValue  - the store of committed values
   * @param recordsMax - how many decoded records are kept
   */
  constructor(readValue: ReadValue, recordsMax = 50_000) {
    this.#readValue = readValue
    this.#recordsMax = recordsMax
  }

  read<Record>(table: Table<Record>, key: Uint8Array): Record | undefined {
    const name = mapKey(table.number, key)
    const known = this.#records.get(name)
    if (known !== undefined) return known as Record
    const value = this.#readValue(table.number, key)
    if (value === undefined) return undefined
    const record = table.decode(value)
    this.#remember(name, record)
    return record
  }

  /** Takes over the records of a view whose values are in the store by now. */
  adopt(changes: Iterable<readonly [string, unknown]>): void {
    for (const [name, record] of changes) this.#remember(name, record)
  }

  #remember(name: string, record: unknown): void {
    this.#records.delete(name)
    this.#records.set(name, record)
    if (this.#records.size <= this.#recordsMax) return
    const eldest = this.#records.keys().next()
    if (eldest.done !== true) this.#records.delete(eldest.value)
  }
}

/** The state after one block that is not committed, or a scratch pad on top of any state. */
export class LedgerView implements LedgerWriter {
  #parent: LedgerView | LedgerBase
  #changes = new Map<string, Change>()
  #isCommitted = false

  constructor(parent: LedgerView | LedgerBase) {
    this.#parent = parent
  }

  read<Record>(table: Table<Record>, key: Uint8Array): Record | undefined {
    const name = mapKey(table.number, key)
    let view: LedgerView | LedgerBase = this
    while (view instanceof LedgerView) {
      const change = view.#changes.get(name)
      if (change !== undefined) return change.record as Record
      view = view.#parent
    }
    return view.read(table, key)
  }

  write<Record>(table: Table<Record>, key: Uint8Array, record: Record): void {
    const change = { table: table as Table<unknown>, key, record }
    this.#changes.set(mapKey(table.number, key), change)
  }

  /** The changed records, encoded and hashed, in the order in which they were first written. */
  changedValues(): ChangedValue[] {
    return [...this.#changes.values()].map(({ table, key, record }) => {
      const value = table.encode(record)
      return {
        table: table.number,
        key,
        value,
        stateKey: stateKey(table.number, key),
        valueHash: stateValueHash(value)
      }
    })
  }

  /** Hands the changes to the base, whose store holds them by now; views on top read through. */
  commitInto(base: LedgerBase): void {
    while (this.#parent instanceof LedgerView && this.#parent.#isCommitted)
      this.#parent = this.#parent.#parent
    invariant(this.#parent === base, 'views are committed in the order of their blocks')
    base.adopt(recordsOf(this.#changes))
    this.#changes = new Map()
    this.#isCommitted = true
  }
}

function* recordsOf(changes: ReadonlyMap<string, Change>): Generator<readonly [string, unknown]> {
  for (const [name, { record }] of changes) yield [name, record]
}

/** A name for a record: cheap to make, for it is made several times for every transaction. */
function mapKey(table: number, key: Uint8Array): string {
  return String.fromCharCode(table) + String.fromCharCode.apply(null, key as never)
}

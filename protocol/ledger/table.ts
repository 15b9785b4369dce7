/**
 * Tables: where each kind of record stands in the state, and how it is encoded.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import type { Shape } from '../codec/shape.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { invariant } from '../foundation/invariant.ts'

/** One table of the state: its number is part of every key, so it never changes. */
export interface Table<Record> {
  readonly number: number
  readonly name: string
  readonly encode: (record: Record) => Uint8Array
  /** Decodes a value of our own writing. */
  readonly decode: (value: Uint8Array) => Record
}

const hashState = createTaggedHash('tm/state/1')
const hashValue = createTaggedHash('tm/value/1')

/** Defines a table by the wire form of its records. */
export function createTable<Record>(definition: {
  readonly number: number
  readonly name: string
  readonly toFields: (record: Record) => CborValue
  readonly read: Shape<Record>
}): Table<Record> {
  const { number, name, toFields, read } = definition
  return {
    number,
    name,
    encode: (record) => encodeCbor(toFields(record)),
    decode: (value) => {
      const record = read(decodeCbor(value))
      invariant(record !== undefined, `state holds only well-formed records of ${name}`)
      return record
    }
  }
}

/** The key under which a record stands in the authenticated tree. */
export function stateKey(table: number, key: Uint8Array): Uint8Array {
  return hashState(Uint8Array.of(table), key)
}

/** The hash by which the tree commits to a record's value. */
export function stateValueHash(value: Uint8Array): Uint8Array {
  return hashValue(value)
}

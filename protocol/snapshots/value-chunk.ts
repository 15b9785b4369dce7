/**
 * Value chunks: the records of a snapshot, in order of table and key.
 *
 * A chunk is closed before the record that would take it above its size, so all honest nodes cut
 * the same state at the same places.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytesBetween, list, tuple, uint } from '../codec/shape.ts'

/** Sum of keys and values beyond which a chunk takes no further record, in bytes. */
export const VALUE_CHUNK_BYTES = 196_608

/** Largest encoded chunk: a single record may be larger than a chunk should be. */
const VALUE_CHUNK_RECORDS_MAX = 65_536

/** One record of the state. */
export interface StateRecord {
  readonly table: number
  readonly key: Uint8Array
  /** The encoded record. */
  readonly value: Uint8Array
}

const fields = list(
  tuple(uint(255), bytesBetween(0, 128), bytesBetween(1, 65_536)),
  VALUE_CHUNK_RECORDS_MAX,
  1
)

/** The wire form of a chunk. */
export function encodeValueChunk(records: readonly StateRecord[]): Uint8Array {
  return encodeCbor(records.map(({ table, key, value }) => [table, key, value]))
}

/** Reads a chunk; undefined when the bytes are no canonical one. Nothing is said of its values. */
export function decodeValueChunk(encoded: Uint8Array): readonly StateRecord[] | undefined {
  const read = fields(decodeCbor(encoded))
  return read?.map(([table, key, value]) => ({ table, key, value }))
}

/** Cuts records, which come in order of table and key, into chunks. */
export class ValueChunker {
  #records: StateRecord[] = []
  #bytes = 0

  /** Takes the next record; returns the chunk that it closes, if it does not fit into that. */
  add(record: StateRecord): readonly StateRecord[] | undefined {
    const size = record.key.length + record.value.length
    const isFull =
      this.#records.length > 0 &&
      (this.#bytes + size > VALUE_CHUNK_BYTES || this.#records.length >= VALUE_CHUNK_RECORDS_MAX)
    const closed = isFull ? this.finish() : undefined
    this.#records.push(record)
    this.#bytes += size
    return closed
  }

  /** The last chunk; undefined when there is nothing left. */
  finish(): readonly StateRecord[] | undefined {
    const closed = this.#records
    this.#records = []
    this.#bytes = 0
    return closed.length === 0 ? undefined : closed
  }
}

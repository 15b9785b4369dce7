/**
 * readers/<deviceId>: who may read a device's sealed data, by the last grant.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { list, type Shape, tuple, uint } from '../../codec/shape.ts'
import {
  type KeyWrap,
  keyWrapToFields,
  READERS_MAX,
  type ReaderWrap,
  readerWrapToFields,
  readKeyWrap,
  readReaderWrap
} from '../../transactions/grant.ts'
import { createTable, type Table } from '../table.ts'

/** The wraps of one data key. */
export interface ReadersRecord {
  /** 0 where nobody was granted anything by this owner. */
  readonly dataKeyEpoch: number
  readonly deviceWrap: KeyWrap
  readonly readers: readonly ReaderWrap[]
}

const fields = tuple(uint(), readKeyWrap, list(readReaderWrap, READERS_MAX))

const readReaders: Shape<ReadersRecord> = (value) => {
  const read = fields(value)
  return read && { dataKeyEpoch: read[0], deviceWrap: read[1], readers: read[2] }
}

/** The record of a device that nobody is granted to read. */
export const NO_READERS: ReadersRecord = {
  dataKeyEpoch: 0,
  deviceWrap: { enc: new Uint8Array(32), ciphertext: new Uint8Array(48) },
  readers: []
}

/** The table of readers. */
export const readers: Table<ReadersRecord> = createTable({
  number: 3,
  name: 'readers',
  read: readReaders,
  toFields: (record) => [
    record.dataKeyEpoch,
    keyWrapToFields(record.deviceWrap),
    record.readers.map(readerWrapToFields)
  ]
})

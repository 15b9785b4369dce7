/**
 * birth-batches/<birthBatchId>: how many devices a maker may still bring to life.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, type Shape, tuple, uint } from '../../codec/shape.ts'
import { createTable, type Table } from '../table.ts'

/** Whether a birth batch is open, closed by its maker, or ended with all its devices by motion. */
export const BIRTH_BATCH_STATUS: {
  readonly open: 0
  readonly closed: 1
  readonly revoked: 2
} = { open: 0, closed: 1, revoked: 2 }

/** A birth batch. */
export interface BirthBatchRecord {
  readonly classId: Uint8Array
  readonly vendorId: Uint8Array
  readonly merkleRoot: Uint8Array
  readonly count: number
  readonly notAfterMs: number
  readonly status: number
}

const fields = tuple(bytes(32), bytes(32), bytes(32), uint(), uint(), uint(2))

const readBirthBatchRecord: Shape<BirthBatchRecord> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [classId, vendorId, merkleRoot, count, notAfterMs, status] = read
  return { classId, vendorId, merkleRoot, count, notAfterMs, status }
}

/** The table of birth batches. */
export const birthBatches: Table<BirthBatchRecord> = createTable({
  number: 11,
  name: 'birth-batches',
  read: readBirthBatchRecord,
  toFields: (record) => [
    record.classId,
    record.vendorId,
    record.merkleRoot,
    record.count,
    record.notAfterMs,
    record.status
  ]
})

/**
 * disputes/<deviceId>/<incarnation>: which branch of a device its owner disowns. Never deleted.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { type Shape, tuple, uint } from '../../codec/shape.ts'
import { concatBytes, uint64 } from '../../foundation/bytes.ts'
import { createTable, type Table } from '../table.ts'

/** What is disputed of one incarnation. */
export interface DisputeRecord {
  /** 0 what the ledger took for the device, 1 the rival. */
  readonly branch: number
  readonly fromSequence: number
  readonly atHeight: number
}

const fields = tuple(uint(1), uint(), uint())

const readDispute: Shape<DisputeRecord> = (value) => {
  const read = fields(value)
  return read && { branch: read[0], fromSequence: read[1], atHeight: read[2] }
}

/** The table of disputes, keyed by {@link disputeKey}. */
export const disputes: Table<DisputeRecord> = createTable({
  number: 5,
  name: 'disputes',
  read: readDispute,
  toFields: ({ branch, fromSequence, atHeight }) => [branch, fromSequence, atHeight]
})

/** The key of one incarnation: the device's id and the incarnation in eight bytes. */
export function disputeKey(deviceId: Uint8Array, incarnation: number): Uint8Array {
  return concatBytes(deviceId, uint64(incarnation))
}

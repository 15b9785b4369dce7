/**
 * members/<memberId>: a seated member, its keys and what it carries for strangers.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, list, type Shape, text, tuple, uint } from '../../codec/shape.ts'
import { WEIGHT_TOTAL_MAX } from '../../foundation/limits.ts'
import { type Bucket, bucketToFields, readBucket } from '../bucket.ts'
import { createTable, type Table } from '../table.ts'

/** A member as the ledger knows it. */
export interface MemberRecord {
  readonly voteKey: Uint8Array
  readonly nextVoteKeyHash: Uint8Array
  readonly recoveryKeyHash: Uint8Array
  readonly operatorId: Uint8Array
  readonly region: string
  readonly endpoints: readonly string[]
  readonly weight: number
  readonly memberSequence: number
  readonly bucket: Bucket
  /** What kinds signed by strangers draw on when this member carries them. */
  readonly introductions: Bucket
}

const fields = tuple(
  bytes(32),
  bytes(32),
  bytes(32),
  bytes(16),
  text(64),
  list(text(128), 4),
  uint(WEIGHT_TOTAL_MAX, 1),
  uint(),
  readBucket,
  readBucket
)

const readMember: Shape<MemberRecord> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    voteKey: read[0],
    nextVoteKeyHash: read[1],
    recoveryKeyHash: read[2],
    operatorId: read[3],
    region: read[4],
    endpoints: read[5],
    weight: read[6],
    memberSequence: read[7],
    bucket: read[8],
    introductions: read[9]
  }
}

/** The table of members. */
export const members: Table<MemberRecord> = createTable({
  number: 13,
  name: 'members',
  read: readMember,
  toFields: (record) => [
    record.voteKey,
    record.nextVoteKeyHash,
    record.recoveryKeyHash,
    record.operatorId,
    record.region,
    record.endpoints,
    record.weight,
    record.memberSequence,
    bucketToFields(record.bucket),
    bucketToFields(record.introductions)
  ]
})

/**
 * members/<memberId>: a member, its keys, its seat, and what it carries for strangers.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, key, list, nullable, type Shape, text, tuple, uint } from '../../codec/shape.ts'
import { MEMBERS_MAX, WEIGHT_TOTAL_MAX } from '../../foundation/limits.ts'
import { type Bucket, bucketToFields, readBucket } from '../bucket.ts'
import { createTable, type Table } from '../table.ts'

/** How a member stands to its seat. */
export const MEMBER_STATUS: {
  /** Admitted, and seated as soon as it is ready and the guards allow. */
  readonly incoming: 0
  readonly seated: 1
  /** Was seated, or was to be. */
  readonly former: 2
} = { incoming: 0, seated: 1, former: 2 }

/** The vote key that a member has shown for an epoch to come. */
export interface NextVoteKey {
  readonly epoch: number
  readonly voteKey: Uint8Array
  readonly nextVoteKeyHash: Uint8Array
}

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
  /** One of {@link MEMBER_STATUS}. */
  readonly status: number
  readonly ready: NextVoteKey | null
  /** Hash of the software that it last said to run; null before it said so. */
  readonly softwareHash: Uint8Array | null
  /** Awake time of the network when it was last renewed. */
  readonly renewedAtAwakeMs: number
  /** The epoch from which on it is seated. */
  readonly seatedSinceEpoch: number
  /** Whether it gives its seat up at the next seal. */
  readonly leaving: number
  /** Members whose certification admitted it. */
  readonly vouchers: readonly Uint8Array[]
  /** Applicants and members that it certified and still answers for. */
  readonly vouchees: readonly Uint8Array[]
  /** Until this epoch it may certify nobody. */
  readonly vouchFrozenUntilEpoch: number
  /** The root of the certificate chain that it showed; null for none. */
  readonly trustRoot: Uint8Array | null
}

const readyFields = tuple(uint(), bytes(32), bytes(32))
const readNextVoteKey: Shape<NextVoteKey> = (value) => {
  const read = readyFields(value)
  return read && { epoch: read[0], voteKey: read[1], nextVoteKeyHash: read[2] }
}

const fields = tuple(
  bytes(32),
  bytes(32),
  bytes(32),
  bytes(16),
  text(64),
  list(text(128), 4),
  uint(WEIGHT_TOTAL_MAX),
  uint(),
  readBucket,
  readBucket,
  uint(2),
  nullable(readNextVoteKey),
  nullable(bytes(32)),
  uint(),
  uint(),
  uint(1),
  list(bytes(32), MEMBERS_MAX),
  list(bytes(32), MEMBERS_MAX),
  uint(),
  nullable(key)
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
    introductions: read[9],
    status: read[10],
    ready: read[11],
    softwareHash: read[12],
    renewedAtAwakeMs: read[13],
    seatedSinceEpoch: read[14],
    leaving: read[15],
    vouchers: read[16],
    vouchees: read[17],
    vouchFrozenUntilEpoch: read[18],
    trustRoot: read[19]
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
    bucketToFields(record.introductions),
    record.status,
    record.ready && [record.ready.epoch, record.ready.voteKey, record.ready.nextVoteKeyHash],
    record.softwareHash,
    record.renewedAtAwakeMs,
    record.seatedSinceEpoch,
    record.leaving,
    record.vouchers,
    record.vouchees,
    record.vouchFrozenUntilEpoch,
    record.trustRoot
  ]
})

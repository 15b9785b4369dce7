/**
 * motions/<motionId> and applications/<applicationId>: what is being decided, and what was.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { decodeCbor } from '../../codec/cbor.ts'
import { bytes, bytesBetween, list, nullable, type Shape, tuple, uint } from '../../codec/shape.ts'
import { MEMBERS_MAX } from '../../foundation/limits.ts'
import {
  encodeMemberApply,
  type MemberApply,
  readMemberApply
} from '../../transactions/member-apply.ts'

import { type Motion, motionToFields, readMotion } from '../../transactions/motion.ts'
import { createTable, type Table } from '../table.ts'

/** How far a motion has come. */
export const MOTION_STATUS: {
  readonly open: 0
  /** Its threshold was met; it is executed when the guards allow. */
  readonly carried: 1
  readonly executed: 2
  /** Its time was over before it was carried, or after that before it could be executed. */
  readonly lapsed: 3
  readonly withdrawn: 4
} = { open: 0, carried: 1, executed: 2, lapsed: 3, withdrawn: 4 }

/** One member's answer. */
export interface BallotRecord {
  readonly memberId: Uint8Array
  /** 0 no, 1 yes. */
  readonly choice: number
}

/** A motion and its ballots. */
export interface MotionRecord {
  readonly motion: Motion
  /** The member that opened it; null for the admission that an application brings along. */
  readonly openedBy: Uint8Array | null
  readonly openedAtMs: number
  readonly notAfterMs: number
  readonly status: number
  /** In the order in which the members last answered. */
  readonly ballots: readonly BallotRecord[]
  /** Block time at which it was carried, executed, withdrawn or seen to have lapsed; 0 while open. */
  readonly settledAtMs: number
}

const ballotFields = tuple(bytes(32), uint(1))
const readBallotRecord: Shape<BallotRecord> = (value) => {
  const read = ballotFields(value)
  return read && { memberId: read[0], choice: read[1] }
}

const motionFields = tuple(
  readMotion,
  nullable(bytes(32)),
  uint(),
  uint(),
  uint(4),
  list(readBallotRecord, MEMBERS_MAX),
  uint()
)

const readMotionRecord: Shape<MotionRecord> = (value) => {
  const read = motionFields(value)
  if (read === undefined) return undefined
  const [motion, openedBy, openedAtMs, notAfterMs, status, ballots, settledAtMs] = read
  return { motion, openedBy, openedAtMs, notAfterMs, status, ballots, settledAtMs }
}

/** The table of motions. */
export const motions: Table<MotionRecord> = createTable({
  number: 15,
  name: 'motions',
  read: readMotionRecord,
  toFields: (record) => [
    motionToFields(record.motion),
    record.openedBy,
    record.openedAtMs,
    record.notAfterMs,
    record.status,
    record.ballots.map(({ memberId, choice }) => [memberId, choice]),
    record.settledAtMs
  ]
})

/** An application for a seat. */
export interface ApplicationRecord {
  readonly apply: MemberApply
  readonly openedAtMs: number
  readonly notAfterMs: number
  /** The root that the certificates lead to; null when they lead to none in force. */
  readonly trustRoot: Uint8Array | null
  /** The member whose batch carried it. */
  readonly carrierId: Uint8Array
}

const applicationFields = tuple(
  bytesBetween(1, 16_384),
  uint(),
  uint(),
  nullable(bytesBetween(32, 33)),
  bytes(32)
)

const readApplication: Shape<ApplicationRecord> = (value) => {
  const read = applicationFields(value)
  const apply = read === undefined ? undefined : readMemberApply(decodeCbor(read[0]))
  if (read === undefined || apply === undefined) return undefined
  return {
    apply,
    openedAtMs: read[1],
    notAfterMs: read[2],
    trustRoot: read[3],
    carrierId: read[4]
  }
}

/** The table of applications; the motion to admit has the same id. */
export const applications: Table<ApplicationRecord> = createTable({
  number: 14,
  name: 'applications',
  read: readApplication,
  toFields: (record) => [
    encodeMemberApply(record.apply),
    record.openedAtMs,
    record.notAfterMs,
    record.trustRoot,
    record.carrierId
  ]
})

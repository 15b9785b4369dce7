/**
 * governance/, electorates/<epoch>, vote-keys/<key> and tombstones/<memberId>: who governs,
 * what is being decided, and what must never come again.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, bytesBetween, list, type Shape, tuple, uint } from '../../codec/shape.ts'
import { uint64 } from '../../foundation/bytes.ts'
import { MEMBERS_MAX } from '../../foundation/limits.ts'
import { createTable, type Table } from '../table.ts'

/** Open motions and applications, at most. */
export const OPEN_MOTIONS_MAX = 32
/** Open applications, at most. */
export const OPEN_APPLICATIONS_MAX = 64
/** Motions that are carried and wait, at most: more of them than can be open. */
const CARRIED_MAX = 1_024

/** The one record of what is under way among the members. */
export interface GovernanceRecord {
  readonly epoch: number
  /** The seated, in ascending order. */
  readonly seats: readonly Uint8Array[]
  readonly openMotions: readonly Uint8Array[]
  readonly openApplications: readonly Uint8Array[]
  /** Motions that were carried and not yet executed, in the order of (height, position). */
  readonly carried: readonly Uint8Array[]
  /** Members to be removed by proof. */
  readonly removals: readonly Uint8Array[]
  /** Weight that has lapsed since ballots last made an electorate. */
  readonly lapsedWeight: number
  /** The weight of that electorate, and its quorum: what may lapse is the difference. */
  readonly lapsableWeight: number
  /** Until this block time the seated need not satisfy a trust model that is newer than their seat. */
  readonly renewByMs: number
}

const ids = (max: number): Shape<readonly Uint8Array[]> => list(bytes(32), max)
const governanceFields = tuple(
  uint(),
  ids(MEMBERS_MAX),
  ids(OPEN_MOTIONS_MAX + OPEN_APPLICATIONS_MAX),
  ids(OPEN_APPLICATIONS_MAX),
  ids(CARRIED_MAX),
  ids(MEMBERS_MAX),
  uint(),
  uint(),
  uint()
)

const readGovernance: Shape<GovernanceRecord> = (value) => {
  const read = governanceFields(value)
  if (read === undefined) return undefined
  return {
    epoch: read[0],
    seats: read[1],
    openMotions: read[2],
    openApplications: read[3],
    carried: read[4],
    removals: read[5],
    lapsedWeight: read[6],
    lapsableWeight: read[7],
    renewByMs: read[8]
  }
}

/** The key of the table with one record. */
export const SINGLE_KEY: Uint8Array = new Uint8Array(0)

/** The table with the one record of governance, keyed by {@link SINGLE_KEY}. */
export const governanceTable: Table<GovernanceRecord> = createTable({
  number: 19,
  name: 'governance',
  read: readGovernance,
  toFields: (record) => [
    record.epoch,
    record.seats,
    record.openMotions,
    record.openApplications,
    record.carried,
    record.removals,
    record.lapsedWeight,
    record.lapsableWeight,
    record.renewByMs
  ]
})

/** An electorate that was in force, for those who follow and for proofs against its members. */
export interface ElectorateRecord {
  /** As the electorate hash covers it. */
  readonly electorateBytes: Uint8Array
  /** Block time and height from which on it was in force. */
  readonly sinceMs: number
  readonly sinceHeight: number
}

const electorateFields = tuple(bytesBetween(1, 1_048_576), uint(), uint())

/** The electorates of all epochs, keyed by {@link epochKey}. */
export const electorates: Table<ElectorateRecord> = createTable({
  number: 21,
  name: 'electorates',
  read: (value) => {
    const read = electorateFields(value)
    return read && { electorateBytes: read[0], sinceMs: read[1], sinceHeight: read[2] }
  },
  toFields: ({ electorateBytes, sinceMs, sinceHeight }) => [electorateBytes, sinceMs, sinceHeight]
})

/** The key of an epoch: eight bytes. */
export function epochKey(epoch: number): Uint8Array {
  return uint64(epoch)
}

/** Whose vote key it is or was. */
export interface VoteKeyRecord {
  readonly memberId: Uint8Array
}

const voteKeyFields = tuple(bytes(32))

/**
 * Every vote key that was ever shown, keyed by itself, and the hash of every recovery key: none is
 * used twice.
 */
export const voteKeys: Table<VoteKeyRecord> = createTable({
  number: 22,
  name: 'vote-keys',
  read: (value) => {
    const read = voteKeyFields(value)
    return read && { memberId: read[0] }
  },
  toFields: ({ memberId }) => [memberId]
})

/** Why a member may never be seated again. */
export interface TombstoneRecord {
  /** One of the offences of member-evidence. */
  readonly offence: number
  readonly atHeight: number
}

const tombstoneFields = tuple(uint(255), uint())

/** The members that were proved to lie, keyed by their ids. */
export const tombstones: Table<TombstoneRecord> = createTable({
  number: 16,
  name: 'tombstones',
  read: (value) => {
    const read = tombstoneFields(value)
    return read && { offence: read[0], atHeight: read[1] }
  },
  toFields: ({ offence, atHeight }) => [offence, atHeight]
})

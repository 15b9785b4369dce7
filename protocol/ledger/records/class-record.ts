/**
 * class-heads/<classId> and classes/<classId>/<version>: what a maker says of its devices.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, list, nullable, type Shape, tuple, uint } from '../../codec/shape.ts'
import { concatBytes, uint64 } from '../../foundation/bytes.ts'
import { type Profile, profileToFields, readProfile } from '../../transactions/profile.ts'
import { type Bucket, bucketToFields, readBucket } from '../bucket.ts'
import { createTable, type Table } from '../table.ts'

/** What changes about a class. */
export interface ClassHead {
  readonly vendorId: Uint8Array
  readonly lastVersion: number
  readonly births: number
  readonly birthCap: number
  readonly rateUnitsPerHour: number
  readonly bucket: Bucket
  /** Vendors that may release firmware. */
  readonly authorities: readonly Uint8Array[]
  readonly lastRelease: number
  /** `[securityVersion, deadlineMs]` that devices must reach, or null. */
  readonly floor: { readonly securityVersion: number; readonly deadlineMs: number } | null
  readonly lastHeartbeatMs: number
}

/** One version of a class; never changed. */
export interface ClassVersion {
  readonly custody: number
  readonly canSeal: number
  readonly profile: Profile
  readonly thingModelHash: Uint8Array
  readonly mudHash: Uint8Array | null
  readonly referenceValuesHash: Uint8Array | null
  readonly supportUntilMs: number
}

const headFields = tuple(
  bytes(32),
  uint(),
  uint(),
  uint(),
  uint(),
  readBucket,
  list(bytes(32), 16),
  uint(),
  nullable(tuple(uint(), uint())),
  uint()
)

const readClassHead: Shape<ClassHead> = (value) => {
  const read = headFields(value)
  if (read === undefined) return undefined
  return {
    vendorId: read[0],
    lastVersion: read[1],
    births: read[2],
    birthCap: read[3],
    rateUnitsPerHour: read[4],
    bucket: read[5],
    authorities: read[6],
    lastRelease: read[7],
    floor: read[8] === null ? null : { securityVersion: read[8][0], deadlineMs: read[8][1] },
    lastHeartbeatMs: read[9]
  }
}

/** The table of class heads. */
export const classHeads: Table<ClassHead> = createTable({
  number: 9,
  name: 'class-heads',
  read: readClassHead,
  toFields: (head) => [
    head.vendorId,
    head.lastVersion,
    head.births,
    head.birthCap,
    head.rateUnitsPerHour,
    bucketToFields(head.bucket),
    head.authorities,
    head.lastRelease,
    head.floor === null ? null : [head.floor.securityVersion, head.floor.deadlineMs],
    head.lastHeartbeatMs
  ]
})

const versionFields = tuple(
  uint(1),
  uint(1),
  readProfile,
  bytes(32),
  nullable(bytes(32)),
  nullable(bytes(32)),
  uint()
)

const readClassVersion: Shape<ClassVersion> = (value) => {
  const read = versionFields(value)
  if (read === undefined) return undefined
  const [custody, canSeal, profile, thingModelHash, mudHash, referenceValuesHash, supportUntilMs] =
    read
  return {
    custody,
    canSeal,
    profile,
    thingModelHash,
    mudHash,
    referenceValuesHash,
    supportUntilMs
  }
}

/** The table of class versions, keyed by {@link classVersionKey}. */
export const classVersions: Table<ClassVersion> = createTable({
  number: 10,
  name: 'classes',
  read: readClassVersion,
  toFields: (version) => [
    version.custody,
    version.canSeal,
    profileToFields(version.profile),
    version.thingModelHash,
    version.mudHash,
    version.referenceValuesHash,
    version.supportUntilMs
  ]
})

/** The key of one version of a class: the class id, then the version in eight bytes. */
export function classVersionKey(classId: Uint8Array, version: number): Uint8Array {
  return concatBytes(classId, uint64(version))
}

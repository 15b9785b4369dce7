/**
 * vendors/<vendorId>: a maker's keys, its grant, and what it has used of it.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, key, list, nullable, type Shape, tuple, uint } from '../../codec/shape.ts'
import { VENDOR_KEYS_MAX } from '../../transactions/vendor-act.ts'
import { type Bucket, bucketToFields, readBucket } from '../bucket.ts'
import { createTable, type Table } from '../table.ts'

/** A maker as the ledger knows it; keys are null until its first vendor-set. */
export interface VendorRecord {
  readonly keys: readonly Uint8Array[] | null
  readonly threshold: number
  readonly nextKeysHash: Uint8Array | null
  readonly infoHash: Uint8Array | null
  readonly vendorSequence: number
  readonly bucket: Bucket
  /** What the members granted: births over all classes, claims a day, units an hour over all classes. */
  readonly grantBirthCap: number
  readonly grantClaimsPerDay: number
  readonly grantRateUnitsPerHour: number
  /** Sums over the vendor's classes as they stand. */
  readonly usedBirthCap: number
  readonly usedRateUnitsPerHour: number
  /** The day (since 1970, UTC, header time) that `claims` counts. */
  readonly claimsDay: number
  readonly claims: number
  readonly removed: number
}

const fields = tuple(
  nullable(list(key, VENDOR_KEYS_MAX, 1)),
  uint(),
  nullable(bytes(32)),
  nullable(bytes(32)),
  uint(),
  readBucket,
  uint(),
  uint(),
  uint(),
  uint(),
  uint(),
  uint(),
  uint(),
  uint(1)
)

const readVendor: Shape<VendorRecord> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    keys: read[0],
    threshold: read[1],
    nextKeysHash: read[2],
    infoHash: read[3],
    vendorSequence: read[4],
    bucket: read[5],
    grantBirthCap: read[6],
    grantClaimsPerDay: read[7],
    grantRateUnitsPerHour: read[8],
    usedBirthCap: read[9],
    usedRateUnitsPerHour: read[10],
    claimsDay: read[11],
    claims: read[12],
    removed: read[13]
  }
}

/** The table of vendors. */
export const vendors: Table<VendorRecord> = createTable({
  number: 8,
  name: 'vendors',
  read: readVendor,
  toFields: (record) => [
    record.keys,
    record.threshold,
    record.nextKeysHash,
    record.infoHash,
    record.vendorSequence,
    bucketToFields(record.bucket),
    record.grantBirthCap,
    record.grantClaimsPerDay,
    record.grantRateUnitsPerHour,
    record.usedBirthCap,
    record.usedRateUnitsPerHour,
    record.claimsDay,
    record.claims,
    record.removed
  ]
})

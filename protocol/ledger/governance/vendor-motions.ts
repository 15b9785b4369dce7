/**
 * What motions do to makers: a grant, another grant, or the end of it.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import type { VendorTerms } from '../../transactions/motion.ts'
import type { Bucket } from '../bucket.ts'
import type { LedgerWriter } from '../ledger-view.ts'
import { BIRTH_BATCH_STATUS, birthBatches } from '../records/birth-batch-record.ts'
import { vendors } from '../records/vendor-record.ts'

/** Grants a maker its share, for the first time or anew; what it has used of it stays used. */
export function writeVendorGrant(state: LedgerWriter, terms: VendorTerms, bucket: Bucket): void {
  const { vendorId, birthCap, claimsPerDay, rateUnitsPerHour } = terms
  const vendor = state.read(vendors, vendorId) ?? {
    keys: null,
    threshold: 0,
    nextKeysHash: null,
    infoHash: null,
    vendorSequence: 0,
    bucket,
    usedBirthCap: 0,
    usedRateUnitsPerHour: 0,
    claimsDay: 0,
    claims: 0
  }
  state.write(vendors, vendorId, {
    ...vendor,
    grantBirthCap: birthCap,
    grantClaimsPerDay: claimsPerDay,
    grantRateUnitsPerHour: rateUnitsPerHour,
    removed: 0
  })
}

/** Ends a maker's acts; the devices it made go on. */
export function removeVendor(state: LedgerWriter, vendorId: Uint8Array): void {
  const vendor = state.read(vendors, vendorId)
  if (vendor !== undefined) state.write(vendors, vendorId, { ...vendor, removed: 1 })
}

/** Ends a birth batch with all its devices. */
export function revokeBirths(state: LedgerWriter, birthBatchId: Uint8Array): void {
  const birthBatch = state.read(birthBatches, birthBatchId)
  if (birthBatch !== undefined)
    state.write(birthBatches, birthBatchId, { ...birthBatch, status: BIRTH_BATCH_STATUS.revoked })
}

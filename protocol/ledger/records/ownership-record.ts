/**
 * ownerships/<deviceId>: what owners write.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import type { CborValue } from '../../codec/cbor.ts'
import { bytes, key, list, nullable, type Shape, tuple, uint } from '../../codec/shape.ts'
import { type Guardians, guardiansToFields, readGuardians } from '../../transactions/guardians.ts'
import {
  type ProfileOverlay,
  profileToFields,
  readProfileOverlay
} from '../../transactions/profile.ts'
import { type Bucket, bucketToFields, readBucket } from '../bucket.ts'
import { createTable, type Table } from '../table.ts'

/** An offer to hand a device over. */
export interface Offer {
  readonly offerId: Uint8Array
  readonly buyerKeyHash: Uint8Array
  readonly openedAtMs: number
  readonly notAfterMs: number
}

/** A device's ownership record. */
export interface OwnershipRecord {
  readonly ownerSequence: number
  readonly ownerKeyHash: Uint8Array
  readonly ownerHeadId: Uint8Array
  readonly rotationKeyHashes: readonly Uint8Array[]
  readonly rotationThreshold: number
  readonly exposedMask: number
  readonly deviceRotationKeyHash: Uint8Array
  readonly encryptionKey: Uint8Array
  readonly attestationKey: Uint8Array
  readonly guardians: Guardians | null
  readonly guardianSequence: number
  readonly pendingGuardians: {
    readonly guardians: Guardians | null
    readonly readyAtMs: number
  } | null
  readonly pendingOwner: {
    readonly ownerKeyHash: Uint8Array
    readonly readyAtMs: number
    readonly unanimous: number
  } | null
  readonly openOffer: Offer | null
  readonly transferFrozenUntilMs: number
  readonly overlay: ProfileOverlay | null
  readonly updateVendorId: Uint8Array | null
  readonly ownerForkCounted: number
  readonly ownerBucket: Bucket
}

const pendingGuardians = tuple(nullable(readGuardians), uint())
const pendingOwner = tuple(bytes(32), uint(), uint(1))
const offer = tuple(bytes(32), bytes(32), uint(), uint())

const fields = tuple(
  uint(),
  bytes(32),
  bytes(32),
  list(bytes(32), 4, 1),
  uint(),
  uint(),
  bytes(32),
  bytes(32),
  key,
  nullable(readGuardians),
  uint(),
  nullable(pendingGuardians),
  nullable(pendingOwner),
  nullable(offer),
  uint(),
  nullable(readProfileOverlay),
  nullable(bytes(32)),
  uint(1),
  readBucket
)

const readOwnership: Shape<OwnershipRecord> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    ownerSequence: read[0],
    ownerKeyHash: read[1],
    ownerHeadId: read[2],
    rotationKeyHashes: read[3],
    rotationThreshold: read[4],
    exposedMask: read[5],
    deviceRotationKeyHash: read[6],
    encryptionKey: read[7],
    attestationKey: read[8],
    guardians: read[9],
    guardianSequence: read[10],
    pendingGuardians: read[11] === null ? null : { guardians: read[11][0], readyAtMs: read[11][1] },
    pendingOwner: pendingOwnerOf(read[12]),
    openOffer: offerOf(read[13]),
    transferFrozenUntilMs: read[14],
    overlay: read[15],
    updateVendorId: read[16],
    ownerForkCounted: read[17],
    ownerBucket: read[18]
  }
}

function ownershipToFields(record: OwnershipRecord): CborValue {
  const { pendingGuardians: guardians, pendingOwner: owner, openOffer: open } = record
  return [
    record.ownerSequence,
    record.ownerKeyHash,
    record.ownerHeadId,
    record.rotationKeyHashes,
    record.rotationThreshold,
    record.exposedMask,
    record.deviceRotationKeyHash,
    record.encryptionKey,
    record.attestationKey,
    guardiansToFields(record.guardians),
    record.guardianSequence,
    guardians === null ? null : [guardiansToFields(guardians.guardians), guardians.readyAtMs],
    owner === null ? null : [owner.ownerKeyHash, owner.readyAtMs, owner.unanimous],
    open === null ? null : [open.offerId, open.buyerKeyHash, open.openedAtMs, open.notAfterMs],
    record.transferFrozenUntilMs,
    record.overlay === null ? null : profileToFields(record.overlay),
    record.updateVendorId,
    record.ownerForkCounted,
    bucketToFields(record.ownerBucket)
  ]
}

/** The table of ownerships. */
export const ownerships: Table<OwnershipRecord> = createTable({
  number: 2,
  name: 'ownerships',
  toFields: ownershipToFields,
  read: readOwnership
})

function pendingOwnerOf(
  read: readonly [Uint8Array, number, number] | null
): OwnershipRecord['pendingOwner'] {
  if (read === null) return null
  return { ownerKeyHash: read[0], readyAtMs: read[1], unanimous: read[2] }
}

function offerOf(read: readonly [Uint8Array, Uint8Array, number, number] | null): Offer | null {
  if (read === null) return null
  const [offerId, buyerKeyHash, openedAtMs, notAfterMs] = read
  return { offerId, buyerKeyHash, openedAtMs, notAfterMs }
}

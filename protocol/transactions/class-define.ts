/**
 * class-define: a maker describes a class of devices, version by version.
 *
 * @see SPEC.md §5.2 Makers
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { RATE_PER_HOUR_MAX } from '../foundation/limits.ts'
import { type Profile, profileToFields, readProfile } from './profile.ts'
import { type VendorPrefix, vendorPrefixShapes } from './vendor-act.ts'

/** A class-define, field by field. */
export interface ClassDefine extends VendorPrefix {
  readonly kind: 'class-define'
  readonly classNumber: number
  readonly version: number
  /** Who holds the device's keys: 0 the device, 1 a gateway. */
  readonly custody: number
  readonly canSeal: number
  readonly profile: Profile
  readonly thingModelHash: Uint8Array
  readonly mudHash: Uint8Array | null
  readonly referenceValuesHash: Uint8Array | null
  readonly birthCap: number
  readonly rateUnitsPerHour: number
  readonly supportUntilMs: number
}

/** The wire number of the kind. */
export const CLASS_DEFINE_KIND = 51

const fields = tuple(
  ...vendorPrefixShapes(CLASS_DEFINE_KIND),
  uint(0xffff_ffff),
  uint(),
  uint(1),
  uint(1),
  readProfile,
  bytes(32),
  nullable(bytes(32)),
  nullable(bytes(32)),
  uint(),
  uint(RATE_PER_HOUR_MAX),
  uint()
)

/** Reads the body of a class-define: only a class that can seal may require it. */
export const readClassDefine: Shape<ClassDefine> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const profile = read[8]
  if (profile.sealing === 1 && read[7] !== 1) return undefined
  return {
    kind: 'class-define',
    vendorId: read[1],
    vendorSequence: read[2],
    signers: read[3],
    classNumber: read[4],
    version: read[5],
    custody: read[6],
    canSeal: read[7],
    profile,
    thingModelHash: read[9],
    mudHash: read[10],
    referenceValuesHash: read[11],
    birthCap: read[12],
    rateUnitsPerHour: read[13],
    supportUntilMs: read[14]
  }
}

/** The body of a class-define, ready to be signed. */
export function encodeClassDefine(act: Omit<ClassDefine, 'kind'>): Uint8Array {
  return encodeCbor([
    CLASS_DEFINE_KIND,
    act.vendorId,
    act.vendorSequence,
    act.signers,
    act.classNumber,
    act.version,
    act.custody,
    act.canSeal,
    profileToFields(act.profile),
    act.thingModelHash,
    act.mudHash,
    act.referenceValuesHash,
    act.birthCap,
    act.rateUnitsPerHour,
    act.supportUntilMs
  ])
}

const hashClass = createTaggedHash('tm/class/1')

/** The id of a vendor's class by its number. */
export function classIdOf(vendorId: Uint8Array, classNumber: number): Uint8Array {
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, classNumber)
  return hashClass(vendorId, number)
}

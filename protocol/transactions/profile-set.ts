/**
 * profile-set: an owner takes a newer version of the class, tightens it, and chooses who updates.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'
import { type ProfileOverlay, profileToFields, readProfileOverlay } from './profile.ts'

/** A profile-set, field by field. */
export interface ProfileSet extends OwnerPrefix {
  readonly kind: 'profile-set'
  readonly classVersion: number
  /** Whose firmware the device takes; null for the maker's. */
  readonly updateVendorId: Uint8Array | null
  readonly overlay: ProfileOverlay | null
}

/** The wire number of the kind. */
export const PROFILE_SET_KIND = 12

const fields = tuple(
  ...ownerPrefixShapes(PROFILE_SET_KIND),
  uint(),
  nullable(bytes(32)),
  nullable(readProfileOverlay)
)

/** Reads the body of a profile-set. */
export const readProfileSet: Shape<ProfileSet> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, , , , , classVersion, updateVendorId, overlay] = read
  return { kind: 'profile-set', ...ownerPrefixOf(read), classVersion, updateVendorId, overlay }
}

/** The body of a profile-set, ready to be signed. */
export function encodeProfileSet(act: Omit<ProfileSet, 'kind'>): Uint8Array {
  return encodeCbor([
    ...ownerPrefixToFields(PROFILE_SET_KIND, act),
    act.classVersion,
    act.updateVendorId,
    act.overlay === null ? null : profileToFields(act.overlay)
  ])
}

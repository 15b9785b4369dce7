/**
 * Profiles: how strictly a device is treated, as a lattice in which the stricter value wins.
 *
 * Maker's baseline, network floor and owner's overlay meet field by field, so
 * an owner can tighten and never loosen, and the order of meeting is of no matter.
 *
 * @see SPEC.md §4.4 Profiles
 * @module
 */

import type { CborValue } from '../codec/cbor.ts'
import { list, nullable, type Shape, text, tuple, uint } from '../codec/shape.ts'
import { CONTENT_SIZE_MAX_BYTES, RATE_PER_HOUR_MAX } from '../foundation/limits.ts'

/** `ratchetEvery` of a secure element whose key never changes. */
export const RATCHET_NEVER = 4_294_967_295

/** A complete profile. */
export interface Profile {
  /** 0 optional, 1 required. */
  readonly sealing: number
  /** Bits: 1 Ed25519, 2 ES256. */
  readonly signatureSuites: number
  /** At most this many messages in a row under one key. */
  readonly ratchetEvery: number
  readonly inlineBytesMax: number
  /** Units that the telemetry bucket holds. */
  readonly rateBurst: number
  readonly ratePerHour: number
  readonly silenceMaxMs: number
  readonly anchorAgeMaxMs: number
  readonly speedMaxMetresPerSecond: number
  /** Regions the device may speak from, ascending; null for any. */
  readonly regions: readonly string[] | null
  readonly attestLevel: number
  readonly attestEveryMs: number
  /** What a fork does: 0 mark, 1 quarantine. */
  readonly onFork: number
  readonly heuristicQuarantine: number
  readonly readersMax: number
  readonly firmwareConsent: number
  readonly verdictsMin: number
}

/** A tightening: null where it says nothing. */
export type ProfileOverlay = { readonly [Field in keyof Profile]: Profile[Field] | null }

type Operation = 'max' | 'min' | 'and'

interface NumberField {
  readonly name: Exclude<keyof Profile, 'regions'>
  readonly min: number
  readonly max: number
  readonly stricter: Operation
}

const ANY = Number.MAX_SAFE_INTEGER

/** The fields by position; position 9, `regions`, is the only one that is no number. */
const FIELDS: readonly (NumberField | 'regions')[] = [
  { name: 'sealing', min: 0, max: 1, stricter: 'max' },
  { name: 'signatureSuites', min: 0, max: 3, stricter: 'and' },
  { name: 'ratchetEvery', min: 1, max: RATCHET_NEVER, stricter: 'min' },
  { name: 'inlineBytesMax', min: 0, max: CONTENT_SIZE_MAX_BYTES, stricter: 'min' },
  { name: 'rateBurst', min: 1, max: ANY, stricter: 'min' },
  { name: 'ratePerHour', min: 1, max: RATE_PER_HOUR_MAX, stricter: 'min' },
  { name: 'silenceMaxMs', min: 0, max: ANY, stricter: 'min' },
  { name: 'anchorAgeMaxMs', min: 0, max: ANY, stricter: 'min' },
  { name: 'speedMaxMetresPerSecond', min: 0, max: ANY, stricter: 'min' },
  'regions',
  { name: 'attestLevel', min: 0, max: 2, stricter: 'max' },
  { name: 'attestEveryMs', min: 0, max: ANY, stricter: 'min' },
  { name: 'onFork', min: 0, max: 1, stricter: 'max' },
  { name: 'heuristicQuarantine', min: 0, max: 1, stricter: 'max' },
  { name: 'readersMax', min: 0, max: 16, stricter: 'min' },
  { name: 'firmwareConsent', min: 0, max: 1, stricter: 'max' },
  { name: 'verdictsMin', min: 0, max: 16, stricter: 'max' }
]

const regionList = list(text(64), 8)

const ascendingRegions: Shape<readonly string[]> = (value) => {
  const read = regionList(value)
  const ascending = read?.every(
    (region, index) => index === 0 || (read[index - 1] as string) < region
  )
  return ascending === true ? read : undefined
}

const overlayShape: Shape<readonly (number | readonly string[] | null)[]> = tuple(
  ...FIELDS.map(
    (field): Shape<number | readonly string[] | null> =>
      field === 'regions' ? nullable(ascendingRegions) : nullable(uint(field.max, field.min))
  )
)

/** Reads an overlay: null where it says nothing. */
export const readProfileOverlay: Shape<ProfileOverlay> = (value) => {
  const read = overlayShape(value)
  if (read === undefined) return undefined
  return Object.fromEntries(
    FIELDS.map((field, index) => [nameOf(field), read[index]])
  ) as unknown as ProfileOverlay
}

/** Reads a complete profile: an overlay in which only `regions` may be null. */
export const readProfile: Shape<Profile> = (value) => {
  const overlay = readProfileOverlay(value)
  if (overlay === undefined) return undefined
  const complete = FIELDS.every((field) => field === 'regions' || overlay[field.name] !== null)
  return complete && overlay.signatureSuites !== 0 ? (overlay as Profile) : undefined
}

/** The wire form of a profile or overlay. */
export function profileToFields(profile: ProfileOverlay): CborValue {
  return FIELDS.map((field) => profile[nameOf(field)])
}

/**
 * The stricter of a profile and an overlay, field by field.
 *
 * @returns the meet, or undefined when no suite or no region is left (`PROFILE_EMPTY`)
 */
export function tightenProfile(profile: Profile, overlay: ProfileOverlay): Profile | undefined {
  const tightened: Record<string, unknown> = {}
  for (const field of FIELDS) {
    if (field === 'regions') tightened['regions'] = meetRegions(profile.regions, overlay.regions)
    else tightened[field.name] = meet(field.stricter, profile[field.name], overlay[field.name])
  }
  const result = tightened as unknown as Profile
  const isEmpty = result.signatureSuites === 0 || result.regions?.length === 0
  return isEmpty ? undefined : result
}

function nameOf(field: NumberField | 'regions'): keyof Profile {
  return field === 'regions' ? 'regions' : field.name
}

function meet(operation: Operation, left: number, right: number | null): number {
  if (right === null) return left
  if (operation === 'and') return left & right
  return operation === 'max' ? Math.max(left, right) : Math.min(left, right)
}

function meetRegions(
  left: readonly string[] | null,
  right: readonly string[] | null
): readonly string[] | null {
  if (left === null || right === null) return left ?? right
  return left.filter((region) => right.includes(region))
}

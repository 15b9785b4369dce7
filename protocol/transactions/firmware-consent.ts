/**
 * firmware-consent: an owner agrees to one release for one device.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** A firmware-consent, field by field. */
export interface FirmwareConsent extends OwnerPrefix {
  readonly kind: 'firmware-consent'
  readonly releaseId: Uint8Array
  /** Whether the device may go back in security version: 0, 1. */
  readonly downgrade: number
}

/** The wire number of the kind. */
export const FIRMWARE_CONSENT_KIND = 25

const fields = tuple(...ownerPrefixShapes(FIRMWARE_CONSENT_KIND), bytes(32), uint(1))

/** Reads the body of a firmware-consent. */
export const readFirmwareConsent: Shape<FirmwareConsent> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    kind: 'firmware-consent',
    ...ownerPrefixOf(read),
    releaseId: read[5],
    downgrade: read[6]
  }
}

/** The body of a firmware-consent, ready to be signed. */
export function encodeFirmwareConsent(act: Omit<FirmwareConsent, 'kind'>): Uint8Array {
  return encodeCbor([
    ...ownerPrefixToFields(FIRMWARE_CONSENT_KIND, act),
    act.releaseId,
    act.downgrade
  ])
}

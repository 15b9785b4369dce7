/**
 * device-fork: two different messages of one device with one sequence, signed by one key.
 *
 * Nobody signs it: the two messages prove themselves.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { CONTENT_SIZE_MAX_BYTES } from '../foundation/limits.ts'
import { type Inclusion, inclusionToFields, readInclusion } from './inclusion.ts'

/** A device-fork, field by field. */
export interface DeviceFork {
  readonly kind: 'device-fork'
  /** The signed body of the message that the ledger has, or of the lesser id where it has none. */
  readonly first: Uint8Array
  readonly firstSignature: Uint8Array
  readonly second: Uint8Array
  readonly secondSignature: Uint8Array
  /** What the second says, if it is known: empty where it is not. */
  readonly secondContent: Uint8Array
  readonly inclusion: Inclusion | null
}

/** The wire number of the kind. */
export const DEVICE_FORK_KIND = 40
/** Largest signed body of a message. */
export const MESSAGE_BODY_MAX_BYTES = 512

const body = bytesBetween(1, MESSAGE_BODY_MAX_BYTES)
const fields = tuple(
  uint(DEVICE_FORK_KIND, DEVICE_FORK_KIND),
  body,
  bytes(64),
  body,
  bytes(64),
  bytesBetween(0, CONTENT_SIZE_MAX_BYTES),
  nullable(readInclusion)
)

/** Reads the body of a device-fork. */
export const readDeviceFork: Shape<DeviceFork> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, first, firstSignature, second, secondSignature, secondContent, inclusion] = read
  return {
    kind: 'device-fork',
    first,
    firstSignature,
    second,
    secondSignature,
    secondContent,
    inclusion
  }
}

/** The body of a device-fork; it carries no signature of its own. */
export function encodeDeviceFork(act: Omit<DeviceFork, 'kind'>): Uint8Array {
  return encodeCbor([
    DEVICE_FORK_KIND,
    act.first,
    act.firstSignature,
    act.second,
    act.secondSignature,
    act.secondContent,
    inclusionToFields(act.inclusion)
  ])
}

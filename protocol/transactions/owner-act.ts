/**
 * The prefix that every act of an owner shares: a one-time key is revealed, and the next committed to.
 *
 * @see SPEC.md §5.6 Owner acts
 * @module
 */

import type { CborValue } from '../codec/cbor.ts'
import { bytes, key, type Shape, uint } from '../codec/shape.ts'

/** Whose act it is: positions 1 to 4. */
export interface OwnerPrefix {
  readonly deviceId: Uint8Array
  /** One more than in the owner's act before. */
  readonly ownerSequence: number
  /** Revealed by this act, and never used again. */
  readonly ownerKey: Uint8Array
  readonly nextOwnerKeyHash: Uint8Array
}

/** The shapes of positions 0 to 4 of an owner's act. */
export function ownerPrefixShapes(
  kind: number
): readonly [
  Shape<number>,
  Shape<Uint8Array>,
  Shape<number>,
  Shape<Uint8Array>,
  Shape<Uint8Array>
] {
  return [uint(kind, kind), bytes(32), uint(), key, bytes(32)]
}

/** The prefix of positions that were read. */
export function ownerPrefixOf(
  read: readonly [number, Uint8Array, number, Uint8Array, Uint8Array, ...unknown[]]
): OwnerPrefix {
  const [, deviceId, ownerSequence, ownerKey, nextOwnerKeyHash] = read
  return { deviceId, ownerSequence, ownerKey, nextOwnerKeyHash }
}

/** Positions 0 to 4. */
export function ownerPrefixToFields(kind: number, act: OwnerPrefix): readonly CborValue[] {
  return [kind, act.deviceId, act.ownerSequence, act.ownerKey, act.nextOwnerKeyHash]
}

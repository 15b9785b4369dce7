/**
 * owner-fork: two different acts of an owner under one one-time key.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, type Shape, tuple, uint } from '../codec/shape.ts'
import { TRANSACTION_SIZE_MAX_BYTES } from '../foundation/limits.ts'

/** An owner-fork, field by field. */
export interface OwnerFork {
  readonly kind: 'owner-fork'
  /** The signed body that the ledger has, or of the lesser id where it has none. */
  readonly first: Uint8Array
  /** By the owner key; signatures by rotation keys are left out. */
  readonly firstSignature: Uint8Array
  readonly second: Uint8Array
  readonly secondSignature: Uint8Array
}

/** The wire number of the kind. */
export const OWNER_FORK_KIND = 42

const body = bytesBetween(1, TRANSACTION_SIZE_MAX_BYTES)
const fields = tuple(uint(OWNER_FORK_KIND, OWNER_FORK_KIND), body, bytes(64), body, bytes(64))

/** Reads the body of an owner-fork. */
export const readOwnerFork: Shape<OwnerFork> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, first, firstSignature, second, secondSignature] = read
  return { kind: 'owner-fork', first, firstSignature, second, secondSignature }
}

/** The body of an owner-fork; it carries no signature of its own. */
export function encodeOwnerFork(act: Omit<OwnerFork, 'kind'>): Uint8Array {
  const { first, firstSignature, second, secondSignature } = act
  return encodeCbor([OWNER_FORK_KIND, first, firstSignature, second, secondSignature])
}

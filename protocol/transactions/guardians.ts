/**
 * Guardians: who may cancel, mark a device lost, or replace a lost owner key, after a delay.
 *
 * @see SPEC.md §5.1 claim
 * @module
 */

import type { CborValue } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'

/** Who they are, hidden behind a root, and what it takes. */
export interface Guardians {
  /** Root of the list tree of the hashes of their keys. */
  readonly root: Uint8Array
  readonly threshold: number
  readonly count: number
  readonly delayMs: number
}

/** Most guardians of one device. */
export const GUARDIANS_MAX = 16

const fields = tuple(bytes(32), uint(), uint(), uint())

/** Reads guardians; whether their numbers make sense is a rule of the ledger. */
export const readGuardians: Shape<Guardians> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return { root: read[0], threshold: read[1], count: read[2], delayMs: read[3] }
}

/** The wire form of guardians. */
export function guardiansToFields(guardians: Guardians | null): CborValue {
  if (guardians === null) return null
  return [guardians.root, guardians.threshold, guardians.count, guardians.delayMs]
}

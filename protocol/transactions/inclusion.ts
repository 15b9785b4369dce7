/**
 * Inclusion: the proof that a transaction counted in a block that the ledger still remembers.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import type { CborValue } from '../codec/cbor.ts'
import {
  bytes,
  bytesBetween,
  list,
  nullable,
  type Shape,
  text,
  tuple,
  uint
} from '../codec/shape.ts'

/** Where a transaction counted. */
export interface Inclusion {
  readonly height: number
  readonly headerBytes: Uint8Array
  /** From the leaf of its receipt up to the receipts root. */
  readonly receiptsPath: readonly Uint8Array[]
  readonly index: number
  /** The code of its outcome: null when it was applied, else why its content was void. */
  readonly code: string | null
}

const HEADER_MAX_BYTES = 2_048
const PATH_MAX = 32
const CODE_MAX = 64

const fields = tuple(
  uint(),
  bytesBetween(1, HEADER_MAX_BYTES),
  list(bytes(32), PATH_MAX),
  uint(),
  nullable(text(CODE_MAX))
)

/** Reads an inclusion. */
export const readInclusion: Shape<Inclusion> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [height, headerBytes, receiptsPath, index, code] = read
  return { height, headerBytes, receiptsPath, index, code }
}

/** The positions of an inclusion. */
export function inclusionToFields(inclusion: Inclusion | null): CborValue {
  if (inclusion === null) return null
  const { height, headerBytes, receiptsPath, index, code } = inclusion
  return [height, headerBytes, receiptsPath, index, code]
}

/**
 * Boxes: what is printed on a box, or told by NFC, so that whoever holds it may claim.
 *
 * A box carries the inception and the seed of the box key. It may also carry the
 * device's place in its birth batch; without it, the maker tells it on request.
 *
 * @see ../protocol/SPEC.md §5.1 claim
 * @module
 */

import {
  BIRTHS_MAX,
  type CborValue,
  decodeCbor,
  decodeInception,
  encodeCbor
} from '../protocol/index.ts'
import type { BirthPlace } from './births.ts'

/** A device's birth batch and its place there. */
export interface BirthRecord extends BirthPlace {
  readonly birthBatchId: Uint8Array
}

/** What a box says. */
export interface Box {
  readonly inceptionBytes: Uint8Array
  readonly boxSeed: Uint8Array
  readonly birth: BirthRecord | null
}

const BOX_FORMAT = 1
const PATH_MAX = 32

/** The payload of a QR code or NFC tag: `[1, inception, boxSeed, birth or null]`. */
export function encodeBox({ inceptionBytes, boxSeed, birth }: Box): Uint8Array {
  const place: CborValue = birth === null ? null : [birth.birthBatchId, birth.leafIndex, birth.path]
  return encodeCbor([BOX_FORMAT, inceptionBytes, boxSeed, place])
}

/**
 * Reads what was scanned.
 *
 * @param encoded - untrusted
 * @returns the box, or undefined when it is none of ours
 */
export function decodeBox(encoded: Uint8Array): Box | undefined {
  const value = decodeCbor(encoded)
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [format, inceptionBytes, boxSeed, place] = value as readonly CborValue[]
  if (format !== BOX_FORMAT || !isBytes(boxSeed, 32)) return undefined
  if (!(inceptionBytes instanceof Uint8Array)) return undefined
  if (decodeInception(inceptionBytes) === undefined) return undefined
  if (place === null) return { inceptionBytes, boxSeed, birth: null }
  const birth = readBirth(place)
  return birth === undefined ? undefined : { inceptionBytes, boxSeed, birth }
}

function readBirth(value: CborValue | undefined): BirthRecord | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [birthBatchId, leafIndex, path] = value as readonly CborValue[]
  if (!isBytes(birthBatchId, 32) || typeof leafIndex !== 'number') return undefined
  if (leafIndex >= BIRTHS_MAX || !Array.isArray(path) || path.length > PATH_MAX) return undefined
  const siblings = (path as readonly CborValue[]).filter((sibling) => isBytes(sibling, 32))
  if (siblings.length !== path.length) return undefined
  return { birthBatchId, leafIndex, path: siblings as Uint8Array[] }
}

function isBytes(value: CborValue | undefined, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

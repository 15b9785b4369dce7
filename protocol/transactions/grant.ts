/**
 * grant: a new data key for a device, wrapped for it and for each reader.
 *
 * Every change of the readers is a new key, so nobody reads what came before or after.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { type CborValue, encodeCbor } from '../codec/cbor.ts'
import { bytes, list, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** A data key, encrypted to one X25519 key by HPKE (RFC 9180). */
export interface KeyWrap {
  /** The encapsulated key: 32 bytes. */
  readonly enc: Uint8Array
  /** The wrapped key with its tag: 48 bytes. */
  readonly ciphertext: Uint8Array
}

/** What one reader is given. */
export interface ReaderWrap extends KeyWrap {
  /** 16 bytes that only reader and owner can link to the reader. */
  readonly readerId: Uint8Array
  /** Until then nodes serve the wrap. */
  readonly notAfterMs: number
}

/** A grant, field by field. */
export interface Grant extends OwnerPrefix {
  readonly kind: 'grant'
  readonly dataKeyEpoch: number
  readonly keyCommitment: Uint8Array
  readonly deviceWrap: KeyWrap
  /** In ascending order of their ids. */
  readonly readers: readonly ReaderWrap[]
}

/** The wire number of the kind. */
export const GRANT_KIND = 10
/** Most readers of one device: what the loosest profile allows. */
export const READERS_MAX = 16

const wrapFields = tuple(bytes(32), bytes(48))
const readerFields = tuple(bytes(16), bytes(32), bytes(48), uint())

/** Reads a wrap. */
export const readKeyWrap: Shape<KeyWrap> = (value) => {
  const read = wrapFields(value)
  return read && { enc: read[0], ciphertext: read[1] }
}

/** Reads what one reader is given. */
export const readReaderWrap: Shape<ReaderWrap> = (value) => {
  const read = readerFields(value)
  return read && { readerId: read[0], enc: read[1], ciphertext: read[2], notAfterMs: read[3] }
}

/** The positions of a wrap. */
export function keyWrapToFields({ enc, ciphertext }: KeyWrap): CborValue {
  return [enc, ciphertext]
}

/** The positions of what one reader is given. */
export function readerWrapToFields(reader: ReaderWrap): CborValue {
  return [reader.readerId, reader.enc, reader.ciphertext, reader.notAfterMs]
}

const fields = tuple(
  ...ownerPrefixShapes(GRANT_KIND),
  uint(),
  bytes(32),
  readKeyWrap,
  list(readReaderWrap, READERS_MAX)
)

/** Reads the body of a grant. */
export const readGrant: Shape<Grant> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    kind: 'grant',
    ...ownerPrefixOf(read),
    dataKeyEpoch: read[5],
    keyCommitment: read[6],
    deviceWrap: read[7],
    readers: read[8]
  }
}

/** The body of a grant, ready to be signed. */
export function encodeGrant(act: Omit<Grant, 'kind'>): Uint8Array {
  return encodeCbor([
    ...ownerPrefixToFields(GRANT_KIND, act),
    act.dataKeyEpoch,
    act.keyCommitment,
    keyWrapToFields(act.deviceWrap),
    act.readers.map(readerWrapToFields)
  ])
}

/**
 * The re-keying part: a device gets new keys by its owner's reveal and its rotation keys together.
 *
 * @see SPEC.md §5.8 Re-keying
 * @module
 */

import type { CborValue } from '../codec/cbor.ts'
import { bytes, key, list, type Shape, tuple, uint } from '../codec/shape.ts'

/** Most rotation keys of one device. */
export const ROTATION_KEYS_MAX = 4

/** A rotation key that is shown, with its place in the list of hashes. */
export interface RevealedKey {
  readonly index: number
  readonly key: Uint8Array
}

/** What replaces what. */
export interface Rekeying {
  readonly newIncarnation: number
  readonly newSigningKeyHash: Uint8Array
  readonly newRotationKeyHashes: readonly Uint8Array[]
  readonly newRotationThreshold: number
  /** X25519 public key. */
  readonly newEncryptionKey: Uint8Array
  readonly revealed: readonly RevealedKey[]
}

const revealedFields = tuple(uint(ROTATION_KEYS_MAX - 1), key)

const readRevealedKey: Shape<RevealedKey> = (value) => {
  const read = revealedFields(value)
  return read && { index: read[0], key: read[1] }
}

/** Reads keys that are shown; whether they are the right ones is a rule of the ledger. */
export const readRevealedKeys: Shape<readonly RevealedKey[]> = list(
  readRevealedKey,
  ROTATION_KEYS_MAX
)

/** The positions of keys that are shown. */
export function revealedKeysToFields(revealed: readonly RevealedKey[]): CborValue {
  return revealed.map(({ index, key: shown }) => [index, shown])
}

/** The shapes of positions 5 to 10. */
export const rekeyingShapes: readonly [
  Shape<number>,
  Shape<Uint8Array>,
  Shape<readonly Uint8Array[]>,
  Shape<number>,
  Shape<Uint8Array>,
  Shape<readonly RevealedKey[]>
] = [uint(), bytes(32), list(bytes(32), ROTATION_KEYS_MAX, 1), uint(), bytes(32), readRevealedKeys]

/** The part, of positions 5 to 10 that were read. */
export function rekeyingOf(
  read: readonly [
    number,
    Uint8Array,
    readonly Uint8Array[],
    number,
    Uint8Array,
    readonly RevealedKey[]
  ]
): Rekeying {
  const [newIncarnation, newSigningKeyHash, newRotationKeyHashes, newRotationThreshold] = read
  const [, , , , newEncryptionKey, revealed] = read
  return {
    newIncarnation,
    newSigningKeyHash,
    newRotationKeyHashes,
    newRotationThreshold,
    newEncryptionKey,
    revealed
  }
}

/** Positions 5 to 10. */
export function rekeyingToFields(part: Rekeying): readonly CborValue[] {
  return [
    part.newIncarnation,
    part.newSigningKeyHash,
    part.newRotationKeyHashes,
    part.newRotationThreshold,
    part.newEncryptionKey,
    revealedKeysToFields(part.revealed)
  ]
}

/**
 * Rotation keys: which lists of them make sense, and whether enough of them were shown.
 *
 * @see SPEC.md §5.8 Re-keying
 * @module
 */

import { keyHash } from '../../crypto/hash.ts'
import { compareBytes, equalBytes } from '../../foundation/bytes.ts'
import type { RevealedKey } from '../../transactions/rekeying.ts'
import type { OwnershipRecord } from '../records/ownership-record.ts'

/** One to four distinct hashes in ascending order, and a threshold that they can meet. */
export function isRotationListValid(hashes: readonly Uint8Array[], threshold: number): boolean {
  return threshold >= 1 && threshold <= hashes.length && isAscending(hashes)
}

/** Whether byte strings are distinct and ascending. */
export function isAscending(items: readonly Uint8Array[]): boolean {
  return items.every(
    (item, index) => index === 0 || compareBytes(items[index - 1] as Uint8Array, item) < 0
  )
}

/** Whether the keys that are shown are rotation keys in force, none of them exposed, and enough. */
export function areRevealed(
  { rotationKeyHashes, rotationThreshold, exposedMask }: OwnershipRecord,
  revealed: readonly RevealedKey[]
): boolean {
  if (revealed.length < rotationThreshold) return false
  return revealed.every(({ index, key }, place) => {
    const before = revealed[place - 1]
    const hash = rotationKeyHashes[index]
    return (
      (before === undefined || before.index < index) &&
      hash !== undefined &&
      equalBytes(keyHash(key), hash) &&
      (exposedMask & (1 << index)) === 0
    )
  })
}

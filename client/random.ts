/**
 * Randomness: the one port through which keys, salts and shuffles get their bytes.
 *
 * @module
 */

import { invariant } from '../protocol/index.ts'

/** Gives fresh random bytes, fit for keys. */
export type RandomBytes = (length: number) => Uint8Array

/** The most that the platform gives at once (Web Cryptography §10.1.1). */
const PIECE_MAX_BYTES = 65_536

/** The platform's own randomness, in browsers and on Node alike. */
export function systemRandomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let offset = 0; offset < length; offset += PIECE_MAX_BYTES)
    globalThis.crypto.getRandomValues(bytes.subarray(offset, offset + PIECE_MAX_BYTES))
  return bytes
}

/** The items in an order that nobody can foretell: every order is equally likely. */
export function shuffled<T>(items: readonly T[], randomBytes: RandomBytes): T[] {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last--) {
    const other = randomBelow(last + 1, randomBytes)
    const moved = result[last] as T
    result[last] = result[other] as T
    result[other] = moved
  }
  return result
}

/** A number from 0 to `limit` − 1, without the bias of a plain remainder. */
function randomBelow(limit: number, randomBytes: RandomBytes): number {
  invariant(limit > 0 && limit <= 0x1_0000_0000, 'a random number has a limit of 32 bits')
  const fair = 0x1_0000_0000 - (0x1_0000_0000 % limit)
  for (;;) {
    const bytes = randomBytes(4)
    const drawn = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (drawn < fair) return drawn % limit
  }
}

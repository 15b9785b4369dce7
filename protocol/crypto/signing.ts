/**
 * Signing: what holders of private keys do; nothing that decides agreement is here.
 *
 * A private key is 32 bytes of either algorithm. Its bytes are the caller's to
 * keep and to erase: no function here holds on to them.
 *
 * @see SPEC.md §1.5 Signatures
 * @module
 */

import { ed25519PublicKey, ed25519Sign, p256PublicKey, p256Sign } from '#crypto'
import type { CoseSignature } from './cose.ts'

/** A private key with its algorithm: an Ed25519 seed, or a P-256 scalar. */
export interface PrivateKey {
  readonly algorithm: CoseSignature['algorithm']
  readonly bytes: Uint8Array
}

/**
 * Makes a private key of 32 random or derived bytes.
 *
 * @returns the key, or undefined when the bytes are no scalar of P-256 (one case in 2^32: draw again)
 */
export function createPrivateKey(
  algorithm: CoseSignature['algorithm'],
  bytes: Uint8Array
): PrivateKey | undefined {
  const key = { algorithm, bytes }
  if (algorithm === 'Ed25519') return bytes.length === 32 ? key : undefined
  try {
    p256PublicKey(bytes)
    return key
  } catch (error) {
    // The seam throws on a scalar out of range: to a caller that draws keys, a plain "no".
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The public key of a private one: 32 bytes Ed25519, 33 bytes P-256. */
export function publicKeyOf({ algorithm, bytes }: PrivateKey): Uint8Array {
  return algorithm === 'ES256' ? p256PublicKey(bytes) : ed25519PublicKey(bytes)
}

/** Signs bytes that one of this room's signing layouts made. */
export function signBytes({ algorithm, bytes }: PrivateKey, message: Uint8Array): CoseSignature {
  const signature = algorithm === 'ES256' ? p256Sign(bytes, message) : ed25519Sign(bytes, message)
  return { algorithm, signature }
}

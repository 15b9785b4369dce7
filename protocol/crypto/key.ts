/**
 * Keys: the algorithm follows from the length, and weak keys are refused.
 *
 * @see SPEC.md §1.3 Keys
 * @module
 */

import { ed25519Verify, isEd25519KeyStrong, isP256KeyValid, p256Verify } from '#crypto'

/** The signature suites, as bits of a profile's `signatureSuites`. */
export const SUITE_ED25519 = 1
/** ECDSA on P-256 with SHA-256, for secure elements. */
export const SUITE_ES256 = 2

/** The suite of a key by its length: 32 bytes Ed25519, 33 bytes P-256. */
export function suiteOf(key: Uint8Array): typeof SUITE_ED25519 | typeof SUITE_ES256 {
  return key.length === 33 ? SUITE_ES256 : SUITE_ED25519
}

/** Whether a revealed key may be used: canonical, on its curve, not of small order. */
export function isKeyStrong(key: Uint8Array): boolean {
  return key.length === 33 ? isP256KeyValid(key) : isEd25519KeyStrong(key)
}

/** Whether `signature` over `message` is genuine, by the one strict verifier. */
export function verifySignature(
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): boolean {
  return key.length === 33
    ? p256Verify(key, message, signature)
    : ed25519Verify(key, message, signature)
}

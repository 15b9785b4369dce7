/**
 * The crypto seam: the few primitives that protocol/ takes from outside.
 *
 * Two implementations fill it, chosen by package import conditions (`#crypto`):
 * `native.ts` on Node, `browser.ts` in browsers. Shared vectors prove them
 * equal, so it never matters to agreement which one a program holds.
 *
 * @module
 */

/** The primitives, all synchronous and without any state that a caller can see. */
export interface CryptoPrimitives {
  /** SHA-256 of `message`: 32 fresh bytes. */
  readonly sha256: (message: Uint8Array) => Uint8Array
  /** SHA-256 of each 64-byte pair of `pairs` (n × 64 bytes in, n × 32 fresh bytes out). */
  readonly hashPairs: (pairs: Uint8Array) => Uint8Array
  /**
   * Strict, cofactorless Ed25519 verification exactly as libsodium does it: canonical S, canonical
   * and not small-order public key and R. Never throws on bytes of any length: false.
   */
  readonly ed25519Verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array
  ) => boolean
  /** Ed25519 signature (64 bytes) by the key pair of a 32-byte `seed` (RFC 8032). */
  readonly ed25519Sign: (seed: Uint8Array, message: Uint8Array) => Uint8Array
  /** Ed25519 public key (32 bytes) of a 32-byte `seed`. */
  readonly ed25519PublicKey: (seed: Uint8Array) => Uint8Array
  /** Whether 32 bytes are a canonical point of the prime-order subgroup's curve, not of small order. */
  readonly isEd25519KeyStrong: (publicKey: Uint8Array) => boolean
  /**
   * ES256 verification with a compressed P-256 key (33 bytes) and a 64-byte r‖s signature.
   * High-S, zero and out-of-range values are refused. Never throws: false.
   */
  readonly p256Verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array
  ) => boolean
  /** ES256 signature (r‖s, low-S) over SHA-256 of `message` by a 32-byte private key. */
  readonly p256Sign: (privateKey: Uint8Array, message: Uint8Array) => Uint8Array
  /** Compressed P-256 public key (33 bytes) of a 32-byte private key. */
  readonly p256PublicKey: (privateKey: Uint8Array) => Uint8Array
  /** Whether 33 bytes are a valid compressed point of P-256. */
  readonly isP256KeyValid: (publicKey: Uint8Array) => boolean
}

/**
 * The crypto seam: the few primitives that protocol/ takes from outside.
 *
 * Two implementations fill it, chosen by package import conditions (`#crypto`):
 * `native.ts` on Node, `browser.ts` in browsers. Shared vectors prove them
 * equal, so it never matters to agreement which one a program holds.
 *
 * Public keys, signatures and messages come from strangers: bytes of any length
 * are judged, never thrown at. Seeds and private keys are our own: a wrong
 * length is a bug of the caller and throws a RangeError.
 *
 * @module
 */

/** A key pair that signs again and again; the seed is expanded once. */
export interface Ed25519Signer {
  /** The public key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Signs `message`: 64 fresh bytes, the same for the same message (RFC 8032). */
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** The primitives, all synchronous and without any state that a caller can see. */
export interface CryptoPrimitives {
  /** SHA-256 of `message`: 32 fresh bytes. */
  readonly sha256: (message: Uint8Array) => Uint8Array
  /**
   * SHA-256 of each 64-byte pair of `pairs` (n × 64 bytes in, n × 32 fresh bytes out).
   *
   * @throws RangeError when the length is no multiple of 64
   */
  readonly hashPairs: (pairs: Uint8Array) => Uint8Array
  /**
   * Strict, cofactorless Ed25519 verification. With A the public key, R and S the halves of the
   * signature, L the order of the base point B, and k = SHA-512(R ‖ A ‖ message) mod L, it is true
   * exactly when
   *
   * - S < L;
   * - A is the canonical encoding (y < p) of a point that is not of small order (1, 2, 4 or 8);
   * - R is, byte for byte, the canonical encoding of S·B − k·A, and that is not of small order.
   *
   * A key or an R with a small-order component beside its large one passes if that equation holds
   * as it stands, without multiplying by the cofactor: refuse such keys by `isEd25519KeyStrong`.
   * Bytes of any other length than 32 and 64: false.
   */
  readonly ed25519Verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array
  ) => boolean
  /** Signs once with the key pair of a 32-byte `seed` (RFC 8032): 64 bytes. */
  readonly ed25519Sign: (seed: Uint8Array, message: Uint8Array) => Uint8Array
  /** Ed25519 public key (32 bytes) of a 32-byte `seed`. */
  readonly ed25519PublicKey: (seed: Uint8Array) => Uint8Array
  /** A signer of the key pair of a 32-byte `seed`, for keys that sign often. Keeps no hold of `seed`. */
  readonly createEd25519Signer: (seed: Uint8Array) => Ed25519Signer
  /**
   * Whether the bytes are a key worth admitting: 32 bytes, the canonical encoding (y < p, no signed
   * zero) of a point on the curve, of order exactly L. Refused are all others: the eight points of
   * small order, and points with a small-order component, which `ed25519Verify` would let pass.
   */
  readonly isEd25519KeyStrong: (publicKey: Uint8Array) => boolean
  /**
   * ES256 verification with a compressed P-256 key (33 bytes) and a 64-byte r‖s signature over
   * SHA-256 of `message`. Refused are s > n/2, r or s of zero, r ≥ n, other lengths, and whatever
   * `isP256KeyValid` refuses.
   */
  readonly p256Verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array
  ) => boolean
  /**
   * ES256 signature (r‖s, low-S) over SHA-256 of `message` by a 32-byte private key. The nonce is
   * the implementation's own, random or derived: two signatures of one message may differ.
   *
   * @throws RangeError when the private key is not in 1 … n−1
   */
  readonly p256Sign: (privateKey: Uint8Array, message: Uint8Array) => Uint8Array
  /**
   * Compressed P-256 public key (33 bytes) of a 32-byte private key.
   *
   * @throws RangeError when the private key is not in 1 … n−1
   */
  readonly p256PublicKey: (privateKey: Uint8Array) => Uint8Array
  /** Whether the bytes are a compressed point of P-256: 33 bytes, 02 or 03 first, x < p, on the curve. */
  readonly isP256KeyValid: (publicKey: Uint8Array) => boolean
}

/**
 * The few functions of sodium-native that the seam uses; the package ships no types.
 *
 * @module
 */

declare module 'sodium-native' {
  const sodium: {
    crypto_hash_sha256(output: Uint8Array, input: Uint8Array): void
    crypto_sign_verify_detached(
      signature: Uint8Array,
      message: Uint8Array,
      publicKey: Uint8Array
    ): boolean | undefined
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
    crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean
  }

  export = sodium
}

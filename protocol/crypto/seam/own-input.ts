/**
 * Own input: what a caller of the seam must get right, refused alike on both sides.
 *
 * @module
 */

/** Throws a RangeError when a seed is not 32 bytes. */
export function requireSeed(seed: Uint8Array): void {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, not ${seed.length}`)
}

/** Throws a RangeError when `pairs` do not divide into pairs of 64 bytes. */
export function requirePairs(pairs: Uint8Array): void {
  if (pairs.length % 64 !== 0)
    throw new RangeError(`pairs have a multiple of 64 bytes, not ${pairs.length}`)
}

// The order of P-256, big-endian.
const P256_ORDER = [
  0xffff_ffff, 0x0000_0000, 0xffff_ffff, 0xffff_ffff, 0xbce6_faad, 0xa717_9e84, 0xf3b9_cac2,
  0xfc63_2551
]

/** Throws a RangeError, which never names the key, when a P-256 private key is not in 1 … n−1. */
export function requireP256PrivateKey(privateKey: Uint8Array): void {
  if (
    privateKey.length !== 32 ||
    privateKey.every((byte) => byte === 0) ||
    !isBelowOrder(privateKey)
  )
    throw new RangeError('a P-256 private key has 32 bytes and lies in 1 … n−1')
}

// Reads words instead of one big integer or a text, which would leave copies of a secret behind.
function isBelowOrder(privateKey: Uint8Array): boolean {
  const words = new DataView(privateKey.buffer, privateKey.byteOffset, 32)
  for (const [index, limit] of P256_ORDER.entries()) {
    const word = words.getUint32(4 * index)
    if (word !== limit) return word < limit
  }
  return false
}

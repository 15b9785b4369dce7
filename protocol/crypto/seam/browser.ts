/**
 * The crypto seam in browsers: noble curves and hashes, made to judge as libsodium does.
 *
 * @module
 */

import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { bytesToNumberLE, equalBytes } from '@noble/curves/utils.js'
import { sha256 as sha256OfNoble, sha512 } from '@noble/hashes/sha2.js'
import { requireP256PrivateKey, requirePairs, requireSeed } from './own-input.ts'
import type { CryptoPrimitives } from './primitives.ts'

const { Point } = ed25519
const { Fn } = Point

/** SHA-256 of `message`. */
export const sha256: CryptoPrimitives['sha256'] = (message) => sha256OfNoble(message)

/** SHA-256 of each 64-byte pair. */
export const hashPairs: CryptoPrimitives['hashPairs'] = (pairs) => {
  requirePairs(pairs)
  const digests = new Uint8Array(pairs.length / 2)
  for (let offset = 0; offset < pairs.length; offset += 64)
    digests.set(sha256OfNoble(pairs.subarray(offset, offset + 64)), offset / 2)
  return digests
}

/** Strict, cofactorless Ed25519 verification: noble's own multiplies by the cofactor. */
export const ed25519Verify: CryptoPrimitives['ed25519Verify'] = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const s = bytesToNumberLE(signature.subarray(32))
  const key = readEd25519Point(publicKey)
  if (!Fn.isValid(s) || key === undefined || key.isSmallOrder()) return false
  const encodedR = signature.subarray(0, 32)
  const challenge = hashToScalar(encodedR, publicKey, message)
  // Both are public values, so the faster multiplication may show them in its timing.
  const r = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(challenge))
  return equalBytes(r.toBytes(), encodedR) && !r.isSmallOrder()
}

/** One Ed25519 signature by a seed. */
export const ed25519Sign: CryptoPrimitives['ed25519Sign'] = (seed, message) => {
  requireSeed(seed)
  return ed25519.sign(message, seed)
}

/** Ed25519 public key of a seed. */
export const ed25519PublicKey: CryptoPrimitives['ed25519PublicKey'] = (seed) => {
  requireSeed(seed)
  return ed25519.getPublicKey(seed)
}

/** A signer for a key that signs often. */
export const createEd25519Signer: CryptoPrimitives['createEd25519Signer'] = (seed) => {
  requireSeed(seed)
  const { prefix, scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed)
  return {
    publicKey: pointBytes.slice(),
    sign: (message) => {
      const nonce = hashToScalar(prefix, message)
      const encodedR = Point.BASE.multiply(nonce).toBytes()
      const challenge = hashToScalar(encodedR, pointBytes, message)
      const signature = new Uint8Array(64)
      signature.set(encodedR)
      signature.set(Fn.toBytes(Fn.create(nonce + challenge * scalar)), 32)
      return signature
    }
  }
}

/** Canonical, on the curve, of order exactly L. */
export const isEd25519KeyStrong: CryptoPrimitives['isEd25519KeyStrong'] = (publicKey) => {
  const key = readEd25519Point(publicKey)
  return key !== undefined && !key.isSmallOrder() && key.isTorsionFree()
}

/** ES256 verification, low-S only. */
export const p256Verify: CryptoPrimitives['p256Verify'] = (publicKey, message, signature) =>
  signature.length === 64 &&
  isP256KeyValid(publicKey) &&
  p256.verify(signature, message, publicKey, { lowS: true, prehash: true, format: 'compact' })

/** ES256 signature with low-S. */
export const p256Sign: CryptoPrimitives['p256Sign'] = (privateKey, message) => {
  requireP256PrivateKey(privateKey)
  return p256.sign(message, privateKey, { lowS: true, prehash: true, format: 'compact' })
}

/** Compressed P-256 public key. */
export const p256PublicKey: CryptoPrimitives['p256PublicKey'] = (privateKey) => {
  requireP256PrivateKey(privateKey)
  return p256.getPublicKey(privateKey, true)
}

/** Whether the bytes decode to a point of P-256. */
export const isP256KeyValid: CryptoPrimitives['isP256KeyValid'] = (publicKey) =>
  p256.utils.isValidPublicKey(publicKey, true)

function readEd25519Point(encoded: Uint8Array): InstanceType<typeof Point> | undefined {
  if (encoded.length !== 32) return undefined
  try {
    return Point.fromBytes(encoded, false)
  } catch {
    // Noble throws on what is no canonical point: to us, a key that is not valid.
    return undefined
  }
}

function hashToScalar(...parts: readonly Uint8Array[]): bigint {
  const hash = sha512.create()
  for (const part of parts) hash.update(part)
  return Fn.create(bytesToNumberLE(hash.digest()))
}

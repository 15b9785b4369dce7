/**
 * The crypto seam on Node: libsodium, hashtree, and node:crypto for P-256.
 *
 * Everything that affects agreement runs on this side.
 *
 * @module
 */

import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  ECDH,
  type KeyObject,
  sign,
  verify
} from 'node:crypto'
import { hashInto } from '@chainsafe/hashtree'
import sodium from 'sodium-native'
import type { CryptoPrimitives } from './primitives.ts'

/** SHA-256 of `message`. */
export const sha256: CryptoPrimitives['sha256'] = (message) => {
  const digest = new Uint8Array(32)
  sodium.crypto_hash_sha256(digest, message)
  return digest
}

/** SHA-256 of each 64-byte pair. */
export const hashPairs: CryptoPrimitives['hashPairs'] = (pairs) => {
  const digests = new Uint8Array(pairs.length / 2)
  if (pairs.length > 0) hashInto(pairs, digests)
  return digests
}

/** Strict Ed25519 verification by libsodium. */
export const ed25519Verify: CryptoPrimitives['ed25519Verify'] = (publicKey, message, signature) =>
  publicKey.length === 32 &&
  signature.length === 64 &&
  sodium.crypto_sign_verify_detached(signature, message, publicKey)

/** Ed25519 signature by a seed. */
export const ed25519Sign: CryptoPrimitives['ed25519Sign'] = (seed, message) => {
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  const signature = new Uint8Array(64)
  sodium.crypto_sign_detached(signature, message, secretKey)
  secretKey.fill(0)
  return signature
}

/** Ed25519 public key of a seed. */
export const ed25519PublicKey: CryptoPrimitives['ed25519PublicKey'] = (seed) => {
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  secretKey.fill(0)
  return publicKey
}

/** Canonical, on the curve, in the main subgroup, not of small order. */
export const isEd25519KeyStrong: CryptoPrimitives['isEd25519KeyStrong'] = (publicKey) =>
  publicKey.length === 32 && sodium.crypto_core_ed25519_is_valid_point(publicKey)

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** ES256 with low-S. */
export const p256Verify: CryptoPrimitives['p256Verify'] = (publicKey, message, signature) => {
  if (signature.length !== 64 || !isLowS(signature.subarray(32))) return false
  const key = p256PublicKeyObject(publicKey)
  if (key === undefined) return false
  try {
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)
  } catch {
    // OpenSSL throws on values it cannot read as a signature: to us, a signature that is not valid.
    return false
  }
}

/** ES256 signature with low-S. */
export const p256Sign: CryptoPrimitives['p256Sign'] = (privateKey, message) => {
  const point = uncompressed(p256PublicKey(privateKey))
  const key = createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', d: base64url(privateKey), ...coordinates(point) }
  })
  const signature = new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))
  const s = toBigInt(signature.subarray(32))
  if (s > P256_ORDER / 2n) {
    const low = (P256_ORDER - s).toString(16).padStart(64, '0')
    signature.set(Buffer.from(low, 'hex'), 32)
  }
  return signature
}

/** Compressed P-256 public key. */
export const p256PublicKey: CryptoPrimitives['p256PublicKey'] = (privateKey) => {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(Buffer.from(privateKey))
  return new Uint8Array(pair.getPublicKey(null, 'compressed'))
}

/** Whether the bytes decode to a point of P-256. */
export const isP256KeyValid: CryptoPrimitives['isP256KeyValid'] = (publicKey) =>
  p256PublicKeyObject(publicKey) !== undefined

function p256PublicKeyObject(publicKey: Uint8Array): KeyObject | undefined {
  if (publicKey.length !== 33) return undefined
  try {
    const key = { kty: 'EC', crv: 'P-256', ...coordinates(uncompressed(publicKey)) }
    return createPublicKey({ format: 'jwk', key })
  } catch {
    // OpenSSL throws on what is no point of the curve: to us, a key that is not valid.
    return undefined
  }
}

function uncompressed(publicKey: Uint8Array): Uint8Array {
  return ECDH.convertKey(publicKey, 'prime256v1', undefined, undefined, 'uncompressed') as Buffer
}

function coordinates(point: Uint8Array): { x: string; y: string } {
  return { x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33, 65)) }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function isLowS(s: Uint8Array): boolean {
  const value = toBigInt(s)
  return value > 0n && value <= P256_ORDER / 2n
}

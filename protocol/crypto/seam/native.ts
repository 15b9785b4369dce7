/**
 * The crypto seam on Node: libsodium, hashtree, and node:crypto for P-256.
 *
 * Everything that affects agreement runs on this side. The libsodium inside
 * sodium-native 5.1.0 (1.0.21) verifies without the cofactor; libsodium's
 * development branch multiplies by it, which lets more signatures pass. The
 * vectors fail on an upgrade that would bring that change.
 *
 * @module
 */

// biome-ignore-start lint/style/noRestrictedImports: the seam is where protocol/ meets the platform
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  ECDH,
  hash,
  type KeyObject,
  sign,
  verify
} from 'node:crypto'
// biome-ignore-end lint/style/noRestrictedImports: the seam is where protocol/ meets the platform
import { hashInto } from '@chainsafe/hashtree'
import sodium from 'sodium-native'
import { requireP256PrivateKey, requirePairs, requireSeed } from './own-input.ts'
import type { CryptoPrimitives } from './primitives.ts'

// Measured: libsodium costs less per call, OpenSSL less per byte; they meet at about this size.
const SHORT_MESSAGE_MAX_BYTES = 192

// A digest is written here and copied out: a fresh small array handed to native code must first be
// given a buffer of its own, which costs more than the copy.
const digestScratch = new Uint8Array(new ArrayBuffer(32))

/** SHA-256 of `message`. */
export const sha256: CryptoPrimitives['sha256'] = (message) => {
  if (message.length > SHORT_MESSAGE_MAX_BYTES)
    return new Uint8Array(hash('sha256', message, 'buffer'))
  sodium.crypto_hash_sha256(digestScratch, message)
  return digestScratch.slice()
}

/** SHA-256 of each 64-byte pair. */
export const hashPairs: CryptoPrimitives['hashPairs'] = (pairs) => {
  requirePairs(pairs)
  if (pairs.length === 64) {
    hashInto(pairs, digestScratch)
    return digestScratch.slice()
  }
  const digests = new Uint8Array(pairs.length / 2)
  if (pairs.length > 0) hashInto(pairs, digests)
  return digests
}

/** Strict, cofactorless Ed25519 verification. */
export const ed25519Verify: CryptoPrimitives['ed25519Verify'] = (publicKey, message, signature) =>
  publicKey.length === 32 &&
  signature.length === 64 &&
  // Over shared memory sodium-native answers undefined: no verdict is no signature.
  sodium.crypto_sign_verify_detached(signature, message, publicKey) === true

/** One Ed25519 signature by a seed. */
export const ed25519Sign: CryptoPrimitives['ed25519Sign'] = (seed, message) => {
  const { secretKey } = expandSeed(seed)
  const signature = new Uint8Array(64)
  sodium.crypto_sign_detached(signature, message, secretKey)
  secretKey.fill(0)
  return signature
}

/** Ed25519 public key of a seed. */
export const ed25519PublicKey: CryptoPrimitives['ed25519PublicKey'] = (seed) => {
  const { publicKey, secretKey } = expandSeed(seed)
  secretKey.fill(0)
  return publicKey
}

/** A signer for a key that signs often. */
export const createEd25519Signer: CryptoPrimitives['createEd25519Signer'] = (seed) => {
  const { publicKey, secretKey } = expandSeed(seed)
  return {
    publicKey,
    sign: (message) => {
      const signature = new Uint8Array(64)
      sodium.crypto_sign_detached(signature, message, secretKey)
      return signature
    }
  }
}

/** Canonical, on the curve, of order exactly L. */
export const isEd25519KeyStrong: CryptoPrimitives['isEd25519KeyStrong'] = (publicKey) =>
  publicKey.length === 32 && sodium.crypto_core_ed25519_is_valid_point(publicKey)

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const P256_HALF_ORDER_BYTES = Buffer.from((P256_ORDER / 2n).toString(16).padStart(64, '0'), 'hex')

/** ES256 verification, low-S only. */
export const p256Verify: CryptoPrimitives['p256Verify'] = (publicKey, message, signature) => {
  if (signature.length !== 64) return false
  if (Buffer.compare(signature.subarray(32), P256_HALF_ORDER_BYTES) > 0) return false
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
  const key = p256PrivateKeyObject(privateKey)
  const signature = new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))
  if (Buffer.compare(signature.subarray(32), P256_HALF_ORDER_BYTES) > 0) {
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
    signature.set(Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex'), 32)
  }
  return signature
}

/** Compressed P-256 public key. */
export const p256PublicKey: CryptoPrimitives['p256PublicKey'] = (privateKey) =>
  new Uint8Array(p256KeyPair(privateKey).getPublicKey(null, 'compressed'))

/** Whether the bytes decode to a point of P-256. */
export const isP256KeyValid: CryptoPrimitives['isP256KeyValid'] = (publicKey) =>
  p256PublicKeyObject(publicKey) !== undefined

// Reading a key costs more than verifying with it, and the same few keys come again and again:
// the keys last used are kept, and the one unused for longest goes first.
const P256_KEYS_KEPT_MAX = 256
const p256KeysKept = new Map<string, KeyObject>()

function p256PublicKeyObject(publicKey: Uint8Array): KeyObject | undefined {
  if (publicKey.length !== 33) return undefined
  const name = Buffer.from(publicKey).toString('latin1')
  const key = p256KeysKept.get(name) ?? readP256PublicKey(publicKey)
  if (key === undefined) return undefined
  p256KeysKept.delete(name)
  p256KeysKept.set(name, key)
  if (p256KeysKept.size > P256_KEYS_KEPT_MAX) {
    const [oldest] = p256KeysKept.keys()
    if (oldest !== undefined) p256KeysKept.delete(oldest)
  }
  return key
}

function readP256PublicKey(publicKey: Uint8Array): KeyObject | undefined {
  try {
    const point = ECDH.convertKey(publicKey, 'prime256v1', undefined, undefined, 'uncompressed')
    const bytes = point as Buffer
    const x = bytes.subarray(1, 33).toString('base64url')
    const y = bytes.subarray(33, 65).toString('base64url')
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } })
  } catch {
    // OpenSSL throws on what is no point of the curve: to us, a key that is not valid.
    return undefined
  }
}

// DER of an ECPrivateKey (RFC 5915) on prime256v1: what stands before the private key, and between
// it and the uncompressed public key.
const SEC1_HEAD = Buffer.from('30770201010420', 'hex')
const SEC1_MIDDLE = Buffer.from('a00a06082a8648ce3d030107a144034200', 'hex')

function p256PrivateKeyObject(privateKey: Uint8Array): KeyObject {
  const publicPoint = p256KeyPair(privateKey).getPublicKey()
  const der = Buffer.concat([SEC1_HEAD, privateKey, SEC1_MIDDLE, publicPoint])
  const key = createPrivateKey({ format: 'der', type: 'sec1', key: der })
  der.fill(0)
  return key
}

function p256KeyPair(privateKey: Uint8Array): ECDH {
  requireP256PrivateKey(privateKey)
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(privateKey)
  return pair
}

function expandSeed(seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array } {
  requireSeed(seed)
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return { publicKey, secretKey }
}

/**
 * The crypto seam of the simulator: hashes are real, Ed25519 signatures are cheap stand-ins.
 *
 * A signature is a hash over key and message. Nobody in the simulated world makes
 * one but by a signer of its own, so none is forged, and every check is exact.
 * Only a variant of the compiled program has this in the place of `#crypto`.
 *
 * @module
 */

// biome-ignore-start lint/style/noRestrictedImports: it stands in for the seam, and leans on it
import { sha256 } from '../../../protocol/crypto/seam/native.ts'
import type { CryptoPrimitives } from '../../../protocol/crypto/seam/primitives.ts'

export {
  hashPairs,
  isP256KeyValid,
  p256PublicKey,
  p256Sign,
  p256Verify,
  sha256
} from '../../../protocol/crypto/seam/native.ts'

// biome-ignore-end lint/style/noRestrictedImports: it stands in for the seam, and leans on it

const KEY_MARK = 0x5e

/** Exact for what the stand-in signed. */
export const ed25519Verify: CryptoPrimitives['ed25519Verify'] = (publicKey, message, signature) =>
  publicKey.length === 32 &&
  signature.length === 64 &&
  Buffer.compare(signature, signatureOf(publicKey, message)) === 0

/** A stand-in for a signature by a seed. */
export const ed25519Sign: CryptoPrimitives['ed25519Sign'] = (seed, message) =>
  signatureOf(ed25519PublicKey(seed), message)

/** A key that only hashes like one. */
export const ed25519PublicKey: CryptoPrimitives['ed25519PublicKey'] = (seed) => {
  const marked = new Uint8Array(seed.length + 1)
  marked[0] = KEY_MARK
  marked.set(seed, 1)
  return sha256(marked)
}

/** A signer of stand-ins. */
export const createEd25519Signer: CryptoPrimitives['createEd25519Signer'] = (seed) => {
  const publicKey = ed25519PublicKey(seed)
  return { publicKey, sign: (message) => signatureOf(publicKey, message) }
}

/** Every 32 bytes are. */
export const isEd25519KeyStrong: CryptoPrimitives['isEd25519KeyStrong'] = (publicKey) =>
  publicKey.length === 32

function signatureOf(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const bound = new Uint8Array(publicKey.length + message.length)
  bound.set(publicKey)
  bound.set(message, publicKey.length)
  const digest = sha256(bound)
  const signature = new Uint8Array(64)
  signature.set(digest)
  signature.set(digest, 32)
  return signature
}

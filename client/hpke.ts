/**
 * HPKE: bytes sealed to the holder of an X25519 key (RFC 9180, base mode).
 *
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; one message for each encapsulated
 * key. Base mode says nothing of who sealed: what is opened is worth what the signature around it is.
 *
 * @module
 */

import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, HkdfSha256, type SenderContext } from '@hpke/core'
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519'
import { acceptAs, invariant, type KeyWrap, reject, type Verdict } from '../protocol/index.ts'
import type { RandomBytes } from './random.ts'

/** What is sealed, and what it is bound to. */
export interface HpkeInput {
  readonly info: Uint8Array
  readonly aad?: Uint8Array
  readonly plaintext: Uint8Array
}

/** Derives further secrets that only sender and receiver know (RFC 9180 §5.3). */
export type ExportSecret = (context: Uint8Array) => Promise<Uint8Array>

/** What was sealed; the ciphertext is 16 bytes longer than the plaintext. */
export interface HpkeSealed extends KeyWrap {
  readonly exportSecret: ExportSecret
}

/** What was opened. */
export interface HpkeOpened {
  readonly plaintext: Uint8Array
  readonly exportSecret: ExportSecret
}

/** Why nothing is sealed to a key. */
export type PublicKeyFault =
  /** Not 32 bytes, or of small order: everybody would know the shared secret. */
  'PUBLIC_KEY_WEAK'

/** Why sealed bytes are not opened. */
export type HpkeFault =
  /** Sealed to another key, bound to something else, or spoilt; which of them, nobody can tell. */
  'SEAL_WRONG'

const KEY_BYTES = 32
const NO_AAD = new Uint8Array(0)

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305()
})

/**
 * Seals one message to a public key.
 *
 * @param publicKey - untrusted, X25519
 */
export async function sealTo(
  publicKey: Uint8Array,
  { info, aad = NO_AAD, plaintext }: HpkeInput,
  randomBytes: RandomBytes
): Promise<Verdict<PublicKeyFault, HpkeSealed>> {
  // The ephemeral pair is derived from fresh randomness (RFC 9180 §4, §7.1.3), so that it comes
  // through the port like all other keys.
  const ikmE = randomBytes(KEY_BYTES)
  const context = await openSender(publicKey, info, ikmE)
  ikmE.fill(0)
  if (context === undefined) return reject('PUBLIC_KEY_WEAK')
  const ciphertext = new Uint8Array(await context.seal(plaintext, aad))
  return acceptAs({
    enc: new Uint8Array(context.enc),
    ciphertext,
    exportSecret: async (label) => new Uint8Array(await context.export(label, KEY_BYTES))
  })
}

/**
 * Opens one message.
 *
 * @param secret - our own X25519 key
 * @param sealed - untrusted
 */
export async function openSealed(
  secret: Uint8Array,
  sealed: KeyWrap,
  { info, aad = NO_AAD }: Omit<HpkeInput, 'plaintext'>
): Promise<Verdict<HpkeFault, HpkeOpened>> {
  invariant(secret.length === KEY_BYTES, 'an X25519 key has 32 bytes')
  const recipientKey = await suite.kem.deserializePrivateKey(secret)
  try {
    const context = await suite.createRecipientContext({ recipientKey, enc: sealed.enc, info })
    const plaintext = new Uint8Array(await context.open(sealed.ciphertext, aad))
    return acceptAs({
      plaintext,
      exportSecret: async (label) => new Uint8Array(await context.export(label, KEY_BYTES))
    })
  } catch {
    // The library throws on a weak encapsulated key as on a wrong tag: to us, sealed bytes of a stranger.
    return reject('SEAL_WRONG')
  }
}

async function openSender(
  publicKey: Uint8Array,
  info: Uint8Array,
  ekm: Uint8Array
): Promise<SenderContext | undefined> {
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(publicKey)
    return await suite.createSenderContext({ recipientPublicKey, info, ekm })
  } catch {
    // The library throws on a key of another length and on one of small order.
    return undefined
  }
}

/**
 * Sealed data: what a device says under the data key of an epoch, for its readers alone.
 *
 * Sealed content is `salt (16) ‖ ciphertext ‖ tag (16)`. Each message has a key of its own, drawn
 * from data key, place and salt, so not even two messages of one sequence, as a copied device signs
 * them, share a keystream. ChaCha20-Poly1305 does not commit to its key, so a data key counts only
 * once it fits the commitment that the ledger holds.
 *
 * @see ../protocol/SPEC.md §4.1 device-message
 * @module
 */

import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  acceptAs,
  ascii,
  concatBytes,
  createTaggedHash,
  DEVICE_MESSAGE_KIND,
  type DeviceMessage,
  encodeCbor,
  equalBytes,
  invariant,
  reject,
  uint64,
  type Verdict
} from '../protocol/index.ts'

/** The key of one data key epoch: 32 random bytes of the owner's client, derived from nothing. */
export interface DataKey {
  /** 1 and up; 0 stands for clear content. */
  readonly epoch: number
  readonly bytes: Uint8Array
}

/** Positions 1 to 10 of a device message: what its content is bound to. */
export type SealedHeader = Omit<DeviceMessage, 'kind' | 'contentHash' | 'contentLength'>

/** Why sealed content is not opened. */
export type OpenContentFault =
  /** Shorter than salt and tag. */
  | 'CONTENT_TOO_SHORT'
  /** Spoilt, of another message, or under another key; which of them, nobody can tell. */
  | 'CONTENT_SEAL_WRONG'

/** Bytes of a data key. */
export const DATA_KEY_BYTES = 32
/** Bytes of the salt that opens sealed content. */
export const SALT_BYTES = 16
/** How much longer sealed content is than what it says. */
export const SEAL_BYTES: number = SALT_BYTES + 16

const MESSAGE_KEY_TAG = ascii('tm/message-key/1')
const NONCE = new Uint8Array(12)

const hashDataKey = createTaggedHash('tm/kc/1')

/** What the ledger holds of a data key: 32 bytes. */
export function keyCommitmentOf(dataKey: Uint8Array): Uint8Array {
  return hashDataKey(dataKey)
}

/** Whether a data key is the one that the ledger committed to. */
export function isKeyCommitted(dataKey: Uint8Array, keyCommitment: Uint8Array): boolean {
  return equalBytes(keyCommitmentOf(dataKey), keyCommitment)
}

/**
 * Seals what a message says.
 *
 * @param salt - fresh for every call, also for content that is said anew
 */
export function sealContent(
  dataKey: DataKey,
  header: SealedHeader,
  content: Uint8Array,
  salt: Uint8Array
): Uint8Array {
  invariant(header.dataKeyEpoch === dataKey.epoch, 'a message names the epoch that it is sealed in')
  invariant(salt.length === SALT_BYTES, 'a salt has 16 bytes')
  const messageKey = messageKeyOf(dataKey, header, salt)
  const sealed = chacha20poly1305(messageKey, NONCE, headerBytes(header)).encrypt(content)
  messageKey.fill(0)
  return concatBytes(salt, sealed)
}

/**
 * Opens what a message says.
 *
 * @param dataKey - of the epoch that the header names, held against its commitment
 * @param sealed - untrusted
 */
export function openContent(
  dataKey: DataKey,
  header: SealedHeader,
  sealed: Uint8Array
): Verdict<OpenContentFault, Uint8Array> {
  invariant(header.dataKeyEpoch === dataKey.epoch, 'a message is opened by the key of its epoch')
  if (sealed.length < SEAL_BYTES) return reject('CONTENT_TOO_SHORT')
  const messageKey = messageKeyOf(dataKey, header, sealed.subarray(0, SALT_BYTES))
  try {
    const cipher = chacha20poly1305(messageKey, NONCE, headerBytes(header))
    return acceptAs(cipher.decrypt(sealed.subarray(SALT_BYTES)))
  } catch {
    // The library throws on a wrong tag: to us, bytes of a stranger.
    return reject('CONTENT_SEAL_WRONG')
  } finally {
    messageKey.fill(0)
  }
}

/**
 * HKDF-SHA-256 (RFC 5869): ikm = data key, salt = the content's, info =
 * `"tm/message-key/1" ‖ deviceId ‖ incarnation (8) ‖ sequence (8)`.
 */
function messageKeyOf(dataKey: DataKey, header: SealedHeader, salt: Uint8Array): Uint8Array {
  const { deviceId, incarnation, sequence } = header
  const info = concatBytes(MESSAGE_KEY_TAG, deviceId, uint64(incarnation), uint64(sequence))
  return hkdf(sha256, dataKey.bytes, salt, info, 32)
}

/** CBOR of positions 0 to 10 of the message. */
function headerBytes(header: SealedHeader): Uint8Array {
  return encodeCbor([
    DEVICE_MESSAGE_KIND,
    header.deviceId,
    header.incarnation,
    header.sequence,
    header.previousMessageId,
    header.signingKey,
    header.nextSigningKeyHash,
    header.anchorHeight,
    header.anchorId,
    header.contentKind,
    header.dataKeyEpoch
  ])
}

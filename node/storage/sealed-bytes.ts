/**
 * Sealed bytes: secrets that are rewritten often, under one key that lies in a key file.
 *
 * A passphrase is slow to try on purpose, too slow for a record that changes with each message. So the
 * passphrase protects one key, and that key the records: AES-256-GCM under a key of its own for each
 * write, derived with a fresh salt.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Seals and opens bytes under one key. */
export interface ByteSeal {
  /** @param label - what they are: sealed bytes open under this label alone */
  readonly seal: (plain: Uint8Array, label: string) => Uint8Array
  /** Undefined when they are not what was sealed under this key and label. */
  readonly open: (sealed: Uint8Array, label: string) => Uint8Array | undefined
}

const VERSION = 1
const SALT_BYTES = 16
const TAG_BYTES = 16
const KEY_BYTES = 32
const HEAD_BYTES = 1 + SALT_BYTES
const INFO = 'thingmoot/sealed-bytes/1'
const CIPHER = 'aes-256-gcm'
/** Each key seals once. */
const NONCE: Uint8Array = new Uint8Array(12)

/** Makes a seal of a secret of 32 bytes. */
export function createByteSeal(secret: Uint8Array): ByteSeal {
  const keyOf = (salt: Uint8Array): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, salt, INFO, KEY_BYTES))
  return {
    seal: (plain, label) => {
      const salt = randomBytes(SALT_BYTES)
      const cipher = createCipheriv(CIPHER, keyOf(salt), NONCE).setAAD(Buffer.from(label))
      const body = [cipher.update(plain), cipher.final()]
      return Buffer.concat([Uint8Array.of(VERSION), salt, ...body, cipher.getAuthTag()])
    },
    open: (sealed, label) => {
      if (sealed[0] !== VERSION || sealed.length < HEAD_BYTES + TAG_BYTES) return undefined
      const key = keyOf(sealed.subarray(1, HEAD_BYTES))
      const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(label)).setAuthTag(sealed.subarray(-TAG_BYTES))
      try {
        const body = decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES))
        return new Uint8Array(Buffer.concat([body, decipher.final()]))
      } catch {
        // Another key or label, or changed bytes: the cipher cannot tell which.
        return undefined
      }
    }
  }
}

/**
 * Signing for tests of the ledger: keys by number, and transactions without a stateless fault.
 *
 * @module
 */

import { createPrivateKey, type PrivateKey, publicKeyOf, signBytes } from '../crypto/signing.ts'
import { invariant } from '../foundation/invariant.ts'
import {
  DEVICE_MESSAGE_KIND,
  type DeviceMessage,
  encodeDeviceMessage
} from '../transactions/device-message.ts'
import type { Role } from '../transactions/role.ts'
import {
  encodeTransaction,
  judgeTransaction,
  type Transaction,
  transactionSigningBytes
} from '../transactions/transaction.ts'

/** The key of a number: different for each, and the same in every run. */
export function worldKey(number: number): PrivateKey {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number)
  const key = createPrivateKey('Ed25519', seed)
  invariant(key !== undefined, 'every 32 bytes are an Ed25519 seed')
  return key
}

/** Signs a device message; its signature and bytes are beyond reproach, whatever it says. */
export function signWorldMessage(
  networkTag: Uint8Array,
  key: PrivateKey,
  said: {
    readonly fields: Omit<DeviceMessage, 'kind' | 'signingKey' | 'contentHash' | 'contentLength'>
    readonly content: Uint8Array
  }
): Transaction {
  const { fields, content } = said
  const signedBody = encodeDeviceMessage({ ...fields, signingKey: publicKeyOf(key) }, content)
  return seal(networkTag, signedBody, {
    kind: DEVICE_MESSAGE_KIND,
    signers: [['device', key]],
    attachment: content
  })
}

/** Signs a body in its roles and puts it onto the wire; what comes out is judged well formed. */
export function seal(
  networkTag: Uint8Array,
  signedBody: Uint8Array,
  act: {
    readonly kind: number
    readonly signers: readonly (readonly [role: Role, key: PrivateKey])[]
    readonly attachment: Uint8Array | null
  }
): Transaction {
  const signatures = act.signers.map(([role, key]) => {
    const signer = { kind: act.kind, role, key: publicKeyOf(key) }
    return signBytes(key, transactionSigningBytes(networkTag, signedBody, signer))
  })
  const wire = encodeTransaction(signedBody, signatures, act.attachment)
  const judged = judgeTransaction(wire, networkTag)
  invariant(judged.ok, 'what the world signs is well formed')
  return judged.value
}

/**
 * Signed transactions: a body, the signatures its kind asks for, and its bytes on the wire.
 *
 * @module
 */

import {
  type CoseSignature,
  encodeTransaction,
  type PrivateKey,
  publicKeyOf,
  type Role,
  signBytes,
  transactionIdOf,
  transactionSigningBytes
} from '../protocol/index.ts'

/** A transaction ready to be handed to any node. */
export interface SignedTransaction {
  readonly transactionId: Uint8Array
  readonly wire: Uint8Array
}

/** One signature over the body of a transaction, in a role. */
export function signBody(
  key: PrivateKey,
  signedBody: Uint8Array,
  place: { readonly networkTag: Uint8Array; readonly kind: number; readonly role: Role }
): CoseSignature {
  const signer = { kind: place.kind, role: place.role, key: publicKeyOf(key) }
  return signBytes(key, transactionSigningBytes(place.networkTag, signedBody, signer))
}

/** Joins a body, its signatures and its attachment. */
export function joinTransaction(
  networkTag: Uint8Array,
  signedBody: Uint8Array,
  signatures: readonly CoseSignature[],
  attachment: Uint8Array | null = null
): SignedTransaction {
  return {
    transactionId: transactionIdOf(networkTag, signedBody),
    wire: encodeTransaction(signedBody, signatures, attachment)
  }
}

/**
 * transfer-accept: a buyer takes a device over, with the device present, and starts afresh.
 *
 * @see SPEC.md §5.9 Acts of others
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, key, list, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { type Guardians, guardiansToFields, readGuardians } from './guardians.ts'
import { ROTATION_KEYS_MAX } from './rekeying.ts'

/** A transfer-accept, field by field. */
export interface TransferAccept {
  readonly kind: 'transfer-accept'
  readonly deviceId: Uint8Array
  readonly offerId: Uint8Array
  /** The key that the offer was made to. */
  readonly buyerKey: Uint8Array
  readonly ownerKeyHash: Uint8Array
  readonly signingKeyHash: Uint8Array
  readonly rotationKeyHashes: readonly Uint8Array[]
  readonly rotationThreshold: number
  /** X25519 public key. */
  readonly encryptionKey: Uint8Array
  readonly deviceRotationKeyHash: Uint8Array
  readonly guardians: Guardians | null
}

/** The wire number of the kind. */
export const TRANSFER_ACCEPT_KIND = 31

const fields = tuple(
  uint(TRANSFER_ACCEPT_KIND, TRANSFER_ACCEPT_KIND),
  bytes(32),
  bytes(32),
  key,
  bytes(32),
  bytes(32),
  list(bytes(32), ROTATION_KEYS_MAX, 1),
  uint(),
  bytes(32),
  bytes(32),
  nullable(readGuardians)
)

/** Reads the body of a transfer-accept. */
export const readTransferAccept: Shape<TransferAccept> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    kind: 'transfer-accept',
    deviceId: read[1],
    offerId: read[2],
    buyerKey: read[3],
    ownerKeyHash: read[4],
    signingKeyHash: read[5],
    rotationKeyHashes: read[6],
    rotationThreshold: read[7],
    encryptionKey: read[8],
    deviceRotationKeyHash: read[9],
    guardians: read[10]
  }
}

/** The body of a transfer-accept, ready to be signed. */
export function encodeTransferAccept(act: Omit<TransferAccept, 'kind'>): Uint8Array {
  return encodeCbor([
    TRANSFER_ACCEPT_KIND,
    act.deviceId,
    act.offerId,
    act.buyerKey,
    act.ownerKeyHash,
    act.signingKeyHash,
    act.rotationKeyHashes,
    act.rotationThreshold,
    act.encryptionKey,
    act.deviceRotationKeyHash,
    guardiansToFields(act.guardians)
  ])
}

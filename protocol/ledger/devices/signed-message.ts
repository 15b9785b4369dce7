/**
 * Messages and acts as evidence shows them: signed bodies outside any transaction.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import { blockIdOf, decodeBlockHeader } from '../../blocks/block.ts'
import { decodeCbor } from '../../codec/cbor.ts'
import { algorithmOf, verifyCose } from '../../crypto/cose.ts'
import { keyHash } from '../../crypto/hash.ts'
import { isInList } from '../../crypto/merkle.ts'
import { equalBytes } from '../../foundation/bytes.ts'
import type { OwnerAct } from '../../transactions/device-kinds.ts'
import { OWNER_ACTS } from '../../transactions/device-kinds.ts'
import {
  DEVICE_MESSAGE_KIND,
  type DeviceMessage,
  readDeviceMessage
} from '../../transactions/device-message.ts'
import type { Inclusion } from '../../transactions/inclusion.ts'
import { kindOf } from '../../transactions/kinds.ts'
import { signatureAad } from '../../transactions/role.ts'
import { transactionIdOf } from '../../transactions/transaction.ts'
import { encodeReceiptLeaf, type Outcome } from '../outcome.ts'
import { recentBlockKey, recentBlocks } from '../records/chain-record.ts'
import type { RuleContext } from '../rule.ts'

/** A message or act with its id. */
export interface Shown<Body> {
  readonly body: Body
  readonly id: Uint8Array
  readonly signedBody: Uint8Array
}

/** Reads the signed body of a device message; undefined when it is none. */
export function readShownMessage(
  signedBody: Uint8Array,
  networkTag: Uint8Array
): Shown<DeviceMessage> | undefined {
  const body = readDeviceMessage(decodeCbor(signedBody))
  return body && { body, id: transactionIdOf(networkTag, signedBody), signedBody }
}

/** Reads the signed body of any act of an owner; undefined when it is none. */
export function readShownOwnerAct(
  signedBody: Uint8Array,
  networkTag: Uint8Array
): Shown<OwnerAct> | undefined {
  const fields = decodeCbor(signedBody)
  const number = Array.isArray(fields) ? fields[0] : undefined
  const body = OWNER_ACTS.find((definition) => definition.number === number)?.read(fields)
  return body && { body, id: transactionIdOf(networkTag, signedBody), signedBody }
}

/** Whether the key that a message names signed it. */
export function isMessageSigned(
  { body, signedBody }: Shown<DeviceMessage>,
  signature: Uint8Array,
  networkTag: Uint8Array
): boolean {
  const externalAad = signatureAad(networkTag, DEVICE_MESSAGE_KIND, 'device')
  const { signingKey } = body
  const cose = { algorithm: algorithmOf(signingKey), signature }
  return verifyCose(signingKey, cose, { externalAad, payload: signedBody })
}

/** Whether the owner key that an act shows signed it. */
export function isOwnerActSigned(
  { body, signedBody }: Shown<OwnerAct>,
  signature: Uint8Array,
  networkTag: Uint8Array
): boolean {
  const externalAad = signatureAad(networkTag, kindOf(body).number, 'owner')
  const cose = { algorithm: algorithmOf(body.ownerKey), signature }
  return verifyCose(body.ownerKey, cose, { externalAad, payload: signedBody })
}

/** Whether a transaction counted in a block that the ring still remembers. */
export function isIncluded(
  transactionId: Uint8Array,
  inclusion: Inclusion,
  { state, parameters }: RuleContext
): boolean {
  const { height, headerBytes, receiptsPath, index, code } = inclusion
  const recent = state.read(recentBlocks, recentBlockKey(height, parameters.anchorWindowBlocks))
  const header = decodeBlockHeader(headerBytes)
  const isRemembered =
    recent !== undefined &&
    recent.height === height &&
    header !== undefined &&
    equalBytes(blockIdOf(headerBytes), recent.blockId)
  if (!isRemembered) return false
  const outcome: Outcome = { outcome: code === null ? 'applied' : 'void', code }
  const place = { index, count: header.transactionCount, path: receiptsPath }
  return isInList(encodeReceiptLeaf(transactionId, outcome), place, header.receiptsRoot)
}

/** Whether a message ends the turn of the key that signed it. */
export function endsTurn({ body }: Shown<DeviceMessage>): boolean {
  return !equalBytes(body.nextSigningKeyHash, keyHash(body.signingKey))
}

/**
 * Strays: signed words about a device that are not on the ledger, and may contradict what is.
 *
 * A stray holds copies of its bytes: it outlives the batch or request that brought it.
 *
 * @module
 */

import {
  bytes,
  bytesBetween,
  CONTENT_SIZE_MAX_BYTES,
  type DeviceMessage,
  decodeCbor,
  encodeCbor,
  kindByNumber,
  kindOf,
  type OwnerAct,
  TRANSACTION_SIZE_MAX_BYTES,
  type Transaction,
  transactionIdOf,
  transactionSigningBytes,
  tuple,
  verifySignature
} from '../../protocol/index.ts'

/** A message or an owner's act with the one signature that can be held against its key. */
export interface Stray<Body extends DeviceMessage | OwnerAct = DeviceMessage | OwnerAct> {
  readonly id: Uint8Array
  readonly body: Body
  readonly signedBody: Uint8Array
  readonly signature: Uint8Array
  /** What the message says; empty where only its signed body was seen. */
  readonly content: Uint8Array
}

/** A message of a device. */
export type StrayMessage = Stray<DeviceMessage>
/** An act of an owner. */
export type StrayAct = Stray<OwnerAct>

const NOTHING = new Uint8Array(0)

const stored = tuple(
  bytesBetween(1, TRANSACTION_SIZE_MAX_BYTES),
  bytes(64),
  bytesBetween(0, CONTENT_SIZE_MAX_BYTES)
)

/** Takes the stray out of a transaction; undefined for kinds that neither a device nor an owner signs. */
export function strayOf({ body, id, ...rest }: Transaction): Stray | undefined {
  const [signature] = rest.signatures
  if (signature === undefined || !isOfDeviceOrOwner(body)) return undefined
  const signedBody = rest.signedBody.slice()
  const content = rest.attachment?.slice() ?? NOTHING
  // Read anew, so that nothing of it is a view of the bytes that it came in.
  const own = readBody(signedBody)
  return (
    own && {
      id: id.slice(),
      body: own,
      signedBody,
      signature: signature.signature.slice(),
      content
    }
  )
}

/** Reads a signed body that was seen outside any transaction; undefined when it is none of these kinds. */
export function readStray(
  networkTag: Uint8Array,
  signedBody: Uint8Array,
  signature: Uint8Array,
  content: Uint8Array = NOTHING
): Stray | undefined {
  const body = readBody(signedBody)
  return (
    body && { id: transactionIdOf(networkTag, signedBody), body, signedBody, signature, content }
  )
}

/** A stray as it lies on the disk. */
export function encodeStray({ signedBody, signature, content }: Stray): Uint8Array {
  return encodeCbor([signedBody, signature, content])
}

/** Reads what {@link encodeStray} wrote. */
export function decodeStray(networkTag: Uint8Array, encoded: Uint8Array): Stray | undefined {
  const read = stored(decodeCbor(encoded))
  return read && readStray(networkTag, ...read)
}

/** Whether it is of a device itself. */
export function isMessage(stray: Stray): stray is StrayMessage {
  return stray.body.kind === 'device-message'
}

/** Whether it is of an owner. */
export function isAct(stray: Stray): stray is StrayAct {
  return !isMessage(stray)
}

/** The key that it says signed it. */
export function keyOf({ body }: Stray): Uint8Array {
  return body.kind === 'device-message' ? body.signingKey : body.ownerKey
}

/** Its place in the order of its signer. */
export function sequenceOf({ body }: Stray): number {
  return body.kind === 'device-message' ? body.sequence : body.ownerSequence
}

/** Whether that key did sign it, by the one strict verifier. */
export function isGenuine(stray: Stray, networkTag: Uint8Array): boolean {
  const { body, signedBody, signature } = stray
  const key = keyOf(stray)
  const role = body.kind === 'device-message' ? ('device' as const) : ('owner' as const)
  const signer = { kind: kindOf(body).number, role, key }
  return verifySignature(key, transactionSigningBytes(networkTag, signedBody, signer), signature)
}

function readBody(signedBody: Uint8Array): DeviceMessage | OwnerAct | undefined {
  const fields = decodeCbor(signedBody)
  const number = Array.isArray(fields) ? fields[0] : undefined
  const body = typeof number === 'number' ? kindByNumber(number)?.read(fields) : undefined
  return body !== undefined && isOfDeviceOrOwner(body) ? body : undefined
}

function isOfDeviceOrOwner(body: Transaction['body']): body is DeviceMessage | OwnerAct {
  return body.kind === 'device-message' || 'ownerSequence' in body
}

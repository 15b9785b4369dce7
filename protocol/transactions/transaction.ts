/**
 * Transactions: `[signedBody, signatures, attachment]`, whatever their kind.
 *
 * The id covers the body and the network, never the signatures: two signatures
 * on one body are one transaction.
 *
 * @see SPEC.md §3.1 Transactions
 * @module
 */

import { sha256 } from '#crypto'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import {
  algorithmOf,
  type CoseSignature,
  coseFromFields,
  coseToFields,
  encodeSigStructure,
  verifyCose
} from '../crypto/cose.ts'
import { contentHash, createTaggedHash } from '../crypto/hash.ts'
import { isKeyStrong } from '../crypto/key.ts'
import { concatBytes, equalBytes } from '../foundation/bytes.ts'
import { EVIDENCE_SIZE_MAX_BYTES } from '../foundation/limits.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import type { Priority } from '../types.ts'
import { readDeviceMessageEnvelope } from './device-message.ts'
import type { StatelessFault } from './fault.ts'
import { type Body, type KindDefinition, kindByNumber, kindOf } from './kinds.ts'
import { type Role, signatureAad } from './role.ts'

/** A transaction as it was decoded: well formed, its signatures not yet checked. */
export interface Transaction {
  /** The bytes as received; they are kept, and never encoded again. */
  readonly wire: Uint8Array
  readonly signedBody: Uint8Array
  readonly signatures: readonly CoseSignature[]
  readonly attachment: Uint8Array | null
  readonly body: Body
  readonly id: Uint8Array
}

const hashTransaction = createTaggedHash('tm/tx/1')

/** The id of the transaction with this body on this network. */
export function transactionIdOf(networkTag: Uint8Array, signedBody: Uint8Array): Uint8Array {
  return hashTransaction(networkTag, signedBody)
}

/** The leaf of a batch's `transactionsRoot`: the id, and the hash of everything, signatures included. */
export function transactionLeaf(transaction: Pick<Transaction, 'id' | 'wire'>): Uint8Array {
  return concatBytes(transaction.id, sha256(transaction.wire))
}

/** What carrying a transaction costs, in units of 256 bytes; further signatures cost one each. */
export function transactionCost(transaction: Transaction): number {
  return Math.ceil(transaction.wire.length / 256) + Math.max(0, transaction.signatures.length - 1)
}

/**
 * Decodes a transaction and judges everything about it but its signatures and keys.
 *
 * @param wire - untrusted bytes of one transaction
 */
export function decodeTransaction(
  wire: Uint8Array,
  networkTag: Uint8Array
): Verdict<StatelessFault, Transaction> {
  const quick = readDeviceMessageEnvelope(wire)
  if (quick === undefined) return decodeGeneral(wire, networkTag)
  const definition = kindOf(quick.message)
  if (wire.length > definition.sizeMaxBytes) return reject('TRANSACTION_TOO_LARGE')
  const { message: body, signedBody, content: attachment } = quick
  if (!isContentOf(body, attachment)) return reject('CONTENT_MISMATCH')
  const id = transactionIdOf(networkTag, signedBody)
  return acceptAs({ wire, signedBody, signatures: [quick.signature], attachment, body, id })
}

/**
 * Judges a decoded transaction's keys and every signature whose key it carries itself.
 *
 * A key that stands in state is checked when the transaction is executed.
 */
export function judgeSignatures(
  transaction: Transaction,
  networkTag: Uint8Array
): Verdict<StatelessFault> {
  const definition = kindOf(transaction.body)
  const signers = definition.signers(transaction.body)
  if (signers.length !== transaction.signatures.length) return reject('SIGNATURES_WRONG')
  if (!definition.registeredKeys(transaction.body).every(isKeyStrong)) return reject('KEY_WEAK')
  for (const [index, { role, key }] of signers.entries()) {
    if (key === null || isSignedBy(transaction, networkTag, { index, role, key })) continue
    return reject(isKeyStrong(key) ? 'SIGNATURE_INVALID' : 'KEY_WEAK')
  }
  return { ok: true, value: undefined }
}

/** Whether the signature at `index` is genuine, for a key and a role. */
export function isSignedBy(
  transaction: Transaction,
  networkTag: Uint8Array,
  signer: { readonly index: number; readonly role: Role; readonly key: Uint8Array }
): boolean {
  const signature = transaction.signatures[signer.index]
  if (signature === undefined) return false
  const externalAad = signatureAad(networkTag, kindOf(transaction.body).number, signer.role)
  return verifyCose(signer.key, signature, { externalAad, payload: transaction.signedBody })
}

/** Decodes, then judges keys and signatures: all that can be known without the ledger. */
export function judgeTransaction(
  wire: Uint8Array,
  networkTag: Uint8Array
): Verdict<StatelessFault, Transaction> {
  const decoded = decodeTransaction(wire, networkTag)
  if (!decoded.ok) return decoded
  const judged = judgeSignatures(decoded.value, networkTag)
  return judged.ok ? decoded : judged
}

/** The priority of the batch that may carry this transaction. */
export function transactionPriority(transaction: Transaction): Priority {
  return kindOf(transaction.body).priority(transaction.body)
}

/** The bytes that a signer of a body signs in a role. */
export function transactionSigningBytes(
  networkTag: Uint8Array,
  signedBody: Uint8Array,
  signer: { readonly kind: number; readonly role: Role; readonly key: Uint8Array }
): Uint8Array {
  const externalAad = signatureAad(networkTag, signer.kind, signer.role)
  return encodeSigStructure(algorithmOf(signer.key), externalAad, signedBody)
}

/** Puts a body, its signatures and its attachment onto the wire. */
export function encodeTransaction(
  signedBody: Uint8Array,
  signatures: readonly CoseSignature[],
  attachment: Uint8Array | null
): Uint8Array {
  return encodeCbor([signedBody, signatures.map(coseToFields), attachment])
}

function decodeGeneral(
  wire: Uint8Array,
  networkTag: Uint8Array
): Verdict<StatelessFault, Transaction> {
  if (wire.length > EVIDENCE_SIZE_MAX_BYTES) return reject('TRANSACTION_TOO_LARGE')
  const envelope = decodeCbor(wire)
  if (envelope === undefined) return reject('ENCODING_NOT_CANONICAL')
  if (!Array.isArray(envelope) || envelope.length !== 3) return reject('SHAPE_WRONG')
  const [signedBody, signatureList, attachment] = envelope as readonly CborValue[]
  if (!(signedBody instanceof Uint8Array) || !Array.isArray(signatureList))
    return reject('SHAPE_WRONG')
  if (attachment !== null && !(attachment instanceof Uint8Array)) return reject('SHAPE_WRONG')
  const fields = decodeCbor(signedBody)
  if (fields === undefined) return reject('ENCODING_NOT_CANONICAL')
  const judged = readKind(fields, wire.length)
  if (!judged.ok) return judged
  const { definition, body } = judged.value
  const signatures = (signatureList as readonly CborValue[]).map(coseFromFields)
  if (!signatures.every((signature) => signature !== undefined)) return reject('SHAPE_WRONG')
  if (definition.hasAttachment !== (attachment !== null)) return reject('SHAPE_WRONG')
  if (!isContentOf(body, attachment)) return reject('CONTENT_MISMATCH')
  const id = transactionIdOf(networkTag, signedBody)
  return acceptAs({ wire, signedBody, signatures, attachment, body, id })
}

function readKind(
  fields: CborValue,
  sizeBytes: number
): Verdict<StatelessFault, { readonly definition: KindDefinition; readonly body: Body }> {
  if (!Array.isArray(fields) || typeof fields[0] !== 'number') return reject('SHAPE_WRONG')
  const definition = kindByNumber(fields[0])
  if (definition === undefined) return reject('KIND_UNKNOWN')
  if (sizeBytes > definition.sizeMaxBytes) return reject('TRANSACTION_TOO_LARGE')
  const body = definition.read(fields)
  return body === undefined ? reject('SHAPE_WRONG') : acceptAs({ definition, body })
}

function isContentOf(body: Body, attachment: Uint8Array | null): boolean {
  if (body.kind !== 'device-message') return true
  return (
    attachment !== null &&
    attachment.length === body.contentLength &&
    equalBytes(contentHash(attachment), body.contentHash)
  )
}

/**
 * COSE_Sign1: the one envelope of everything signed that is not a vote.
 *
 * The payload is detached and the header empty but for the algorithm, so a
 * signature is four positions of which only the last carries news.
 *
 * @see SPEC.md §1.5 Signatures
 * @module
 */

import { type CborValue, emptyMap, isEmptyMap } from '../codec/cbor.ts'
import { ascii, concatBytes } from '../foundation/bytes.ts'
import { verifySignature } from './key.ts'

/** A COSE_Sign1 whose payload lies elsewhere: `[protected, {}, null, signature]`. */
export interface CoseSignature {
  readonly algorithm: 'Ed25519' | 'ES256'
  /** 64 bytes: R‖S of Ed25519, r‖s of ES256. */
  readonly signature: Uint8Array
}

/** `{1: -8}`: EdDSA (RFC 9053 §2.2). */
const PROTECTED_ED25519 = Uint8Array.of(0xa1, 0x01, 0x27)
/** `{1: -7}`: ES256 (RFC 9053 §2.1). */
const PROTECTED_ES256 = Uint8Array.of(0xa1, 0x01, 0x26)
/** The array head and the text "Signature1" that open every Sig_structure (RFC 9052 §4.4). */
const CONTEXT = concatBytes(Uint8Array.of(0x84, 0x6a), ascii('Signature1'))

/** The bytes that are signed: Sig_structure over `payload` and `externalAad`. */
export function encodeSigStructure(
  algorithm: CoseSignature['algorithm'],
  externalAad: Uint8Array,
  payload: Uint8Array
): Uint8Array {
  const header = algorithm === 'ES256' ? PROTECTED_ES256 : PROTECTED_ED25519
  return concatBytes(
    CONTEXT,
    byteStringHead(header.length),
    header,
    byteStringHead(externalAad.length),
    externalAad,
    byteStringHead(payload.length),
    payload
  )
}

/** The algorithm that a key signs with. */
export function algorithmOf(key: Uint8Array): CoseSignature['algorithm'] {
  return key.length === 33 ? 'ES256' : 'Ed25519'
}

/** Whether `key` signed `payload` with `externalAad`, in the algorithm that the header names. */
export function verifyCose(
  key: Uint8Array,
  { algorithm, signature }: CoseSignature,
  signed: { readonly externalAad: Uint8Array; readonly payload: Uint8Array }
): boolean {
  if (algorithm !== algorithmOf(key)) return false
  const message = encodeSigStructure(algorithm, signed.externalAad, signed.payload)
  return verifySignature(key, message, signature)
}

/** Puts a signature into its wire form. */
export function coseToFields({ algorithm, signature }: CoseSignature): CborValue {
  return [algorithm === 'ES256' ? PROTECTED_ES256 : PROTECTED_ED25519, emptyMap, null, signature]
}

/** Reads the wire form; undefined when it is any other. */
export function coseFromFields(value: CborValue | undefined): CoseSignature | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [header, unprotected, payload, signature] = value as readonly CborValue[]
  if (!isEmptyMap(unprotected) || payload !== null) return undefined
  if (!(signature instanceof Uint8Array) || signature.length !== 64) return undefined
  if (!(header instanceof Uint8Array) || header.length !== 3) return undefined
  if (header[0] !== 0xa1 || header[1] !== 0x01) return undefined
  if (header[2] === 0x27) return { algorithm: 'Ed25519', signature }
  if (header[2] === 0x26) return { algorithm: 'ES256', signature }
  return undefined
}

function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 + length)
  if (length < 0x100) return Uint8Array.of(0x58, length)
  if (length < 0x1_0000) return Uint8Array.of(0x59, length >> 8, length & 0xff)
  return Uint8Array.of(
    0x5a,
    length >>> 24,
    (length >> 16) & 0xff,
    (length >> 8) & 0xff,
    length & 0xff
  )
}

/**
 * X.509 certificates, as far as a chain to a root needs them: strict DER, Ed25519 and P-256.
 *
 * @see RFC 5280 Internet X.509 Public Key Infrastructure Certificate
 * @see RFC 8410 Algorithm Identifiers for Ed25519
 * @module
 */

import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags
} from '@peculiar/asn1-x509'
import { verifySignature } from '../../crypto/key.ts'
import { concatBytes, equalBytes } from '../../foundation/bytes.ts'

/** What a certificate says that matters here. */
export interface TrustCertificate {
  /** Ed25519 (32 bytes) or P-256 (33 bytes, compressed). */
  readonly key: Uint8Array
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Whether its key may sign other certificates, and how many may stand between; null for no. */
  readonly authority: { readonly pathLengthMax: number } | null
  readonly signedBytes: Uint8Array
  /** 64 bytes, r ‖ s with low s for P-256. */
  readonly signature: Uint8Array
  /** Length of the key that the signature asks for. */
  readonly signerKeyLength: 32 | 33
}

const OID_ED25519 = '1.3.101.112'
const OID_EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const OID_ECDSA_SHA256 = '1.2.840.10045.4.3.2'
/** The DER of the curve's name: prime256v1. */
const P256_PARAMETERS = Uint8Array.of(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07)
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const KNOWN_CRITICAL: ReadonlySet<string> = new Set([id_ce_basicConstraints, id_ce_keyUsage])

/** Reads a certificate; undefined when it is none that this page allows. */
export function readTrustCertificate(der: Uint8Array): TrustCertificate | undefined {
  const certificate = parse(der)
  if (certificate === undefined) return undefined
  const { tbsCertificate, tbsCertificateRaw, signatureAlgorithm, signatureValue } = certificate
  const { algorithm } = signatureAlgorithm
  if (tbsCertificateRaw === undefined || tbsCertificate.signature.algorithm !== algorithm)
    return undefined
  const key = readKey(tbsCertificate.subjectPublicKeyInfo)
  const signature = readSignature(algorithm, new Uint8Array(signatureValue))
  const authority = readAuthority(tbsCertificate.extensions ?? [])
  if (key === undefined || signature === undefined || authority === undefined) return undefined
  return {
    key,
    notBeforeMs: tbsCertificate.validity.notBefore.getTime().getTime(),
    notAfterMs: tbsCertificate.validity.notAfter.getTime().getTime(),
    authority,
    signedBytes: new Uint8Array(tbsCertificateRaw),
    signature,
    signerKeyLength: algorithm === OID_ED25519 ? 32 : 33
  }
}

/** Whether a certificate was signed by a key. */
export function isCertificateSignedBy(certificate: TrustCertificate, key: Uint8Array): boolean {
  const { signerKeyLength, signedBytes, signature } = certificate
  return key.length === signerKeyLength && verifySignature(key, signedBytes, signature)
}

/** Only DER counts: what is written down again must be the same bytes. */
function parse(der: Uint8Array): Certificate | undefined {
  try {
    const certificate = AsnConvert.parse(der, Certificate)
    return equalBytes(new Uint8Array(AsnConvert.serialize(certificate)), der)
      ? certificate
      : undefined
  } catch {
    // the bytes are a stranger's: whatever the parser dislikes makes them no certificate
    return undefined
  }
}

function readKey({
  algorithm,
  subjectPublicKey
}: Certificate['tbsCertificate']['subjectPublicKeyInfo']): Uint8Array | undefined {
  const bytes = new Uint8Array(subjectPublicKey)
  if (algorithm.algorithm === OID_ED25519) return bytes.length === 32 ? bytes : undefined
  if (algorithm.algorithm !== OID_EC_PUBLIC_KEY) return undefined
  const parameters = new Uint8Array(algorithm.parameters ?? new ArrayBuffer(0))
  if (!equalBytes(parameters, P256_PARAMETERS)) return undefined
  if (bytes.length !== 65 || bytes[0] !== 4) return undefined
  const sign = 2 + ((bytes[64] as number) & 1)
  return concatBytes(Uint8Array.of(sign), bytes.subarray(1, 33))
}

function readSignature(algorithm: string, bytes: Uint8Array): Uint8Array | undefined {
  if (algorithm === OID_ED25519) return bytes.length === 64 ? bytes : undefined
  return algorithm === OID_ECDSA_SHA256 ? readEcdsa(bytes) : undefined
}

/** `SEQUENCE { r INTEGER, s INTEGER }` as r ‖ s; of the two that say the same, the one with low s. */
function readEcdsa(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  const r = readInteger(der, 2)
  const s = r && readInteger(der, r.end)
  if (r === undefined || s === undefined || s.end !== der.length) return undefined
  const low = 2n * s.value > P256_ORDER ? P256_ORDER - s.value : s.value
  if (r.value >= P256_ORDER || s.value >= P256_ORDER || low <= 0n) return undefined
  return concatBytes(scalar(r.value), scalar(low))
}

function readInteger(
  der: Uint8Array,
  at: number
): { readonly value: bigint; readonly end: number } | undefined {
  const length = der[at + 1]
  if (der[at] !== 0x02 || length === undefined || length < 1 || length > 33) return undefined
  const end = at + 2 + length
  if (end > der.length || (der[at + 2] as number) >= 0x80) return undefined
  let value = 0n
  for (const byte of der.subarray(at + 2, end)) value = (value << 8n) | BigInt(byte)
  return { value, end }
}

function scalar(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  for (let index = 31, rest = value; index >= 0; index--, rest >>= 8n)
    bytes[index] = Number(rest & 0xffn)
  return bytes
}

interface Extension {
  readonly extnID: string
  readonly critical: boolean
  readonly extnValue: { readonly buffer: ArrayBuffer }
}

/** What the extensions allow; undefined when a critical one is unknown, or one of ours malformed. */
function readAuthority(
  extensions: readonly Extension[]
): TrustCertificate['authority'] | undefined {
  if (extensions.some(({ extnID, critical }) => critical && !KNOWN_CRITICAL.has(extnID)))
    return undefined
  const constraints = findExtension(extensions, id_ce_basicConstraints, BasicConstraints)
  const usage = findExtension(extensions, id_ce_keyUsage, KeyUsage)
  if (constraints === undefined || usage === undefined) return undefined
  const maySign = usage === null || (usage.toNumber() & KeyUsageFlags.keyCertSign) !== 0
  if (constraints?.cA !== true || !maySign) return null
  return { pathLengthMax: constraints.pathLenConstraint ?? Number.MAX_SAFE_INTEGER }
}

/** An extension by its id; null when it is not there, undefined when it cannot be read. */
function findExtension<T>(
  extensions: readonly Extension[],
  id: string,
  type: new () => T
): T | null | undefined {
  const extension = extensions.find(({ extnID }) => extnID === id)
  return extension === undefined ? null : parseExtension(extension.extnValue.buffer, type)
}

function parseExtension<T>(buffer: ArrayBuffer, type: new () => T): T | undefined {
  try {
    return AsnConvert.parse(buffer, type)
  } catch {
    // a stranger's bytes, as above
    return undefined
  }
}

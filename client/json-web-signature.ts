/**
 * JSON Web Signatures in their compact form, as far as credentials need them: EdDSA and ES256 (RFC 7515,
 * RFC 7518 §3.4, RFC 8037), over the one strict verifier of this house.
 *
 * `none`, keys of other kinds and whatever is not canonical are refused. ES256 of others may carry
 * the higher of its two values s, which says the same; here it is lowered before it is verified.
 *
 * @module
 */

import {
  ascii,
  concatBytes,
  isKeyStrong,
  type PrivateKey,
  signBytes,
  verifySignature
} from '../protocol/index.ts'

/** Anything that JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

/** A JSON object. */
export type JsonObject = { readonly [name: string]: JsonValue }

/** A token as it was read, its signature not yet judged. */
export interface ReadToken {
  readonly header: JsonObject
  readonly payload: JsonObject
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const P256_ORDER = 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n
const SIGNATURE_BYTES = 64
const DEPTH_MAX = 32

/** Bytes as text of letters that stand in any address (RFC 4648 §5), without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3)
    const word = (first << 16) | (second << 8) | third
    const letters = [word >> 18, (word >> 12) & 63, (word >> 6) & 63, word & 63]
    const kept = Math.min(4, bytes.length - at + 1)
    text += letters
      .slice(0, kept)
      .map((letter) => ALPHABET[letter])
      .join('')
  }
  return text
}

/** Reads such text; undefined when another text stands for the same bytes, or it stands for none. */
export function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let [word, bits, at] = [0, 0, 0]
  for (const letter of text) {
    word = ((word << 6) | ALPHABET.indexOf(letter)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (word >> bits) & 0xff
  }
  return (word & ((1 << bits) - 1)) === 0 ? bytes : undefined
}

/** Whether a value of JSON is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads JSON from bytes of UTF-8; undefined for anything else, and for what nests too deep. */
export function readJsonBytes(bytes: Uint8Array): JsonValue | undefined {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JsonValue
    return depthOf(value, 0) <= DEPTH_MAX ? value : undefined
  } catch {
    // The platform reports a stranger's bytes by throwing; to us that is a plain "no".
    return undefined
  }
}

function depthOf(value: JsonValue, above: number): number {
  if (typeof value !== 'object' || value === null || above > DEPTH_MAX) return above
  return Math.max(
    above,
    ...Object.values(value).map((inner) => depthOf(inner as JsonValue, above + 1))
  )
}

/** Signs a token. */
export function signToken(
  header: Readonly<Record<string, JsonValue>>,
  payload: JsonObject,
  key: PrivateKey
): string {
  const alg = key.algorithm === 'ES256' ? 'ES256' : 'EdDSA'
  const parts = [{ alg, ...header }, payload].map((part) =>
    toBase64Url(new TextEncoder().encode(JSON.stringify(part)))
  )
  const signed = parts.join('.')
  return `${signed}.${toBase64Url(signBytes(key, ascii(signed)).signature)}`
}

/** Reads a token; undefined when it is none. */
export function readToken(token: string): ReadToken | undefined {
  const parts = token.split('.')
  const [header, payload, signature] = parts.map(fromBase64Url)
  if (parts.length !== 3 || header === undefined || payload === undefined) return undefined
  if (signature?.length !== SIGNATURE_BYTES) return undefined
  const [readHeader, readPayload] = [readJsonBytes(header), readJsonBytes(payload)]
  if (!isJsonObject(readHeader) || !isJsonObject(readPayload)) return undefined
  // RFC 7515 §4.1.11: extensions that must be understood are not.
  if ('crit' in readHeader) return undefined
  const signingInput = ascii(token.slice(0, token.lastIndexOf('.')))
  return { header: readHeader, payload: readPayload, signingInput, signature }
}

/** Whether a key signed a token, in the one algorithm that the key is for. */
export function isTokenSigned(
  { header, signingInput, signature }: ReadToken,
  key: Uint8Array
): boolean {
  if (!isAlgorithmOf(header['alg'], key) || !isKeyStrong(key)) return false
  return verifySignature(key, signingInput, key.length === 33 ? withLowS(signature) : signature)
}

/** RFC 9864 gives EdDSA over Ed25519 a name of its own; both stand for it. */
function isAlgorithmOf(alg: JsonValue | undefined, key: Uint8Array): boolean {
  return key.length === 33 ? alg === 'ES256' : alg === 'EdDSA' || alg === 'Ed25519'
}

function withLowS(signature: Uint8Array): Uint8Array {
  const s = signature.subarray(32).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
  if (s <= P256_ORDER / 2n || s >= P256_ORDER) return signature
  const low = (P256_ORDER - s).toString(16).padStart(64, '0')
  const bytes = Uint8Array.from({ length: 32 }, (_, at) =>
    Number.parseInt(low.slice(2 * at, 2 * at + 2), 16)
  )
  return concatBytes(signature.subarray(0, 32), bytes)
}

/** A public key as a JSON Web Key (RFC 7517, RFC 8037). Of Ed25519 alone: this house makes no others. */
export function toJwk(key: Uint8Array, kid: string): JsonObject {
  return { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key), kid }
}

/** Reads a public key of Ed25519 or P-256; undefined for any other. */
export function fromJwk(jwk: JsonValue | undefined): Uint8Array | undefined {
  if (!isJsonObject(jwk) || 'd' in jwk) return undefined
  const { kty, crv, x, y } = jwk as Record<'kty' | 'crv' | 'x' | 'y', JsonValue | undefined>
  const left = typeof x === 'string' ? fromBase64Url(x) : undefined
  if (left?.length !== 32) return undefined
  if (kty === 'OKP' && crv === 'Ed25519') return isKeyStrong(left) ? left : undefined
  const right = typeof y === 'string' ? fromBase64Url(y) : undefined
  if (kty !== 'EC' || crv !== 'P-256' || right?.length !== 32) return undefined
  const key = concatBytes(Uint8Array.of(2 + ((right[31] as number) & 1)), left)
  return isKeyStrong(key) && isOnCurve(left, right) ? key : undefined
}

const P256_FIELD = 0xffffffff_00000001_00000000_00000000_00000000_ffffffff_ffffffff_ffffffffn
const P256_B = 0x5ac635d8_aa3a93e7_b3ebbd55_769886bc_651d06b0_cc53b0f6_3bce3c3e_27d2604bn

/** The compressed form forgets y: one that does not belong to x would go unnoticed. */
function isOnCurve(left: Uint8Array, right: Uint8Array): boolean {
  const [x, y] = [left, right].map((bytes) =>
    bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
  ) as [bigint, bigint]
  return y < P256_FIELD && (y * y - (x * x * x - 3n * x + P256_B)) % P256_FIELD === 0n
}

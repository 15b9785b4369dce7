/**
 * Credentials: claims about an owner, as "licensed operator", which it shows to one verifier at a time.
 *
 * SD-JWT VC (draft-ietf-oauth-sd-jwt-vc) under RFC 9901. The issuer is a maker of the ledger
 * ({@link ./issuer-sheet.ts}); the holder's key is made for this one credential from the seed of its
 * wallet, and stands for nothing else, so two credentials of one owner share no key. Every claim is
 * shown or kept by itself. None of this goes onto the ledger.
 *
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  acceptAs,
  ascii,
  concatBytes,
  invariant,
  type PrivateKey,
  publicKeyOf,
  reject,
  type Verdict
} from '../protocol/index.ts'
import { type IssuerSheet, isRevoked, issuerOf, type StatusPart } from './issuer-sheet.ts'
import {
  fromBase64Url,
  fromJwk,
  isJsonObject,
  isTokenSigned,
  type JsonObject,
  type JsonValue,
  signToken,
  toBase64Url,
  toJwk
} from './json-web-signature.ts'
import type { RandomBytes } from './random.ts'
import {
  digestOf,
  discloseClaim,
  nameOfDisclosure,
  processSdJwt,
  readSdJwt,
  type SdJwt,
  type SdJwtFault
} from './sd-jwt.ts'

/** What an issuer says, and to whom. */
export interface CredentialOptions {
  readonly networkId: string
  readonly vendorId: Uint8Array
  /** The name of the issuer's key in its sheet, and the key. */
  readonly kid: string
  readonly key: PrivateKey
  /** What kind of credential it is: a URI of the issuer's. */
  readonly type: string
  readonly claims: JsonObject
  /** What the holder gave: {@link drawHolderJwk}. */
  readonly holder: JsonObject
  /** Its bit in the list of revocations. */
  readonly statusIndex: number
  readonly nowMs: number
  readonly notAfterMs: number
}

/** What a verifier asks for. */
export interface CredentialAsked {
  readonly verifier: string
  /** Drawn for this one presentation. */
  readonly nonce: string
  readonly type: string
}

/** Why no credential is issued. */
export type IssueFault = 'HOLDER_KEY_WRONG' | 'CLAIM_NAME_TAKEN'

/** Why a credential is not shown. */
export type PresentFault =
  | 'CREDENTIAL_MALFORMED'
  /** It was issued to a key of somebody else. */
  | 'HOLDER_OTHER'
  /** It says nothing under one of the names. */
  | 'CLAIM_UNKNOWN'

/** Why a presentation says nothing here and now. */
export type CredentialFault =
  | SdJwtFault
  | 'CREDENTIAL_MALFORMED'
  | 'CREDENTIAL_OF_OTHER_TYPE'
  | 'CREDENTIAL_FORGED'
  | 'CREDENTIAL_EXPIRED'
  | 'CREDENTIAL_NOT_YET'
  | 'CREDENTIAL_REVOKED'
  /** The part of the list that came with it is not of the issuer's list of today. */
  | 'STATUS_UNPROVED'
  /** Nobody's key, or another one than the issuer named, answered the verifier. */
  | 'KEY_BINDING_WRONG'
  /** It was shown to another verifier, for another nonce, or too long ago. */
  | 'KEY_BINDING_OF_OTHER'

const TYP = 'dc+sd-jwt'
const KEY_BINDING_TYP = 'kb+jwt'
const SALT_BYTES = 16
const HOLDER_TAG = ascii('tm/holder/1')
const NO_SALT = new Uint8Array(0)
/** How old an answer to a verifier may be, and by how much clocks may differ. */
const ANSWER_MAX_SECONDS = 300
const CLOCKS_APART_SECONDS = 120
/** draft-ietf-oauth-sd-jwt-vc §3.2.2.2: these are for all to see, and no claim may take their names. */
const OPEN_NAMES: readonly string[] = [
  'iss',
  'nbf',
  'exp',
  'cnf',
  'vct',
  'vct#integrity',
  'status',
  'iat'
]
const RESERVED_NAMES: readonly string[] = [...OPEN_NAMES, '_sd', '_sd_alg', '...']

/** A fresh key for one credential: what a holder gives to an issuer. */
export function drawHolderJwk(seed: Uint8Array, randomBytes: RandomBytes): JsonObject {
  const salt = randomBytes(SALT_BYTES)
  return toJwk(publicKeyOf(holderKeyOf(seed, salt)), toBase64Url(salt))
}

/** Issues a credential of which every claim may be shown or kept. */
export function issueCredential(
  options: CredentialOptions,
  randomBytes: RandomBytes
): Verdict<IssueFault, string> {
  const { networkId, vendorId, claims, holder } = options
  if (fromJwk(holder) === undefined) return reject('HOLDER_KEY_WRONG')
  if (Object.keys(claims).some((name) => RESERVED_NAMES.includes(name)))
    return reject('CLAIM_NAME_TAKEN')
  const disclosed = Object.entries(claims).map(([name, value]) =>
    discloseClaim(name, value as JsonValue, randomBytes)
  )
  const issuer = issuerOf(networkId, vendorId)
  const payload = {
    iss: issuer,
    iat: secondsOf(options.nowMs),
    exp: secondsOf(options.notAfterMs),
    vct: options.type,
    cnf: { jwk: holder },
    status: { status_list: { idx: options.statusIndex, uri: issuer } },
    _sd_alg: 'sha-256',
    // RFC 9901 §4.2.4.1: in an order that tells nothing of the names.
    _sd: disclosed.map(({ digest }) => digest).sort()
  }
  const token = signToken({ typ: TYP, kid: options.kid }, payload, options.key)
  return acceptAs(`${[token, ...disclosed.map(({ disclosure }) => disclosure)].join('~')}~`)
}

/** Shows some claims of a credential to one verifier. */
export function presentCredential(
  seed: Uint8Array,
  credential: string,
  asked: Omit<CredentialAsked, 'type'> & {
    readonly shown: readonly string[]
    readonly nowMs: number
  }
): Verdict<PresentFault, string> {
  const read = readSdJwt(credential)
  if (read === undefined || read.keyBinding !== null) return reject('CREDENTIAL_MALFORMED')
  const key = holderKeyFor(seed, read)
  if (key === undefined) return reject('HOLDER_OTHER')
  const { shown } = asked
  const kept = read.disclosures.filter((one) => shown.includes(nameOfDisclosure(one) ?? ''))
  const names = kept.map(nameOfDisclosure)
  if (!shown.every((name) => names.includes(name))) return reject('CLAIM_UNKNOWN')
  const [token = ''] = read.shownText.split('~')
  const text = `${[token, ...kept].join('~')}~`
  const answer = {
    iat: secondsOf(asked.nowMs),
    aud: asked.verifier,
    nonce: asked.nonce,
    sd_hash: digestOf(text)
  }
  return acceptAs(`${text}${signToken({ typ: KEY_BINDING_TYP }, answer, key)}`)
}

/** The place of a credential in its issuer's list of revocations; undefined where it names none. */
export function statusIndexOf(credential: string): number | undefined {
  const read = readSdJwt(credential)
  return read === undefined ? undefined : indexOf(read.token.payload)
}

/**
 * Judges a presentation; the claims that it shows.
 *
 * @param issuer - the issuer's sheet as it was proved, and the part of its list that came along
 */
export function judgeCredential(
  presentation: string,
  issuer: { readonly sheet: IssuerSheet; readonly status: StatusPart },
  asked: CredentialAsked & { readonly nowMs: number }
): Verdict<CredentialFault, JsonObject> {
  const read = readSdJwt(presentation)
  if (read === undefined || read.token.header['typ'] !== TYP) return reject('CREDENTIAL_MALFORMED')
  const { sheet, status } = issuer
  const key = sheet.keys.get(String(read.token.header['kid']))
  if (key === undefined || !isTokenSigned(read.token, key)) return reject('CREDENTIAL_FORGED')
  const fault =
    judgePayload(read.token.payload, sheet, asked) ??
    judgeStatus(read.token.payload, sheet, status) ??
    judgeKeyBinding(read, asked, secondsOf(asked.nowMs))
  if (fault !== undefined) return reject(fault)
  const processed = processSdJwt(read)
  if (!processed.ok) return processed
  const isHidden = read.disclosures.some((one) => OPEN_NAMES.includes(nameOfDisclosure(one) ?? ''))
  return isHidden ? reject('DISCLOSURE_WRONG') : processed
}

/** Whether the holder's key, which the issuer named, signed for this verifier and this nonce just now. */
export function judgeKeyBinding(
  { token, keyBinding, shownText }: SdJwt,
  { verifier, nonce }: Pick<CredentialAsked, 'verifier' | 'nonce'>,
  nowSeconds: number
): CredentialFault | undefined {
  const { cnf } = token.payload
  const key = isJsonObject(cnf) ? fromJwk(cnf['jwk']) : undefined
  if (keyBinding === null || key === undefined) return 'KEY_BINDING_WRONG'
  const { header, payload } = keyBinding
  const isWhole = header['typ'] === KEY_BINDING_TYP && payload['sd_hash'] === digestOf(shownText)
  if (!isWhole || !isTokenSigned(keyBinding, key)) return 'KEY_BINDING_WRONG'
  const { iat, aud, nonce: answered } = payload
  const isOurs = aud === verifier && answered === nonce && typeof iat === 'number'
  if (!isOurs) return 'KEY_BINDING_OF_OTHER'
  const isNow = iat <= nowSeconds + CLOCKS_APART_SECONDS && iat >= nowSeconds - ANSWER_MAX_SECONDS
  return isNow ? undefined : 'KEY_BINDING_OF_OTHER'
}

function judgePayload(
  { iss, vct, exp, nbf, iat }: JsonObject,
  { networkId, vendorId }: IssuerSheet,
  { type, nowMs }: Pick<CredentialAsked, 'type'> & { readonly nowMs: number }
): CredentialFault | undefined {
  const now = secondsOf(nowMs)
  if (iss !== issuerOf(networkId, vendorId)) return 'CREDENTIAL_FORGED'
  if (vct !== type) return 'CREDENTIAL_OF_OTHER_TYPE'
  if (typeof exp !== 'number' || now >= exp) return 'CREDENTIAL_EXPIRED'
  const begins = [iat ?? 0, nbf ?? 0]
  const hasBegun = begins.every(
    (time) => typeof time === 'number' && time <= now + CLOCKS_APART_SECONDS
  )
  return hasBegun ? undefined : 'CREDENTIAL_NOT_YET'
}

function judgeStatus(
  payload: JsonObject,
  sheet: IssuerSheet,
  status: StatusPart
): CredentialFault | undefined {
  const index = indexOf(payload)
  const revoked = index === undefined ? undefined : isRevoked(sheet, index, status)
  if (revoked === undefined) return 'STATUS_UNPROVED'
  return revoked ? 'CREDENTIAL_REVOKED' : undefined
}

function indexOf({ status }: JsonObject): number | undefined {
  const list = isJsonObject(status) ? status['status_list'] : undefined
  const index = isJsonObject(list) ? list['idx'] : undefined
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : undefined
}

function holderKeyFor(seed: Uint8Array, { token }: SdJwt): PrivateKey | undefined {
  const { cnf } = token.payload
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined
  const kid = isJsonObject(jwk) ? jwk['kid'] : undefined
  const salt = typeof kid === 'string' ? fromBase64Url(kid) : undefined
  if (salt?.length !== SALT_BYTES) return undefined
  const key = holderKeyOf(seed, salt)
  const named = fromJwk(jwk)
  return named !== undefined && toBase64Url(named) === toBase64Url(publicKeyOf(key))
    ? key
    : undefined
}

/** HKDF-SHA-256 over the wallet's seed, info = `"tm/holder/1" ‖ salt`: an Ed25519 seed. */
function holderKeyOf(seed: Uint8Array, salt: Uint8Array): PrivateKey {
  invariant(seed.length === 32, 'a wallet seed has 32 bytes')
  const info = concatBytes(HOLDER_TAG, salt)
  return { algorithm: 'Ed25519', bytes: hkdf(sha256, seed, NO_SALT, info, 32) }
}

function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000)
}

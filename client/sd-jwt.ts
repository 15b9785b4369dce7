/**
 * SD-JWT: a signed set of claims of which its holder shows some and keeps the others (RFC 9901).
 *
 * The signed payload holds digests of salted disclosures; a claim is shown by its disclosure, and
 * what is not shown cannot be guessed from its digest. A presentation may end with a token that the
 * holder's key signs for one verifier.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9901
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { acceptAs, ascii, reject, type Verdict } from '../protocol/index.ts'
import {
  fromBase64Url,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ReadToken,
  readJsonBytes,
  readToken,
  toBase64Url
} from './json-web-signature.ts'
import type { RandomBytes } from './random.ts'

/** An SD-JWT, taken apart. */
export interface SdJwt {
  readonly token: ReadToken
  /** As it was written: the issuer's token, each disclosure, each with a tilde behind it. */
  readonly shownText: string
  readonly disclosures: readonly string[]
  /** The holder's token for one verifier; null where there is none. */
  readonly keyBinding: ReadToken | null
}

/** What an SD-JWT can get wrong before anybody's key is asked. */
export type SdJwtFault =
  | 'SD_JWT_MALFORMED'
  | 'DIGEST_ALGORITHM_UNKNOWN'
  /** A disclosure is malformed, belongs to no digest, or would hide another claim. */
  | 'DISCLOSURE_WRONG'
  | 'DIGEST_REPEATED'

/** The longest SD-JWT that is looked at. */
const SD_JWT_LENGTH_MAX = 65_536
const DISCLOSURES_MAX = 256
const DEPTH_MAX = 64
const SALT_BYTES = 16
const DIGEST_NAMES: readonly string[] = ['_sd', '...']

/** A claim made into a disclosure, and the digest that stands for it in the payload. */
export function discloseClaim(
  name: string,
  value: JsonValue,
  randomBytes: RandomBytes
): { readonly disclosure: string; readonly digest: string } {
  const salted = JSON.stringify([toBase64Url(randomBytes(SALT_BYTES)), name, value])
  const disclosure = toBase64Url(new TextEncoder().encode(salted))
  return { disclosure, digest: digestOf(disclosure) }
}

/** The digest of text in a token, by SHA-256. */
export function digestOf(text: string): string {
  return toBase64Url(sha256(ascii(text)))
}

/** The name of the claim of a disclosure; undefined for an element of an array, and for none. */
export function nameOfDisclosure(disclosure: string): string | undefined {
  return readDisclosure(disclosure)?.name
}

/** Takes an SD-JWT apart; undefined when it is none. */
export function readSdJwt(text: string): SdJwt | undefined {
  if (text.length > SD_JWT_LENGTH_MAX || !/^[A-Za-z0-9_.~-]+$/.test(text)) return undefined
  const end = text.lastIndexOf('~') + 1
  const [first = '', ...disclosures] = text.slice(0, end).split('~').slice(0, -1)
  const token = readToken(first)
  if (end === 0 || token === undefined || disclosures.length > DISCLOSURES_MAX) return undefined
  const last = text.slice(end)
  const keyBinding = last === '' ? null : readToken(last)
  if (keyBinding === undefined) return undefined
  return { token, shownText: text.slice(0, end), disclosures, keyBinding }
}

/** The claims that an SD-JWT shows, once every disclosure has found its digest (RFC 9901 §7.1, step 3). */
export function processSdJwt({
  token,
  disclosures
}: Pick<SdJwt, 'token' | 'disclosures'>): Verdict<SdJwtFault, JsonObject> {
  const { _sd_alg: algorithm = 'sha-256', ...payload } = token.payload
  if (algorithm !== 'sha-256') return reject('DIGEST_ALGORITHM_UNKNOWN')
  const found = new Map<string, Disclosure>()
  for (const disclosure of disclosures) {
    const [digest, read] = [digestOf(disclosure), readDisclosure(disclosure)]
    if (read === undefined || found.has(digest)) return reject('DISCLOSURE_WRONG')
    found.set(digest, read)
  }
  const unfolding: Unfolding = {
    found,
    seen: new Set(),
    used: new Set(),
    depth: 0,
    fault: undefined
  }
  const claims = unfoldObject(payload, unfolding)
  if (unfolding.fault !== undefined) return reject(unfolding.fault)
  return unfolding.used.size === found.size ? acceptAs(claims) : reject('DISCLOSURE_WRONG')
}

interface Disclosure {
  /** Undefined for an element of an array. */
  readonly name: string | undefined
  readonly value: JsonValue
}

interface Unfolding {
  readonly found: ReadonlyMap<string, Disclosure>
  /** Digests that were met: each stands in one place only, decoys too. */
  readonly seen: Set<string>
  readonly used: Set<string>
  /** Of objects and lists around what is looked at. */
  depth: number
  fault: SdJwtFault | undefined
}

function readDisclosure(disclosure: string): Disclosure | undefined {
  const bytes = fromBase64Url(disclosure)
  const parts = bytes === undefined ? undefined : readJsonBytes(bytes)
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') return undefined
  if (parts.length === 2) return { name: undefined, value: parts[1] as JsonValue }
  const [, name, value] = parts as readonly JsonValue[]
  const isNamed = typeof name === 'string' && !DIGEST_NAMES.includes(name)
  return parts.length === 3 && isNamed ? { name, value: value as JsonValue } : undefined
}

/** Whatever disclosures nest in each other, the way down has an end. */
function unfold(value: JsonValue, unfolding: Unfolding): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (unfolding.depth >= DEPTH_MAX) {
    unfolding.fault ??= 'SD_JWT_MALFORMED'
    return null
  }
  unfolding.depth++
  const unfolded = unfoldInner(value, unfolding)
  unfolding.depth--
  return unfolded
}

function unfoldInner(value: JsonValue, unfolding: Unfolding): JsonValue {
  if (Array.isArray(value))
    return (value as readonly JsonValue[]).flatMap((element) => unfoldElement(element, unfolding))
  return isJsonObject(value) ? unfoldObject(value, unfolding) : value
}

function unfoldObject(object: JsonObject, unfolding: Unfolding): JsonObject {
  const { _sd: digests = [], ...open } = object
  const fields = new Map(
    Object.entries(open).map(([name, value]) => [name, unfold(value as JsonValue, unfolding)])
  )
  if ('...' in open || !Array.isArray(digests)) unfolding.fault ??= 'SD_JWT_MALFORMED'
  for (const digest of Array.isArray(digests) ? (digests as readonly JsonValue[]) : []) {
    const disclosure = takeDigest(digest, unfolding)
    if (disclosure === undefined) continue
    const { name, value } = disclosure
    if (name === undefined || fields.has(name)) unfolding.fault ??= 'DISCLOSURE_WRONG'
    else fields.set(name, unfold(value, unfolding))
  }
  return Object.fromEntries(fields)
}

/** An element as it is, or what its digest stands for: nothing where that is not shown. */
function unfoldElement(element: JsonValue, unfolding: Unfolding): readonly JsonValue[] {
  const isDigest = isJsonObject(element) && Object.keys(element).length === 1 && '...' in element
  if (!isDigest) return [unfold(element, unfolding)]
  const disclosure = takeDigest(element['...'], unfolding)
  if (disclosure === undefined) return []
  if (disclosure.name !== undefined) unfolding.fault ??= 'DISCLOSURE_WRONG'
  return [unfold(disclosure.value, unfolding)]
}

function takeDigest(digest: JsonValue | undefined, unfolding: Unfolding): Disclosure | undefined {
  const { found, seen, used } = unfolding
  if (typeof digest !== 'string') {
    unfolding.fault ??= 'SD_JWT_MALFORMED'
    return undefined
  }
  if (seen.has(digest)) {
    unfolding.fault ??= 'DIGEST_REPEATED'
    return undefined
  }
  seen.add(digest)
  const disclosure = found.get(digest)
  if (disclosure !== undefined) used.add(digest)
  return disclosure
}

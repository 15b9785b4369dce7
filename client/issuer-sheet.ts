/**
 * Issuer sheets: the keys and the revocations of who issues credentials, as the ledger knows them.
 *
 * An issuer is a maker of the ledger, one that need not make devices. The `infoHash` of its record is
 * the SHA-256 of its sheet, byte for byte; so the ledger holds which keys are the issuer's and the
 * root over its list of revocations, and no name and no word of anybody. Whoever carries the sheet
 * and a part of the list to a verifier need not be trusted, and the issuer does not hear of it.
 *
 * A sheet is JSON: `{"format":1,"network":…,"maker":…,"keys":[JWK …],"statusCount":…,"statusRoot":…}`.
 * The list has one bit for each credential, 1 for revoked, in chunks of 32 bytes, the lowest bit of
 * a byte first; its root is that of a list tree over the chunks.
 *
 * @see ../protocol/SPEC.md §1.4 List trees
 * @see ../protocol/SPEC.md §5.2 Makers
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'
import {
  acceptAs,
  equalBytes,
  fromHex,
  invariant,
  isInList,
  listLeafHash,
  listPath,
  listRoot,
  reject,
  toHex,
  type Verdict,
  vendors
} from '../protocol/index.ts'
import {
  fromJwk,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  readJsonBytes,
  toJwk
} from './json-web-signature.ts'
import { type ProofFault, proveRecord, type StandingPorts } from './owner-standing.ts'

/** Who issues, by what keys, and what is revoked. */
export interface IssuerSheet {
  readonly networkId: string
  readonly vendorId: Uint8Array
  /** Public keys by their names. */
  readonly keys: ReadonlyMap<string, Uint8Array>
  /** Credentials that the list has a bit for. */
  readonly statusCount: number
  readonly statusRoot: Uint8Array
}

/** A chunk of a list of revocations, and the way from it to the root. */
export interface StatusPart {
  readonly chunk: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** Why a sheet is not that of an issuer. */
export type IssuerFault =
  | 'ISSUER_SHEET_MALFORMED'
  /** Another sheet, or none, stands behind this issuer on the ledger. */
  | 'ISSUER_SHEET_OTHER'
  | 'ISSUER_UNKNOWN'
  /** The members have removed it. */
  | 'ISSUER_REMOVED'
  | 'LEDGER_STALE'

/** Credentials of one issuer. */
const STATUS_COUNT_MAX = 1_048_576
const CHUNK_BYTES = 32
const CHUNK_BITS = 8 * CHUNK_BYTES
const SHEET_SIZE_MAX_BYTES = 16_384
const KEYS_MAX = 16
/** What was proved of the ledger is at most this old: a credential may have been revoked since. */
const FRESH_MS = 300_000
const FORMAT = 1

/** The name of an issuer in what it issues. */
export function issuerOf(networkId: string, vendorId: Uint8Array): string {
  return `urn:thingmoot:${networkId}:maker:${toHex(vendorId)}`
}

/** An empty list of revocations, for as many credentials. */
export function createStatusList(count: number): Uint8Array {
  invariant(count >= 1 && count <= STATUS_COUNT_MAX, 'a list has room for a million credentials')
  return new Uint8Array(CHUNK_BYTES * Math.ceil(count / CHUNK_BITS))
}

/** The list in which a credential is revoked. */
export function revokeIn(list: Uint8Array, index: number): Uint8Array {
  invariant(index >= 0 && index < 8 * list.length, 'a credential has its bit in the list')
  const next = list.slice()
  next[index >> 3] = (next[index >> 3] as number) | (1 << (index & 7))
  return next
}

/** The part of a list that says of one credential whether it is revoked. */
export function statusPartOf(list: Uint8Array, index: number): StatusPart {
  const chunks = chunksOf(list)
  const at = Math.floor(index / CHUNK_BITS)
  const chunk = chunks[at]
  invariant(chunk !== undefined, 'a credential has its bit in the list')
  return { chunk, path: listPath(chunks.map(listLeafHash), at) }
}

/** Whether a credential is revoked; undefined when the part is none of the sheet's list. */
export function isRevoked(
  { statusCount, statusRoot }: Pick<IssuerSheet, 'statusCount' | 'statusRoot'>,
  index: number,
  { chunk, path }: StatusPart
): boolean | undefined {
  if (!Number.isInteger(index) || index < 0 || index >= statusCount) return undefined
  if (chunk.length !== CHUNK_BYTES) return undefined
  const count = Math.ceil(statusCount / CHUNK_BITS)
  const place = { index: Math.floor(index / CHUNK_BITS), count, path }
  if (!isInList(chunk, place, statusRoot)) return undefined
  const bit = index % CHUNK_BITS
  return ((chunk[bit >> 3] as number) & (1 << (bit & 7))) !== 0
}

/** The bytes of a sheet: what the ledger has the hash of. */
export function encodeIssuerSheet(
  sheet: Pick<IssuerSheet, 'networkId' | 'vendorId' | 'keys'>,
  list: Uint8Array
): Uint8Array {
  const fields = {
    format: FORMAT,
    network: sheet.networkId,
    maker: toHex(sheet.vendorId),
    keys: [...sheet.keys].map(([kid, key]) => toJwk(key, kid)),
    statusCount: 8 * list.length,
    statusRoot: toHex(listRoot(chunksOf(list)))
  }
  return new TextEncoder().encode(`${JSON.stringify(fields, undefined, 2)}\n`)
}

/** The `infoHash` of a sheet. */
export function infoHashOf(sheetBytes: Uint8Array): Uint8Array {
  return sha256(sheetBytes)
}

/** Reads a sheet; undefined when the bytes are none. */
export function decodeIssuerSheet(sheetBytes: Uint8Array): IssuerSheet | undefined {
  if (sheetBytes.length > SHEET_SIZE_MAX_BYTES) return undefined
  const read = readJsonBytes(sheetBytes)
  if (!isJsonObject(read) || read['format'] !== FORMAT) return undefined
  const { network, maker, statusCount, statusRoot } = read as Record<string, JsonValue | undefined>
  const [vendorId, root] = [bytes32(maker), bytes32(statusRoot)]
  const keys = readKeys(read)
  const isCount =
    typeof statusCount === 'number' &&
    Number.isInteger(statusCount) &&
    statusCount >= 1 &&
    statusCount <= STATUS_COUNT_MAX
  if (typeof network !== 'string' || vendorId === undefined || root === undefined) return undefined
  if (keys === undefined || !isCount) return undefined
  return { networkId: network, vendorId, keys, statusCount, statusRoot: root }
}

/**
 * Proves that a sheet is the issuer's of today.
 *
 * @throws ClientError when no node can be asked, or one forges seals
 */
export async function proveIssuerSheet(
  sheetBytes: Uint8Array,
  nowMs: number,
  ports: StandingPorts
): Promise<Verdict<IssuerFault | ProofFault, IssuerSheet>> {
  const sheet = decodeIssuerSheet(sheetBytes)
  if (sheet === undefined) return reject('ISSUER_SHEET_MALFORMED')
  const proved = await proveRecord(vendors, sheet.vendorId, ports)
  if (!proved.ok) return proved
  const { record, timeMs } = proved.value
  if (timeMs < nowMs - FRESH_MS) return reject('LEDGER_STALE')
  if (record === undefined) return reject('ISSUER_UNKNOWN')
  if (record.removed !== 0) return reject('ISSUER_REMOVED')
  const { infoHash } = record
  if (infoHash === null || !equalBytes(infoHash, infoHashOf(sheetBytes)))
    return reject('ISSUER_SHEET_OTHER')
  return acceptAs(sheet)
}

function readKeys(sheet: JsonObject): ReadonlyMap<string, Uint8Array> | undefined {
  const { keys } = sheet
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > KEYS_MAX) return undefined
  const read = new Map<string, Uint8Array>()
  for (const jwk of keys as readonly JsonValue[]) {
    const key = fromJwk(jwk)
    const kid = isJsonObject(jwk) ? jwk['kid'] : undefined
    if (key === undefined || typeof kid !== 'string' || read.has(kid)) return undefined
    read.set(kid, key)
  }
  return read
}

function chunksOf(list: Uint8Array): Uint8Array[] {
  invariant(list.length > 0 && list.length % CHUNK_BYTES === 0, 'a list is made of whole chunks')
  return Array.from({ length: list.length / CHUNK_BYTES }, (_, at) =>
    list.slice(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES)
  )
}

function bytes32(value: JsonValue | undefined): Uint8Array | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? fromHex(value) : undefined
}

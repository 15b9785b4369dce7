/**
 * Tokens: 32 random bytes that open a node's API, of which the node keeps the hash alone.
 *
 * @module
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import type { RateClass, TokenGrant } from './grant.ts'
import { ROLES, type Role } from './role.ts'

/** A token as it is kept: nothing of it opens anything. */
export interface TokenRecord {
  /** The first bytes of the hash: what people call it. */
  readonly id: string
  /** SHA-256 of the token's text, in hex. */
  readonly hash: string
  readonly name: string
  readonly role: Role
  /** The only devices it is for, in hex; null for all. */
  readonly devices: readonly string[] | null
  readonly rateClass: RateClass
  readonly createdAtMs: number
  /** Null for one that does not expire. */
  readonly expiresAtMs: number | null
}

/** What is decided about a new token. */
export type TokenWish = Omit<TokenRecord, 'id' | 'hash'>

/** Bytes of a token. */
export const TOKEN_BYTES = 32
/** Devices that one token may be for. */
export const TOKEN_DEVICES_MAX = 256
/** What tokens begin with, so that people and scanners for leaks know one. */
const PREFIX = 'tmt_'
const PATTERN = /^tmt_[A-Za-z0-9_-]{43}$/
const ID_LENGTH = 8

/** Every rate class. */
export const RATE_CLASSES: readonly RateClass[] = ['normal', 'bulk']

/** The shape of a kept token. */
export const tokenRecordShape: z.ZodType<TokenRecord> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().max(64),
  role: z.enum(ROLES),
  devices: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(TOKEN_DEVICES_MAX)
    .nullable(),
  rateClass: z.enum(['normal', 'bulk']),
  createdAtMs: z.int().min(0),
  expiresAtMs: z.int().min(0).nullable()
})

/** Makes a token of fresh random bytes. Its text is told once and kept nowhere. */
export function createToken(
  wish: TokenWish,
  randomBytes: Uint8Array
): { readonly text: string; readonly record: TokenRecord } {
  const text = `${PREFIX}${Buffer.from(randomBytes).toString('base64url')}`
  const hash = hashOf(text).toString('hex')
  return { text, record: { id: hash.slice(0, ID_LENGTH), hash, ...wish } }
}

/** Whether a text may be a token at all. */
export function isTokenText(text: string): boolean {
  return PATTERN.test(text)
}

/**
 * Finds the record of a token. All of them are compared, each in a time that does not tell how much
 * of it fits, so that the time says nothing about any.
 */
export function findToken(text: string, records: readonly TokenRecord[]): TokenRecord | undefined {
  const hash = hashOf(text)
  let found: TokenRecord | undefined
  for (const record of records)
    if (timingSafeEqual(hash, Buffer.from(record.hash, 'hex'))) found = record
  return found
}

/** What a kept token grants. */
export function grantOf({ id, role, devices, rateClass }: TokenRecord): TokenGrant {
  return { tokenId: id, role, devices: devices && new Set(devices), rateClass }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/**
 * Records of the MQTT session store: a session, and one message that waits for it.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import * as z from 'zod'

/** A session that outlives its connection. */
export interface StoredSession {
  readonly id: string
  /** Since when it has no connection; null while it has one. */
  readonly awaySinceMs: number | null
  /** How long it asked to be kept without one. */
  readonly keepSeconds: number
  readonly filters: readonly (readonly [filter: string, qos: 0 | 1])[]
  /** Packet ids of messages of quality 2 that came in and were not released yet. */
  readonly received: readonly number[]
}

/** A message that waits. */
export interface StoredMessage {
  readonly topic: string
  readonly payload: string
}

const SESSION_KIND = 0x73
const QUEUE_KIND = 0x71
const PREFIX_BYTES = 16
const NUMBER_BYTES = 8

/** Where sessions lie. */
export const SESSIONS: { readonly gte: Uint8Array; readonly lt: Uint8Array } = {
  gte: Uint8Array.of(SESSION_KIND),
  lt: Uint8Array.of(SESSION_KIND + 1)
}

/** Where messages lie. */
export const QUEUES: { readonly gte: Uint8Array; readonly lt: Uint8Array } = {
  gte: Uint8Array.of(QUEUE_KIND),
  lt: Uint8Array.of(QUEUE_KIND + 1)
}

const sessionShape: z.ZodType<StoredSession> = z.strictObject({
  id: z.string(),
  awaySinceMs: z.int().nullable(),
  keepSeconds: z.int(),
  filters: z.array(z.tuple([z.string(), z.union([z.literal(0), z.literal(1)])])),
  received: z.array(z.int())
})
const messageShape: z.ZodType<StoredMessage> = z.strictObject({
  topic: z.string(),
  payload: z.string()
})

/** The part of all keys of a session: ids are of any length, keys are not. */
export function prefixOf(id: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(id).digest().subarray(0, PREFIX_BYTES))
}

/** The key of a session. */
export function sessionKey(prefix: Uint8Array): Uint8Array {
  return Uint8Array.of(SESSION_KIND, ...prefix)
}

/** The key of a message; messages lie in the order of their numbers. */
export function messageKey(prefix: Uint8Array, number: number): Uint8Array {
  const place = Buffer.alloc(NUMBER_BYTES)
  place.writeBigUInt64BE(BigInt(number))
  return Uint8Array.of(QUEUE_KIND, ...prefix, ...place)
}

/** The number of a message by its key. */
export function numberOfKey(key: Uint8Array): number {
  return Number(Buffer.from(key.subarray(-NUMBER_BYTES)).readBigUInt64BE())
}

/** A session as bytes. */
export function encodeSession(session: StoredSession): Uint8Array {
  return Buffer.from(JSON.stringify(session))
}

/** Reads a session; undefined where it is none. */
export function decodeSession(bytes: Uint8Array): StoredSession | undefined {
  return read(sessionShape, bytes)
}

/** A message as bytes. */
export function encodeMessage({ topic, payload }: StoredMessage): Uint8Array {
  return Buffer.from(JSON.stringify({ topic, payload }))
}

/** Reads a message; undefined where it is none. */
export function decodeMessage(bytes: Uint8Array): StoredMessage | undefined {
  return read(messageShape, bytes)
}

function read<Value>(shape: z.ZodType<Value>, bytes: Uint8Array): Value | undefined {
  try {
    return shape.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    // Whole by its checksum, but of another program: it is forgotten like a session whose time is over.
    return undefined
  }
}

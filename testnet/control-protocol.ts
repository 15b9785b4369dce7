/**
 * What is said on the control socket: one JSON line asks, one answers.
 *
 * @module
 */

import { z } from 'zod'
import { REGION_NAMES, type RegionName } from './regions/latencies.ts'

/** What one may ask of a running testnet. */
export type ControlRequest =
  | { readonly command: 'status' }
  | { readonly command: 'down' }
  | { readonly command: 'kill'; readonly names: readonly string[] }
  | { readonly command: 'pause'; readonly names: readonly string[] }
  /** Starts killed nodes and resumes paused ones; no names mean all. */
  | { readonly command: 'heal'; readonly names: readonly string[] }
  /** Founds one more node and starts it; it asks for no seat by itself. */
  | { readonly command: 'join'; readonly name: string; readonly region: RegionName | null }

/** What a command found or did; any JSON object. */
export type ControlResult = Readonly<Record<string, unknown>>

/** The answer to one request. */
export type ControlReply =
  | { readonly ok: true; readonly result: ControlResult }
  | { readonly ok: false; readonly code: string; readonly message: string }

const NAMES_MAX = 256
const NAME_MAX_CHARACTERS = 64

const namesShape = z.array(z.string().min(1).max(NAME_MAX_CHARACTERS)).max(NAMES_MAX)
const requestShape = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('status') }),
  z.strictObject({ command: z.literal('down') }),
  z.strictObject({ command: z.literal('kill'), names: namesShape.min(1) }),
  z.strictObject({ command: z.literal('pause'), names: namesShape.min(1) }),
  z.strictObject({ command: z.literal('heal'), names: namesShape }),
  z.strictObject({
    command: z.literal('join'),
    name: z.string().min(1).max(NAME_MAX_CHARACTERS),
    region: z.enum(REGION_NAMES).nullable()
  })
])
const replyShape = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), result: z.record(z.string(), z.unknown()) }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string() })
])

/** Reads a request; undefined when the line is anything else. */
export function parseControlRequest(line: string): ControlRequest | undefined {
  return requestShape.safeParse(parseJson(line)).data
}

/** Reads a reply; undefined when the line is anything else. */
export function parseControlReply(line: string): ControlReply | undefined {
  return replyShape.safeParse(parseJson(line)).data
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Not JSON is no request and no reply either, which the shapes say of undefined.
    return undefined
  }
}

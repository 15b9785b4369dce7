/**
 * What clients say over a WebSocket, and how it is judged.
 *
 * @module
 */

import * as z from 'zod'
import { type Problem, problemOf } from '../problem.ts'
import { readJson } from '../safe-json.ts'
import type { EventWish } from './event-desk.ts'
import { createFilter, deviceName, eventKind, FILTER_DEVICES_MAX } from './event-filter.ts'
import { parsePosition } from './event-position.ts'
import { ASKED_KINDS } from './ledger-event.ts'

const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'is not a name of 1 to 32 characters')

const subscribeShape = z.strictObject({
  subscribe: name,
  events: z.array(eventKind).min(1).max(ASKED_KINDS.length).optional(),
  devices: z.array(deviceName).min(1).max(FILTER_DEVICES_MAX).optional(),
  after: z.string().optional()
})

const unsubscribeShape = z.strictObject({ unsubscribe: name })

/** What a client said. */
export type SocketWord =
  | {
      readonly kind: 'subscribe'
      readonly name: string
      readonly wish: EventWish
      /** The devices that are named; null for all. */
      readonly devices: readonly string[] | null
    }
  | { readonly kind: 'unsubscribe'; readonly name: string }

/** Reads what a client said. */
export function readSocketWord(text: string): SocketWord | Problem {
  const json = readJson(text)
  if (!json.ok) return problemOf('BODY_MALFORMED', 'The message is no JSON that is taken here.')
  const unsubscribe = unsubscribeShape.safeParse(json.value)
  if (unsubscribe.success) return { kind: 'unsubscribe', name: unsubscribe.data.unsubscribe }
  const subscribe = subscribeShape.safeParse(json.value)
  if (!subscribe.success) return wrong('Say {"subscribe": name, …} or {"unsubscribe": name}.')
  const { subscribe: given, events, devices, after } = subscribe.data
  const position = after === undefined ? null : parsePosition(after)
  if (position === undefined) return wrong('The last event is <height> or <height>.<index>.')
  const wish = { after: position, filter: createFilter(events, devices) }
  return { kind: 'subscribe', name: given, wish, devices: devices ?? null }
}

function wrong(detail: string): Problem {
  return problemOf('MESSAGE_WRONG', detail)
}

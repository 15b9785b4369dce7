/**
 * Filters: which events a listener wants.
 *
 * @module
 */

import * as z from 'zod'
import { ASKED_KINDS, EVENT_KINDS, type EventKind, type LedgerEvent } from './ledger-event.ts'

/** Which events are wanted. */
export interface EventFilter {
  readonly kinds: ReadonlySet<EventKind>
  /** In hex; null for events of all devices, and of none. */
  readonly devices: ReadonlySet<string> | null
}

/** Devices that one filter may name: those of one owner fit in. */
export const FILTER_DEVICES_MAX = 256

/** The id of a device as filters name it. */
export const deviceName: z.ZodType<string, string> = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'is not 32 bytes in lower-case hex')

/** A kind of event. */
export const eventKind: z.ZodType<EventKind, EventKind> = z.enum(ASKED_KINDS)

/** The filter of these kinds and devices; what is not said is not limited to any, but final. */
export function createFilter(
  kinds: readonly EventKind[] | undefined,
  devices: readonly string[] | undefined
): EventFilter {
  return {
    kinds: new Set(kinds ?? EVENT_KINDS),
    devices: devices === undefined ? null : new Set(devices)
  }
}

/** Whether an event is wanted. A block is of interest to every listener who asked for blocks. */
export function isWanted({ kinds, devices }: EventFilter, event: LedgerEvent): boolean {
  if (!kinds.has(event.kind)) return false
  if (devices === null || event.kind === 'block') return true
  return event.deviceId !== null && devices.has(event.deviceId)
}

/**
 * alerts/<deviceId>: what members suspect of a device, and what its owner said of it.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { bytes, list, type Shape, tuple, uint } from '../../codec/shape.ts'
import { MEMBERS_MAX } from '../../foundation/limits.ts'
import { createTable, type Table } from '../table.ts'

/** What members said by one rule of one window. */
export interface AlertEntry {
  readonly rule: number
  readonly ruleVersion: number
  readonly windowStartMs: number
  /** In the order in which they spoke. */
  readonly voices: readonly AlertVoice[]
}

/** What one member said. */
export interface AlertVoice {
  readonly memberId: Uint8Array
  readonly severity: number
}

/** All that is suspected of one device. */
export interface AlertsRecord {
  /** In ascending order of window and rule. */
  readonly entries: readonly AlertEntry[]
  /** Rules that the owner dismissed, each until a moment, in ascending order. */
  readonly dismissals: readonly { readonly rule: number; readonly untilMs: number }[]
  /** The rule by which the device is quarantined; 0 for none. */
  readonly quarantineRule: number
}

/** Most entries of one device: one for each rule of suspicion. */
export const ALERT_ENTRIES_MAX = 8

const voiceFields = tuple(bytes(32), uint(2))
const readVoice: Shape<AlertVoice> = (value) => {
  const read = voiceFields(value)
  return read && { memberId: read[0], severity: read[1] }
}

const entryFields = tuple(uint(255), uint(), uint(), list(readVoice, MEMBERS_MAX))
const readEntry: Shape<AlertEntry> = (value) => {
  const read = entryFields(value)
  if (read === undefined) return undefined
  const [rule, ruleVersion, windowStartMs, voices] = read
  return { rule, ruleVersion, windowStartMs, voices }
}

const dismissalFields = tuple(uint(255), uint())
const readDismissal: Shape<AlertsRecord['dismissals'][number]> = (value) => {
  const read = dismissalFields(value)
  return read && { rule: read[0], untilMs: read[1] }
}

const fields = tuple(list(readEntry, ALERT_ENTRIES_MAX), list(readDismissal, 255), uint(255))

const readAlerts: Shape<AlertsRecord> = (value) => {
  const read = fields(value)
  return read && { entries: read[0], dismissals: read[1], quarantineRule: read[2] }
}

/** The table of alerts. */
export const alerts: Table<AlertsRecord> = createTable({
  number: 7,
  name: 'alerts',
  read: readAlerts,
  toFields: ({ entries, dismissals, quarantineRule }) => [
    entries.map(({ rule, ruleVersion, windowStartMs, voices }) => [
      rule,
      ruleVersion,
      windowStartMs,
      voices.map(({ memberId, severity }) => [memberId, severity])
    ]),
    dismissals.map(({ rule, untilMs }) => [rule, untilMs]),
    quarantineRule
  ]
})

/** What is suspected of a device of which nobody has said anything. */
export const NO_ALERTS: AlertsRecord = { entries: [], dismissals: [], quarantineRule: 0 }

/**
 * What the page remembers of the ledger: the newest of everything, and never more than a bound.
 *
 * @module
 */

import type { Reading } from '../feed/answers.ts'
import { numberOf } from './reading-words.ts'

/** Blocks in the charts and the list. */
export const BLOCKS_MAX = 240
/** Readings in the list. */
export const READINGS_MAX = 12
/** Devices that are remembered; who spoke longest ago is forgotten first. */
export const DEVICES_MAX = 200
/** Alerts and proofs in the list. */
export const ALERTS_MAX = 30
/** Points of a spark line. */
export const POINTS_MAX = 40

/** A final block, as far as lists and charts show it. */
export interface BlockPoint {
  readonly height: number
  readonly blockId: string
  readonly timeMs: number
  readonly transactionCount: number
  /** From the proposal to the moment when this page heard of it; null for blocks from before. */
  readonly finalityMs: number | null
}

/** A reading with its device. */
export interface DeviceReading extends Reading {
  readonly deviceId: string
}

/** A device as this page has heard it. */
export interface HeardDevice {
  readonly deviceId: string
  readonly last: DeviceReading
  /** Numbers that it said, the oldest first. */
  readonly points: readonly number[]
}

/** Something that is held against a device. */
export interface Alert {
  readonly transactionId: string
  readonly height: number
  readonly timeMs: number
  readonly act: string
  readonly deviceId: string | null
  readonly rule?: number
  readonly severity?: number
}

/** Adds a block in its place; one that is there already stays as it is. */
export function addBlock(blocks: readonly BlockPoint[], block: BlockPoint): readonly BlockPoint[] {
  if (blocks.some(({ height }) => height === block.height)) return blocks
  return [...blocks, block].sort((a, b) => a.height - b.height).slice(-BLOCKS_MAX)
}

/** Adds a reading, the newest first. */
export function addReading(
  readings: readonly DeviceReading[],
  reading: DeviceReading
): readonly DeviceReading[] {
  if (readings.some(({ transactionId }) => transactionId === reading.transactionId)) return readings
  return [reading, ...readings].slice(0, READINGS_MAX)
}

/** Remembers that a device spoke. */
export function hearDevice(
  devices: ReadonlyMap<string, HeardDevice>,
  reading: DeviceReading
): ReadonlyMap<string, HeardDevice> {
  const { deviceId } = reading
  const known = devices.get(deviceId)
  if (known?.last.transactionId === reading.transactionId) return devices
  const number = numberOf(reading)
  const points = [...(known?.points ?? []), ...(number === null ? [] : [number])]
  const next = new Map(devices)
  next.delete(deviceId)
  next.set(deviceId, { deviceId, last: reading, points: points.slice(-POINTS_MAX) })
  const [oldest] = next.keys()
  if (next.size > DEVICES_MAX && oldest !== undefined) next.delete(oldest)
  return next
}

/** Adds an alert, the newest first. */
export function addAlert(alerts: readonly Alert[], alert: Alert): readonly Alert[] {
  if (alerts.some(({ transactionId }) => transactionId === alert.transactionId)) return alerts
  return [alert, ...alerts].slice(0, ALERTS_MAX)
}

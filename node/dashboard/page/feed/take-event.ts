/**
 * What each event of the node changes in the store.
 *
 * @module
 */

import { batch } from '@preact/signals'
import {
  type Alert,
  addAlert,
  addBlock,
  addReading,
  type BlockPoint,
  type DeviceReading,
  hearDevice
} from '../state/history.ts'
import type { Store } from '../state/store.ts'
import { offsetMs } from './clock-offset.ts'
import type { ServerEvent } from './event-parser.ts'

/** A block that came later than this after its proposal was not waited for: it is history. */
const LIVE_MAX_MS = 30_000

/** Takes one event in; kinds that this page does not know are left alone. */
export function takeEvent(store: Store, { kind, data }: ServerEvent): void {
  const fields: unknown = parse(data)
  if (fields === undefined) return
  batch(() => {
    if (kind === 'block') takeBlock(store, fields as BlockPoint)
    if (kind === 'reading') takeReading(store, fields as DeviceReading)
    if (kind === 'alert') store.alerts.value = addAlert(store.alerts.value, fields as Alert)
  })
}

function takeBlock(store: Store, { height, blockId, timeMs, transactionCount }: BlockPoint): void {
  const isNews = height > (store.firstHeight.peek() ?? Infinity)
  const sinceMs = Date.now() + offsetMs(store.clock.peek()) - timeMs
  const finalityMs = isNews && sinceMs < LIVE_MAX_MS ? Math.max(0, sinceMs) : null
  const point = { height, blockId, timeMs, transactionCount, finalityMs }
  store.blocks.value = addBlock(store.blocks.value, point)
  const status = store.status.peek()
  if (status !== null && height > status.height)
    store.status.value = { ...status, height, blockId, finalAtMs: timeMs }
}

function takeReading(store: Store, reading: DeviceReading): void {
  store.readings.value = addReading(store.readings.value, reading)
  store.devices.value = hearDevice(store.devices.value, reading)
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    // Not from a node of ours: nothing is shown of it.
    return undefined
  }
}

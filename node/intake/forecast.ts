/**
 * Forecasts of the intake: what would become of a transaction if it were batched now.
 *
 * @module
 */

import {
  type DeviceMessage,
  type DeviceRecord,
  devices,
  equalBytes,
  forecastTransaction,
  type Transaction
} from '../../protocol/index.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import type { DeviceLanes } from './device-lanes.ts'
import type { IntakePorts } from './intake-ports.ts'
import type { BookEntry } from './transaction-book.ts'

/** What would become of a transaction now: batched, kept for later, or refused. */
export type Forecast =
  | { readonly kind: 'now' }
  | { readonly kind: 'later' }
  | { readonly kind: 'refused'; readonly code: string }

/** What a forecast looks at beside the transaction. */
export interface ForecastPorts
  extends Pick<IntakePorts, 'head' | 'networkTag' | 'carrierId' | 'clock'> {
  readonly lanes: DeviceLanes<BookEntry>
}

/** Judges by the ledger, and by what this node has under way of the same device. */
export function forecast(transaction: Transaction, ports: ForecastPorts): Forecast {
  const { head, networkTag, carrierId, clock, lanes } = ports
  const version = head()
  const { body } = transaction
  if (body.kind === 'device-message') {
    const device = version.view.read(devices, body.deviceId)
    if (device === undefined) return { kind: 'refused', code: 'DEVICE_UNKNOWN' }
    // The marked rival of a forked device goes on beside it; its next word is judged by the ledger alone.
    if (!isNextOfRival(device, body)) {
      const verdict = lanes.judge(body, device)
      if (verdict.kind === 'refused') return verdict
      return { kind: verdict.kind === 'next' ? 'now' : 'later' }
    }
  }
  const block = { timeMs: Math.max(clock.timeMs(), version.timeMs + 1), networkTag, carrierId }
  const { outcome, code } = forecastTransaction(version, transaction, block)
  if (outcome === 'refused') return { kind: 'refused', code: code ?? 'REFUSED' }
  return { kind: outcome === 'waits' ? 'later' : 'now' }
}

function isNextOfRival({ rival }: DeviceRecord, { previousMessageId }: DeviceMessage): boolean {
  return rival !== null && equalBytes(rival.headMessageId, previousMessageId)
}

/** The forecast of what is taken in already: while a record is being mended, it waits. */
export function forecastAgain(transaction: Transaction, ports: ForecastPorts): Forecast {
  try {
    return forecast(transaction, ports)
  } catch (error) {
    if (error instanceof DamagedRecord) return { kind: 'later' }
    throw error
  }
}

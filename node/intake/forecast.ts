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
import type { Purchase, QuotaBook, QuotaVerdict } from './quota-book.ts'
import type { BookEntry } from './transaction-book.ts'

/** What would become of a transaction now: batched, kept for later, or refused. */
export type Forecast =
  | { readonly kind: 'now' }
  | {
      readonly kind: 'later'
      /** Whose budget it waits for; not said where it waits for its turn. */
      readonly quota?: Exclude<QuotaVerdict, 'enough'>
    }
  | { readonly kind: 'refused'; readonly code: string }

/** What a forecast looks at beside the transaction. */
export interface ForecastPorts
  extends Pick<IntakePorts, 'head' | 'networkTag' | 'carrierId' | 'clock'> {
  readonly lanes: DeviceLanes<BookEntry>
  readonly quota: QuotaBook
}

/** Judges by the ledger, and by what this node has under way of the same device. */
export function forecast(transaction: Transaction, ports: ForecastPorts): Forecast {
  const { head, networkTag, carrierId } = ports
  const version = head()
  const timeMs = nextTimeMs(ports)
  const { body } = transaction
  if (body.kind === 'device-message') {
    const device = version.view.read(devices, body.deviceId)
    if (device === undefined) return { kind: 'refused', code: 'DEVICE_UNKNOWN' }
    // The marked rival of a forked device goes on beside it; its next word is judged by the ledger alone.
    if (!isNextOfRival(device, body))
      return forecastMessage({ message: body, transaction, device, version, timeMs }, ports)
  }
  const block = { timeMs, networkTag, carrierId }
  const { outcome, code } = forecastTransaction(version, transaction, block)
  if (outcome === 'refused') return { kind: 'refused', code: code ?? 'REFUSED' }
  return { kind: outcome === 'waits' ? 'later' : 'now' }
}

function forecastMessage(purchase: Purchase, { lanes, quota }: ForecastPorts): Forecast {
  const verdict = lanes.judge(purchase.message, purchase.device)
  if (verdict.kind === 'refused') return verdict
  if (verdict.kind === 'ahead') return { kind: 'later' }
  const budget = quota.judge(purchase)
  return budget === 'enough' ? { kind: 'now' } : { kind: 'later', quota: budget }
}

/** Has the budgets of a message pay: it is batched. */
export function payQuota(transaction: Transaction, ports: ForecastPorts): void {
  const { body } = transaction
  if (body.kind !== 'device-message') return
  const version = ports.head()
  const device = version.view.read(devices, body.deviceId)
  if (device === undefined || isNextOfRival(device, body)) return
  ports.quota.pay({ message: body, transaction, device, version, timeMs: nextTimeMs(ports) })
}

/** The earliest time of the next block. */
function nextTimeMs({ head, clock }: Pick<ForecastPorts, 'head' | 'clock'>): number {
  return Math.max(clock.timeMs(), head().timeMs + 1)
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

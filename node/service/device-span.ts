/**
 * A stretch of a device's history: its messages from any of them back, within bounds of time.
 *
 * The chain of messages is walked from the one that the last page named, so a page costs the same
 * however far back it lies. What was pruned ends the walk, and the answer says so.
 *
 * @module
 */

import { type DeviceMessage, type DeviceRecord, devices, equalBytes } from '../../protocol/index.ts'
import type { HistoryAnswer, HistorySpan } from '../history-span.ts'
import type { StoredReading } from '../ledger-service.ts'
import type { ArchivedTransaction } from './archive.ts'
import { type Chain, chainOf, type HistoryPorts, marksOf, messageIn } from './device-history.ts'
import { readingOf } from './stored-reading.ts'

/** Messages between two pauses. */
const PAUSE_EVERY = 20
/** Messages that are looked at for one page, those outside the bounds included. */
const LOOK_MAX = 512

interface Step {
  readonly chain: Chain
  readonly found: ArchivedTransaction
}

/** Reads one page; null where there is no such device, or where it never said what `at` names. */
export async function readSpan(
  deviceId: Uint8Array,
  span: HistorySpan,
  ports: HistoryPorts
): Promise<HistoryAnswer | null> {
  const device = ports.state.read(devices, deviceId)
  if (device === undefined) return null
  const start = span.at === null ? undefined : ports.find(span.at)
  if (span.at !== null && start === undefined) return { readings: [], next: null, isCutOff: true }
  if (start !== undefined && !isOf(start, deviceId)) return null
  return takePage(stepsBack({ deviceId, device, start }, ports), span)
}

async function takePage(
  steps: AsyncGenerator<Step, boolean>,
  { fromMs, toMs, limit }: HistorySpan
): Promise<HistoryAnswer> {
  const readings: StoredReading[] = []
  for (let looked = 0; ; looked++) {
    const step = await steps.next()
    if (step.done === true) return { readings, next: null, isCutOff: step.value }
    const { chain, found } = step.value
    const { timeMs } = found.stored.block.header
    if (timeMs < (fromMs ?? timeMs)) return { readings, next: null, isCutOff: false }
    if (readings.length >= limit || looked >= LOOK_MAX)
      return { readings, next: found.transaction.id, isCutOff: false }
    if (timeMs > (toMs ?? timeMs)) continue
    const { sequence } = found.transaction.body as DeviceMessage
    readings.push({ ...readingOf(found), marks: marksOf(chain, sequence) })
  }
}

interface Walked {
  readonly deviceId: Uint8Array
  readonly device: DeviceRecord
  readonly start: ArchivedTransaction | undefined
}

/** All messages from one on back, over all incarnations; returns whether what follows is not kept. */
async function* stepsBack(
  { deviceId, device, start }: Walked,
  ports: HistoryPorts
): AsyncGenerator<Step, boolean> {
  const first = (start?.transaction.body as DeviceMessage | undefined)?.incarnation
  for (let incarnation = first ?? device.incarnation; incarnation >= 0; incarnation--) {
    const chain = chainOf(deviceId, { device, incarnation, isRival: false }, ports)
    // Where an earlier incarnation ended is known to those who were there.
    if (chain === undefined) return true
    const head = incarnation === first ? start : ports.find(chain.headId)
    if (yield* stepsOf(chain, head, ports)) return true
  }
  return false
}

/** The messages of one incarnation; below the first stands the act that began it. */
async function* stepsOf(
  chain: Chain,
  head: ArchivedTransaction | undefined,
  { find, pause }: HistoryPorts
): AsyncGenerator<Step, boolean> {
  let next = head
  for (let seen = 1; next !== undefined; seen++) {
    const found = messageIn(chain, next)
    if (found === undefined) return false
    yield { chain, found }
    if (seen % PAUSE_EVERY === 0) await pause()
    next = find((found.transaction.body as DeviceMessage).previousMessageId)
  }
  return true
}

function isOf({ transaction: { body } }: ArchivedTransaction, deviceId: Uint8Array): boolean {
  return body.kind === 'device-message' && equalBytes(body.deviceId, deviceId)
}

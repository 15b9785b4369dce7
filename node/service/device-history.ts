/**
 * The history of a device: its messages from the newest back, over all its incarnations, with what its
 * owner and the ledger hold against them.
 *
 * @see SPEC.md §4.5 Marks
 * @module
 */

import {
  type DeviceMessage,
  type DeviceRecord,
  devices,
  disputeKey,
  disputes,
  type LedgerReader
} from '../../protocol/index.ts'
import type { IncarnationEnd } from '../ledger/incarnation-ends.ts'
import type { HistoryPage, ReadingMark, StoredReading } from '../ledger-service.ts'
import type { ArchivedTransaction } from './archive.ts'
import { readingOf } from './stored-reading.ts'

/** What a history is read from. */
export interface HistoryPorts {
  readonly state: LedgerReader
  readonly find: (messageId: Uint8Array) => ArchivedTransaction | undefined
  readonly endOf: (deviceId: Uint8Array, incarnation: number) => IncarnationEnd | undefined
  /** Lets other work go first. */
  readonly pause: () => Promise<void>
}

/** Messages between two pauses. */
const PAUSE_EVERY = 20
/** Messages of a rival that are looked at to find where it parted. */
const RIVAL_LOOK_MAX = 256

/** One chain of messages: a branch of an incarnation. */
export interface Chain {
  readonly incarnation: number
  readonly headId: Uint8Array
  readonly isRival: boolean
  /** Messages from this one on are contested; null where none is. */
  readonly contestedFrom: number | null
  /** Messages from this one on are disputed; null where none is. */
  readonly disputedFrom: number | null
}

/** Reads one page; null where there is no such device. */
export async function readHistory(
  deviceId: Uint8Array,
  page: HistoryPage,
  ports: HistoryPorts
): Promise<readonly StoredReading[] | null> {
  const device = ports.state.read(devices, deviceId)
  if (device === undefined) return null
  const readings: StoredReading[] = []
  const first = page.incarnation ?? device.incarnation
  for (let incarnation = first; incarnation >= 0; incarnation--) {
    const chain = chainOf(deviceId, { device, incarnation, isRival: page.isRival }, ports)
    const before = incarnation === first ? page.beforeSequence : null
    if (chain !== undefined) await walk(chain, { before, limit: page.limit, readings }, ports)
    const isWhole = page.incarnation !== null || page.beforeSequence !== null || page.isRival
    if (isWhole || readings.length >= page.limit) break
  }
  return readings
}

async function walk(
  chain: Chain,
  wanted: {
    readonly before: number | null
    readonly limit: number
    readonly readings: StoredReading[]
  },
  { find, pause }: HistoryPorts
): Promise<void> {
  const { before, limit, readings } = wanted
  let next = messageIn(chain, find(chain.headId))
  for (let seen = 1; next !== undefined && readings.length < limit; seen++) {
    const { sequence, previousMessageId } = next.transaction.body as DeviceMessage
    if (before === null || sequence < before)
      readings.push({ ...readingOf(next), marks: marksOf(chain, sequence) })
    next = messageIn(chain, find(previousMessageId))
    if (seen % PAUSE_EVERY === 0) await pause()
  }
}

/** The chain of an incarnation; undefined where this node does not know how it ended. */
export function chainOf(
  deviceId: Uint8Array,
  asked: { readonly device: DeviceRecord; readonly incarnation: number; readonly isRival: boolean },
  ports: HistoryPorts
): Chain | undefined {
  const { device, incarnation, isRival } = asked
  const ends =
    incarnation === device.incarnation
      ? {
          headMessageId: device.headMessageId,
          rivalHeadId: device.rival?.headMessageId ?? null
        }
      : ports.endOf(deviceId, incarnation)
  const headId = isRival ? ends?.rivalHeadId : ends?.headMessageId
  if (ends === undefined || headId == null) return undefined
  const dispute = ports.state.read(disputes, disputeKey(deviceId, incarnation))
  const isDisputed = dispute !== undefined && (dispute.branch === 1) === isRival
  return {
    incarnation,
    headId,
    isRival,
    contestedFrom: partingOf(ends.rivalHeadId, incarnation, ports),
    disputedFrom: isDisputed ? dispute.fromSequence : null
  }
}

/**
 * The sequence at which a rival parted; null without one. The message that proved it stands in the
 * evidence alone: it is the one below the lowest that the ledger took.
 */
function partingOf(
  rivalHeadId: Uint8Array | null,
  incarnation: number,
  { find }: Pick<HistoryPorts, 'find'>
): number | null {
  if (rivalHeadId === null) return null
  let parted: number | null = null
  let next = find(rivalHeadId)
  for (let seen = 0; next !== undefined && seen < RIVAL_LOOK_MAX; seen++) {
    const { body } = next.transaction
    if (body.kind !== 'device-message' || body.incarnation !== incarnation) break
    parted = body.sequence - 1
    next = find(body.previousMessageId)
  }
  return parted ?? 0
}

/** A transaction, where it is a message of this chain. */
export function messageIn(
  { incarnation }: Chain,
  found: ArchivedTransaction | undefined
): ArchivedTransaction | undefined {
  const body = found?.transaction.body
  return body?.kind === 'device-message' && body.incarnation === incarnation ? found : undefined
}

/** What is held against a message of a chain. */
export function marksOf(
  { contestedFrom, disputedFrom }: Chain,
  sequence: number
): readonly ReadingMark[] {
  const marks: ReadingMark[] = []
  if (contestedFrom !== null && sequence >= contestedFrom) marks.push('contested')
  if (disputedFrom !== null && sequence >= disputedFrom) marks.push('disputed')
  return marks
}

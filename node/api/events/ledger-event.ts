/**
 * Events: what a final block tells those who listen.
 *
 * They follow from the block alone, in one order, so that every node gives the same event the same
 * id, and whoever lost one node goes on at another, or at the same one after a restart.
 *
 * @module
 */

import { decodeCbor, toHex } from '../../../protocol/index.ts'
import type { ConfirmedNews } from '../../confirmed-news.ts'
import type { BlockContents } from '../../ledger-service.ts'
import { messageFields } from '../../service/stored-reading.ts'
import type { JsonObject } from '../json-value.ts'
import { readingToJson } from '../reading-json.ts'

/** What events of final blocks may be about. */
export const EVENT_KINDS = ['block', 'reading', 'device', 'motion', 'alert'] as const

/**
 * What a listener may ask for. `confirmed` is of blocks that are not final: whoever does not ask for it
 * by name is told of nothing that could be taken back.
 */
export const ASKED_KINDS = ['block', 'reading', 'device', 'motion', 'alert', 'confirmed'] as const

/** One of {@link ASKED_KINDS}. */
export type EventKind = (typeof ASKED_KINDS)[number]

/** One event, ready to be sent. */
export interface LedgerEvent {
  /** `<height>.<place in the block>`. */
  readonly id: string
  readonly height: number
  readonly index: number
  readonly kind: EventKind
  /** The device that it is about, in hex; null when it is about none. */
  readonly deviceId: string | null
  /** The event as JSON text on one line. */
  readonly data: string
}

/** Where messages and owners' acts name their device. */
const DEVICE_ID_POSITION = 1

type Entry = BlockContents['entries'][number]

/** An event that has no place yet. */
interface Told {
  readonly kind: EventKind
  readonly deviceId: string | null
  readonly data: JsonObject
}

/** The events of a final block: the block itself first, then what counted, in its order. */
export function eventsOfBlock(contents: BlockContents): readonly LedgerEvent[] {
  const { height } = contents
  const told = [tellBlock(contents), ...contents.entries.flatMap((entry) => tell(entry, contents))]
  return told.map(({ kind, deviceId, data }, index) => ({
    id: `${height}.${index}`,
    height,
    index,
    kind,
    deviceId,
    data: JSON.stringify(data)
  }))
}

/** What is told of a block that is not final, under a name and with words that no final one has. */
export interface RevocableEvent {
  readonly kind: ConfirmedNews['kind']
  /** The event as JSON text on one line. */
  readonly data: string
}

/** The event of a confirmed block, or of one that lost after it was told. */
export function eventOfConfirmed({ kind, block }: ConfirmedNews): RevocableEvent {
  const { height, view, blockId, timeMs, transactionCount } = block
  const words = { height, view, blockId: toHex(blockId), timeMs, transactionCount }
  return { kind, data: JSON.stringify({ ...words, final: false, revocable: kind === 'confirmed' }) }
}

function tellBlock({ height, blockId, timeMs, stateRoot, entries }: BlockContents): Told {
  const data = {
    height,
    blockId: toHex(blockId),
    timeMs,
    stateRoot: toHex(stateRoot),
    transactionCount: entries.length
  }
  return { kind: 'block', deviceId: null, data }
}

/** What counted once is told once: what was passed over, or counted before, is no event. */
function tell({ transaction, outcome }: Entry, { height, timeMs }: BlockContents): readonly Told[] {
  const hasCounted = outcome.outcome === 'applied' || outcome.outcome === 'void'
  if (!hasCounted) return []
  const { id, body } = transaction
  if (body.kind === 'device-message') {
    const deviceId = toHex(body.deviceId)
    const place = { height, timeMs, ...outcome, marks: [] }
    const reading = readingToJson({ ...messageFields(transaction), ...place })
    return [{ kind: 'reading', deviceId, data: { deviceId, ...reading } }]
  }
  const about = { transactionId: toHex(id), height, timeMs, ...outcome, act: body.kind }
  switch (body.kind) {
    case 'motion-open': {
      const told = { motionId: toHex(id), memberId: toHex(body.memberId), type: body.motion.type }
      return [{ kind: 'motion', deviceId: null, data: { ...about, ...told } }]
    }
    case 'ballot':
    case 'motion-withdraw': {
      const choice = body.kind === 'ballot' ? { choice: body.choice } : {}
      const told = { motionId: toHex(body.motionId), memberId: toHex(body.memberId), ...choice }
      return [{ kind: 'motion', deviceId: null, data: { ...about, ...told } }]
    }
    case 'alert': {
      const deviceId = toHex(body.deviceId)
      const { rule, windowStartMs, severity } = body
      const told = { deviceId, memberId: toHex(body.memberId), rule, windowStartMs, severity }
      return [{ kind: 'alert', deviceId, data: { ...about, ...told } }]
    }
    case 'device-fork':
    case 'key-misuse':
    case 'owner-fork':
    case 'key-exposed':
      return tellProof(deviceOf(body), about)
    default:
      return tellDevice(deviceOf(body), about)
  }
}

/** A proof that a key has two holders is an alert too, and the gravest. */
function tellProof(deviceId: string | null, about: JsonObject): readonly Told[] {
  return [{ kind: 'alert', deviceId, data: { ...about, deviceId } }]
}

/** Acts of owners, guardians, buyers and controllers, each about one device. */
function tellDevice(deviceId: string | null, about: JsonObject): readonly Told[] {
  return deviceId === null ? [] : [{ kind: 'device', deviceId, data: { ...about, deviceId } }]
}

/** The device that an act names, or that the first of two contradicting bodies names. */
function deviceOf(body: object): string | null {
  if ('deviceId' in body && body.deviceId instanceof Uint8Array) return toHex(body.deviceId)
  if (!('first' in body && body.first instanceof Uint8Array)) return null
  const fields = decodeCbor(body.first)
  const deviceId = Array.isArray(fields) ? fields[DEVICE_ID_POSITION] : undefined
  return deviceId instanceof Uint8Array ? toHex(deviceId) : null
}

/**
 * Incarnation ends: where the messages of a device that got new keys are found afterwards.
 *
 * The state knows the present chain alone. When an act begins another incarnation, the heads of the
 * one before are written down beside the block, so that what was said under it can still be read.
 *
 * @module
 */

import {
  type DeviceMessage,
  type DeviceRecord,
  decodeCbor,
  devices,
  encodeCbor,
  equalBytes,
  isCounting,
  type Transaction,
  toHex
} from '../../protocol/index.ts'
import type { Batch, Database } from '../storage/database.ts'
import { incarnationEndKey, stateValueKey } from './keyspace.ts'
import type { ExecutedEntry } from './ledger-keeper.ts'

/** The last messages of an incarnation: of what the ledger took for the device, and of its rival. */
export interface IncarnationEnd {
  readonly headMessageId: Uint8Array
  readonly rivalHeadId: Uint8Array | null
}

/** Where one device's chains stand while a block is gone through. */
interface Heads {
  incarnation: number
  head: Uint8Array
  rival: Uint8Array | null
}

const BEGINNINGS: ReadonlySet<string> = new Set(['rotate', 'recover', 'transfer-accept'])

/** Writes down every incarnation that ended in a block. */
export function putIncarnationEnds(
  batch: Batch,
  { executed, transactions }: ExecutedEntry,
  database: Pick<Database, 'getSync'>
): void {
  const beginnings = transactions.filter(
    ({ body }, index) =>
      BEGINNINGS.has(body.kind) && executed.outcomes[index]?.outcome === 'applied'
  )
  if (beginnings.length === 0) return
  const followed = new Map<string, Heads>()
  for (const { body } of beginnings) {
    const { deviceId } = body as { readonly deviceId: Uint8Array }
    const before = database.getSync(stateValueKey(devices.number, deviceId))
    if (before !== undefined) followed.set(toHex(deviceId), headsOf(devices.decode(before)))
  }
  for (const [index, transaction] of transactions.entries()) {
    const outcome = executed.outcomes[index]
    if (outcome !== undefined && isCounting(outcome))
      follow(batch, followed, { transaction, outcome: outcome.outcome })
  }
}

/** Reads where an incarnation ended; undefined while it has not, or where this node was not there. */
export function readIncarnationEnd(
  database: Pick<Database, 'getSync'>,
  deviceId: Uint8Array,
  incarnation: number
): IncarnationEnd | undefined {
  const encoded = database.getSync(incarnationEndKey(deviceId, incarnation))
  const fields = encoded === undefined ? undefined : decodeCbor(encoded)
  if (!Array.isArray(fields)) return undefined
  const [headMessageId, rivalHeadId] = fields as unknown as readonly [Uint8Array, Uint8Array | null]
  return { headMessageId, rivalHeadId }
}

function headsOf({ incarnation, headMessageId, rival }: DeviceRecord): Heads {
  return { incarnation, head: headMessageId, rival: rival?.headMessageId ?? null }
}

function follow(
  batch: Batch,
  followed: Map<string, Heads>,
  { transaction, outcome }: { readonly transaction: Transaction; readonly outcome: string }
): void {
  const { body, id } = transaction
  if (!('deviceId' in body)) return
  const heads = followed.get(toHex(body.deviceId))
  if (heads === undefined) return
  if (body.kind === 'device-message') move(heads, body, id)
  if (!BEGINNINGS.has(body.kind) || outcome !== 'applied') return
  const key = incarnationEndKey(body.deviceId, heads.incarnation)
  batch.put(key, encodeCbor([heads.head, heads.rival]))
  heads.incarnation++
  heads.head = id
  heads.rival = null
}

function move(heads: Heads, { previousMessageId }: DeviceMessage, id: Uint8Array): void {
  if (heads.rival !== null && equalBytes(previousMessageId, heads.rival)) heads.rival = id
  else heads.head = id
}

/**
 * Commands of devices: where each stands that a device has still to receive.
 *
 * A command lies in its block like every transaction; beside the block its place is written down
 * under its device, in the order of the ledger. A second record says up to which place nothing is
 * handed out any more: what the device has answered, and what it may not have been handed before it
 * was stopped. So a restart forgets nothing, and a device that comes back is not told what is stale.
 *
 * @module
 */

import {
  type Body,
  type CborValue,
  type Command,
  canSpeak,
  decodeCbor,
  devices,
  encodeCbor,
  invariant,
  toHex
} from '../../protocol/index.ts'
import type { Batch, Database } from '../storage/database.ts'
import {
  commandKey,
  commandPlaceOf,
  commandsOf,
  commandsPassedKey,
  transactionKey
} from './keyspace.ts'
import type { ExecutedEntry } from './ledger-keeper.ts'

/** Where a command stands on the ledger. */
export interface CommandPlace {
  readonly height: number
  /** Among the transactions of its block. */
  readonly index: number
}

/** A command that its device has still to receive. */
export interface CommandEntry extends CommandPlace {
  readonly commandId: Uint8Array
  readonly incarnation: number
  readonly notAfterMs: number
}

/** Which commands of a device are asked for. */
export interface CommandsAsked {
  readonly after: CommandPlace
  readonly isWanted: (entry: CommandEntry) => boolean
  readonly limit: number
}

/** Before every command: block 0 holds none. */
export const NO_COMMAND: CommandPlace = { height: 0, index: 0 }

const REPLY_KIND = 2
/** Above every index: blocks hold far fewer transactions. */
const INDEX_END = 2 ** 32

const ANY = 'any'

/** By these a device may be stopped. */
const STOPPING: ReadonlySet<string> = new Set([
  'lost',
  'quarantine',
  'guardian-act',
  'device-fork',
  'owner-fork',
  'alert',
  'retire',
  'recover',
  'remediate'
])
/** By these contents a device may be found to have gone back: a firmware report, an attestation. */
const STOPPING_CONTENTS: readonly number[] = [4, 5]

/** Writes down the commands of a block, and what is not handed out any more after it. */
export function putCommands(
  batch: Batch,
  entry: ExecutedEntry,
  database: Pick<Database, 'getSync'>
): void {
  const { executed, transactions, version } = entry
  // Devices by id; `any` where only the evidence says which.
  const stopping = new Set<string>()
  for (const [index, { body, id, attachment }] of transactions.entries()) {
    if (executed.outcomes[index]?.outcome !== 'applied') continue
    if (body.kind === 'command')
      batch.put(commandKey(body.deviceId, { height: version.height, index }), entryOf(body, id))
    if (body.kind === 'device-message' && body.contentKind === REPLY_KIND)
      putAnswered(batch, { deviceId: body.deviceId, content: attachment }, database)
    if (mayStop(body)) stopping.add('deviceId' in body ? toHex(body.deviceId) : ANY)
  }
  if (stopping.size > 0) putStopped(batch, entry, stopping)
}

/** Up to which place nothing is handed out any more. */
export function readCommandsPassed(
  database: Pick<Database, 'getSync'>,
  deviceId: Uint8Array
): CommandPlace {
  return placeIn(database.getSync(commandsPassedKey(deviceId))) ?? NO_COMMAND
}

/** The commands behind a place that are wanted, in the order of the ledger. */
export async function readCommands(
  database: Pick<Database, 'iterate'>,
  deviceId: Uint8Array,
  asked: CommandsAsked
): Promise<readonly CommandEntry[]> {
  const entries: CommandEntry[] = []
  const { lt } = commandsOf(deviceId)
  for await (const page of database.iterate({ gt: commandKey(deviceId, asked.after), lt }))
    for (const [key, value] of page) {
      const entry = { ...commandPlaceOf(key), ...readEntry(value) }
      if (!asked.isWanted(entry)) continue
      entries.push(entry)
      if (entries.length === asked.limit) return entries
    }
  return entries
}

/** Whether one place stands behind another. */
export function isBehind(place: CommandPlace, other: CommandPlace): boolean {
  return place.height === other.height ? place.index > other.index : place.height > other.height
}

function mayStop(body: Body): boolean {
  if (body.kind !== 'device-message') return STOPPING.has(body.kind)
  return STOPPING_CONTENTS.includes(body.contentKind)
}

/** Devices follow commands in their order: with one that is answered, all before it are done with. */
function putAnswered(
  batch: Batch,
  reply: { readonly deviceId: Uint8Array; readonly content: Uint8Array | null },
  database: Pick<Database, 'getSync'>
): void {
  const fields = reply.content === null ? undefined : decodeCbor(reply.content)
  const [commandId] = Array.isArray(fields) ? (fields as readonly CborValue[]) : []
  if (!(commandId instanceof Uint8Array) || commandId.length !== 32) return
  const place = placeIn(database.getSync(transactionKey(commandId)))
  if (place === undefined) return
  // Only a command of this very device is passed by what it says.
  if (database.getSync(commandKey(reply.deviceId, place)) === undefined) return
  if (isBehind(place, readCommandsPassed(database, reply.deviceId)))
    putPassed(batch, reply.deviceId, place)
}

function entryOf({ incarnation, notAfterMs }: Command, commandId: Uint8Array): Uint8Array {
  return encodeCbor([commandId, incarnation, notAfterMs])
}

function readEntry(value: Uint8Array): Omit<CommandEntry, keyof CommandPlace> {
  const fields = decodeCbor(value)
  invariant(Array.isArray(fields), 'the places of commands are records of our own')
  const [commandId, incarnation, notAfterMs] = fields as unknown as [Uint8Array, number, number]
  return { commandId, incarnation, notAfterMs }
}

function putStopped(
  batch: Batch,
  { executed, version }: ExecutedEntry,
  stopping: ReadonlySet<string>
): void {
  for (const { table, key, value } of executed.changedValues) {
    if (table !== devices.number) continue
    if (!stopping.has(ANY) && !stopping.has(toHex(key))) continue
    if (!canSpeak(devices.decode(value)))
      putPassed(batch, key, { height: version.height, index: INDEX_END })
  }
}

function putPassed(batch: Batch, deviceId: Uint8Array, { height, index }: CommandPlace): void {
  batch.put(commandsPassedKey(deviceId), encodeCbor([height, index]))
}

function placeIn(encoded: Uint8Array | undefined): CommandPlace | undefined {
  const fields = encoded === undefined ? undefined : decodeCbor(encoded)
  if (!Array.isArray(fields)) return undefined
  const [height, index] = fields as unknown as readonly [number, number]
  return { height, index }
}

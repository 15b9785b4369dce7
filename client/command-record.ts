/**
 * The record of a receiver of commands: `[2, height, index, owed]`, written before it acts.
 *
 * `owed` is `[commandId, replySecret, resultCode, answer or null]` while a reply is not in the
 * outbox yet, else null. Format 1 was `[1, height, index]`.
 *
 * @module
 */

import {
  bytes,
  bytesBetween,
  CONTENT_SIZE_MAX_BYTES,
  decodeCbor,
  encodeCbor,
  nullable,
  tuple,
  uint
} from '../protocol/index.ts'
import type { Reply } from './command.ts'
import { ClientError } from './errors.ts'
import { type RecordStorage, storeRecord } from './record-storage.ts'
import type { CommandPlace } from './transport.ts'

/** A reply that is still to be said. */
export interface OwedReply extends Reply {
  readonly replySecret: Uint8Array
}

/** How far a receiver has come. */
export interface CommandProgress {
  /** Of the last command that it began. */
  readonly place: CommandPlace
  readonly owed: OwedReply | null
}

const RECORD_FORMAT = 2
const NOTHING: CommandProgress = { place: { height: 0, index: 0 }, owed: null }

const owedFields = tuple(
  bytes(32),
  bytes(32),
  uint(),
  nullable(bytesBetween(0, CONTENT_SIZE_MAX_BYTES))
)
const recordFields = tuple(uint(RECORD_FORMAT, RECORD_FORMAT), uint(), uint(), nullable(owedFields))
const formerFields = tuple(uint(1, 1), uint(), uint())

/**
 * Reads the record; before there is one, nothing was begun.
 *
 * @throws ClientError RECORD_DAMAGED
 */
export async function readCommandRecord(storage: RecordStorage): Promise<CommandProgress> {
  const record = await storage.read()
  if (record === undefined) return NOTHING
  const value = decodeCbor(record)
  const former = formerFields(value)
  if (former !== undefined) return { place: { height: former[1], index: former[2] }, owed: null }
  const read = recordFields(value)
  if (read === undefined)
    throw new ClientError('the record of commands cannot be read', { code: 'RECORD_DAMAGED' })
  const [, height, index, owed] = read
  return { place: { height, index }, owed: owed === null ? null : owedOf(owed) }
}

/**
 * Writes the record.
 *
 * @throws ClientError RECORD_NOT_WRITTEN
 */
export function writeCommandRecord(
  storage: RecordStorage,
  { place, owed }: CommandProgress
): Promise<void> {
  const fields =
    owed === null ? null : [owed.commandId, owed.replySecret, owed.resultCode, owed.answer]
  return storeRecord(storage, encodeCbor([RECORD_FORMAT, place.height, place.index, fields]))
}

function owedOf([commandId, replySecret, resultCode, answer]: readonly [
  Uint8Array,
  Uint8Array,
  number,
  Uint8Array | null
]): OwedReply {
  // Copies: the record that they were read from may be erased.
  return {
    commandId: new Uint8Array(commandId),
    replySecret: new Uint8Array(replySecret),
    resultCode,
    answer: answer === null ? null : new Uint8Array(answer)
  }
}

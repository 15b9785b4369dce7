/**
 * The keyspace of the ledger's database: every prefix, key and ordering, in one table.
 *
 * Numbers are big-endian, so that LevelDB's order is theirs. A prefix is never
 * used for anything else later.
 *
 * @module
 */

import { concatBytes, fromHex, toHex, uint64 } from '../../protocol/index.ts'
import type { KeyBounds } from '../storage/key-range.ts'

const STATE_VALUE = Uint8Array.of(0x01)
const TREE_LEAF = Uint8Array.of(0x02)
const BLOCK = Uint8Array.of(0x03)
const HEIGHT_OF_BLOCK = Uint8Array.of(0x04)
const BATCH = Uint8Array.of(0x05)
const TRANSACTION = Uint8Array.of(0x06)
const FLOOR = Uint8Array.of(0x07)
const BODY = Uint8Array.of(0x08)
const PENDING_BATCH = Uint8Array.of(0x09)
const EVIDENCE = Uint8Array.of(0x0a)
const BASE = Uint8Array.of(0x0b)
const STRAY = Uint8Array.of(0x0c)
const INCARNATION_END = Uint8Array.of(0x0d)
const COMMAND = Uint8Array.of(0x0e)
const COMMANDS_PASSED = Uint8Array.of(0x0f)

/** Bytes of a transaction's id that the index keeps: ids are hashes, so a clash needs 2^48 tries. */
const TRANSACTION_PREFIX_BYTES = 12
const HASH_BYTES = 32
const NUMBER_BYTES = 8

/** The encoded record of a table under a key. */
export function stateValueKey(table: number, key: Uint8Array): Uint8Array {
  return concatBytes(STATE_VALUE, Uint8Array.of(table), key)
}

/** All records of all tables, in order of table and key. */
export const STATE_VALUES: KeyBounds = rangeOf(STATE_VALUE)

/** The table and the key of a record that lies under a key of {@link STATE_VALUES}. */
export function stateValuePlace(key: Uint8Array): {
  readonly table: number
  readonly key: Uint8Array
} {
  return { table: key[1] as number, key: key.subarray(2) }
}

/** A leaf of the state tree by its index. */
export function treeLeafKey(index: number): Uint8Array {
  return concatBytes(TREE_LEAF, uint64(index))
}

/** All leaves of the state tree, in order of index. */
export const TREE_LEAVES: KeyBounds = rangeOf(TREE_LEAF)

/** A final block by its height. */
export function blockKey(height: number): Uint8Array {
  return concatBytes(BLOCK, uint64(height))
}

/** All final blocks. */
export const BLOCKS: KeyBounds = rangeOf(BLOCK)

/** The height of a final block by its id. */
export function heightOfBlockKey(blockId: Uint8Array): Uint8Array {
  return concatBytes(HEIGHT_OF_BLOCK, blockId)
}

/** A batch, as it was received, by its id in hex. */
export function batchKey(batchId: string): Uint8Array {
  return concatBytes(BATCH, fromHex(batchId) as Uint8Array)
}

/** All batches. */
export const BATCHES: KeyBounds = rangeOf(BATCH)

/** All places of transactions. */
export const TRANSACTIONS: KeyBounds = rangeOf(TRANSACTION)

/** Where a transaction counted first, by its id. */
export function transactionKey(transactionId: Uint8Array): Uint8Array {
  return concatBytes(TRANSACTION, transactionId.subarray(0, TRANSACTION_PREFIX_BYTES))
}

/** The last final block and what made it final. */
export const FLOOR_KEY: Uint8Array = FLOOR

/** The body of a block that this node voted for, until it is final or forgotten. */
export function bodyKey(blockId: string): Uint8Array {
  return concatBytes(BODY, fromHex(blockId) as Uint8Array)
}

/** All bodies. */
export const BODIES: KeyBounds = rangeOf(BODY)

/** Marks a batch that is held and not final. */
export function pendingBatchKey(batchId: string): Uint8Array {
  return concatBytes(PENDING_BATCH, fromHex(batchId) as Uint8Array)
}

/** All marks of pending batches. */
export const PENDING_BATCHES: KeyBounds = rangeOf(PENDING_BATCH)

/** Two votes of one member that cannot both be honest. */
export function evidenceKey(epoch: number, view: number, member: number): Uint8Array {
  return concatBytes(EVIDENCE, uint64(epoch), uint64(view), uint64(member))
}

/** All evidence. */
export const ALL_EVIDENCE: KeyBounds = rangeOf(EVIDENCE)

/** Where the messages of an incarnation of a device ended, once it has ended. */
export function incarnationEndKey(deviceId: Uint8Array, incarnation: number): Uint8Array {
  return concatBytes(INCARNATION_END, deviceId, uint64(incarnation))
}

/** Signed words about a device that contradict the ledger, by their id, until the ledger has judged them. */
export function strayKey(transactionId: Uint8Array): Uint8Array {
  return concatBytes(STRAY, transactionId)
}

/** All such words. */
export const ALL_STRAYS: KeyBounds = rangeOf(STRAY)

/** A command of a device, by its place on the ledger. */
export function commandKey(
  deviceId: Uint8Array,
  { height, index }: { readonly height: number; readonly index: number }
): Uint8Array {
  return concatBytes(COMMAND, deviceId, uint64(height), uint64(index))
}

/** All commands of a device, in the order of the ledger. */
export function commandsOf(deviceId: Uint8Array): KeyBounds {
  return {
    gte: concatBytes(COMMAND, deviceId),
    lt: concatBytes(COMMAND, deviceId, new Uint8Array(NUMBER_BYTES).fill(0xff))
  }
}

/** The place of a command that lies under a key of {@link commandsOf}. */
export function commandPlaceOf(key: Uint8Array): {
  readonly height: number
  readonly index: number
} {
  const place = Buffer.from(key.slice(1 + HASH_BYTES))
  return {
    height: Number(place.readBigUInt64BE(0)),
    index: Number(place.readBigUInt64BE(NUMBER_BYTES))
  }
}

/** Up to which place the commands of a device are not handed out any more. */
export function commandsPassedKey(deviceId: Uint8Array): Uint8Array {
  return concatBytes(COMMANDS_PASSED, deviceId)
}

/** The lowest height whose block is here; missing where all are. */
export const BLOCKS_FROM_KEY: Uint8Array = concatBytes(BASE, Uint8Array.of(1))

/** The lowest height whose batches and outcomes are here; missing where all are. */
export const BATCHES_FROM_KEY: Uint8Array = concatBytes(BASE, Uint8Array.of(2))

/** What stands under a key. */
export type LedgerRecord =
  | { readonly kind: 'state-value'; readonly table: number; readonly key: Uint8Array }
  | { readonly kind: 'tree-leaf'; readonly index: number }
  | { readonly kind: 'block'; readonly height: number }
  | { readonly kind: 'height-of-block'; readonly blockId: Uint8Array }
  | { readonly kind: 'batch'; readonly id: string }
  | { readonly kind: 'transaction'; readonly idPrefix: Uint8Array }
  | { readonly kind: 'floor' }
  | { readonly kind: 'body'; readonly blockId: string }
  | { readonly kind: 'pending-batch'; readonly id: string }
  | { readonly kind: 'evidence' }
  | { readonly kind: 'incarnation-end' }
  /** A command that waits for its device, or up to where none does. */
  | { readonly kind: 'command-place' }
  /** From which height on blocks, or batches, are here. */
  | { readonly kind: 'base' }
  /** No key of this table: of a later program, or spoilt. */
  | { readonly kind: 'unknown' }

const UNKNOWN: LedgerRecord = { kind: 'unknown' }

/** By the first byte of a key: what stands there, by the rest of the key. */
const READERS: ReadonlyMap<number | undefined, (rest: Uint8Array) => LedgerRecord> = new Map([
  [STATE_VALUE[0], readStateValueKey],
  [TREE_LEAF[0], numbered((index) => ({ kind: 'tree-leaf', index }))],
  [BLOCK[0], numbered((height) => ({ kind: 'block', height }))],
  [HEIGHT_OF_BLOCK[0], sized(HASH_BYTES, (blockId) => ({ kind: 'height-of-block', blockId }))],
  [BATCH[0], sized(HASH_BYTES, (id) => ({ kind: 'batch', id: toHex(id) }))],
  [
    TRANSACTION[0],
    sized(TRANSACTION_PREFIX_BYTES, (idPrefix) => ({ kind: 'transaction', idPrefix }))
  ],
  [FLOOR[0], sized(0, () => ({ kind: 'floor' }))],
  [BODY[0], sized(HASH_BYTES, (id) => ({ kind: 'body', blockId: toHex(id) }))],
  [PENDING_BATCH[0], sized(HASH_BYTES, (id) => ({ kind: 'pending-batch', id: toHex(id) }))],
  [EVIDENCE[0], sized(3 * NUMBER_BYTES, () => ({ kind: 'evidence' }))],
  [BASE[0], sized(1, () => ({ kind: 'base' }))],
  [STRAY[0], sized(HASH_BYTES, () => ({ kind: 'evidence' }))],
  [INCARNATION_END[0], sized(HASH_BYTES + NUMBER_BYTES, () => ({ kind: 'incarnation-end' }))],
  [COMMAND[0], sized(HASH_BYTES + 2 * NUMBER_BYTES, () => ({ kind: 'command-place' }))],
  [COMMANDS_PASSED[0], sized(HASH_BYTES, () => ({ kind: 'command-place' }))]
])

/** Reads a key, which may be spoilt. */
export function readLedgerKey(key: Uint8Array): LedgerRecord {
  return READERS.get(key[0])?.(key.slice(1)) ?? UNKNOWN
}

function readStateValueKey(rest: Uint8Array): LedgerRecord {
  const [table] = rest
  return table === undefined ? UNKNOWN : { kind: 'state-value', table, key: rest.slice(1) }
}

function sized(
  length: number,
  of: (rest: Uint8Array) => LedgerRecord
): (rest: Uint8Array) => LedgerRecord {
  return (rest) => (rest.length === length ? of(rest) : UNKNOWN)
}

function numbered(of: (number: number) => LedgerRecord): (rest: Uint8Array) => LedgerRecord {
  return sized(NUMBER_BYTES, (rest) => {
    const number = Buffer.from(rest).readBigUInt64BE()
    return number > BigInt(Number.MAX_SAFE_INTEGER) ? UNKNOWN : of(Number(number))
  })
}

function rangeOf(prefix: Uint8Array): KeyBounds {
  return { gte: prefix, lt: Uint8Array.of((prefix[0] as number) + 1) }
}

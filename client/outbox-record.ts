/**
 * The record of an outbox: `[format, body, checksum]`, written whole or not at all.
 *
 * Positions of the body: networkTag, deviceId, ratchetEvery, incarnation, sequence,
 * headMessageId or null, signing key, its uses, coming key or null, anchor,
 * genesis anchor, unconfirmed messages, held content, data keys, the data key epoch
 * in force, whether it seals (0, 1), how far input was taken. A key is `[algorithm (0 Ed25519,
 * 1 ES256), bytes]`, a data key `[epoch, bytes]`. Format 1 ended with held content, format 2 with
 * whether it seals.
 *
 * @module
 */

import {
  type CborValue,
  createPrivateKey,
  createTaggedHash,
  decodeCbor,
  encodeCbor,
  equalBytes,
  type PrivateKey,
  readDeviceMessageEnvelope,
  transactionIdOf
} from '../protocol/index.ts'
import type { Anchor, HeldContent, OutboxState, UnconfirmedMessage } from './outbox.ts'
import { DATA_KEY_BYTES, type DataKey } from './sealed-data.ts'
import type { SealingState } from './sealed-outbox.ts'

const RECORD_FORMAT = 3
/** Positions of the body, by format. */
const POSITIONS: ReadonlyMap<CborValue | undefined, number> = new Map([
  [1, 13],
  [2, 16],
  [RECORD_FORMAT, 17]
])

const checksumOf = createTaggedHash('tm/outbox/1')

/** The bytes of a record. They hold a private key: whoever writes them keeps them secret. */
export function encodeOutboxRecord(state: OutboxState): Uint8Array {
  const body = encodeCbor([
    state.networkTag,
    state.deviceId,
    state.ratchetEvery,
    state.incarnation,
    state.sequence,
    state.headMessageId,
    keyToFields(state.signingKey),
    state.signingKeyUses,
    state.comingKey === null ? null : keyToFields(state.comingKey),
    [state.anchor.height, state.anchor.blockId],
    [state.genesisAnchor.height, state.genesisAnchor.blockId],
    state.unconfirmed.map(({ wire }) => wire),
    state.held.map(({ contentKind, content, code }) => [contentKind, content, code]),
    state.dataKeys.map(({ epoch, bytes }) => [epoch, bytes]),
    state.dataKeyEpoch,
    state.isSealing ? 1 : 0,
    state.inputMark
  ])
  const record = encodeCbor([RECORD_FORMAT, body, checksumOf(body)])
  body.fill(0)
  return record
}

/** Reads a record; undefined when it is damaged, or of another format. */
export function decodeOutboxRecord(encoded: Uint8Array): OutboxState | undefined {
  const record = decodeCbor(encoded)
  if (!isArray(record) || record.length !== 3) return undefined
  const [format, body, checksum] = record
  if (!(body instanceof Uint8Array) || !isBytes(checksum, 32)) return undefined
  if (!equalBytes(checksumOf(body), checksum)) return undefined
  const fields = decodeCbor(body)
  if (!isArray(fields) || fields.length !== POSITIONS.get(format)) return undefined
  return readState(fields)
}

function readState(fields: readonly CborValue[]): OutboxState | undefined {
  const [networkTag, deviceId, ratchetEvery, incarnation, sequence, headMessageId] = fields
  const signingKey = readKey(fields[6])
  const comingKey = fields[8] === null ? null : readKey(fields[8])
  const [anchor, genesisAnchor] = [readAnchor(fields[9]), readAnchor(fields[10])]
  if (!isBytes(networkTag, 32) || !isBytes(deviceId, 32)) return undefined
  if (headMessageId !== null && !isBytes(headMessageId, 32)) return undefined
  const numbers = [ratchetEvery, incarnation, sequence, fields[7]]
  if (!numbers.every((number) => typeof number === 'number')) return undefined
  const unconfirmed = readList(fields[11], (wire) => readMessage(wire, networkTag))
  const held = readList(fields[12], readHeld)
  const inputMark = fields[16] ?? 0
  const sealing = readSealing(fields)
  if (signingKey === undefined || comingKey === undefined) return undefined
  if (anchor === undefined || genesisAnchor === undefined) return undefined
  if (typeof inputMark !== 'number') return undefined
  if (unconfirmed === undefined || held === undefined || sealing === undefined) return undefined
  return {
    networkTag,
    deviceId,
    ratchetEvery: numbers[0] as number,
    incarnation: numbers[1] as number,
    sequence: numbers[2] as number,
    headMessageId,
    signingKey,
    signingKeyUses: numbers[3] as number,
    comingKey,
    anchor,
    genesisAnchor,
    unconfirmed,
    held,
    inputMark,
    ...sealing
  }
}

function readSealing(fields: readonly CborValue[]): SealingState | undefined {
  const [keys = [], dataKeyEpoch = 0, seals = 0] = fields.slice(13, 16)
  const dataKeys = readList(keys, readDataKey)
  if (dataKeys === undefined || typeof dataKeyEpoch !== 'number') return undefined
  return seals === 0 || seals === 1 ? { dataKeys, dataKeyEpoch, isSealing: seals === 1 } : undefined
}

function readDataKey(value: CborValue): DataKey | undefined {
  if (!isArray(value) || value.length !== 2) return undefined
  const [epoch, bytes] = value
  if (typeof epoch !== 'number' || !isBytes(bytes, DATA_KEY_BYTES)) return undefined
  // A copy of its own, as for signing keys.
  return { epoch, bytes: new Uint8Array(bytes) }
}

function keyToFields({ algorithm, bytes }: PrivateKey): CborValue {
  return [algorithm === 'ES256' ? 1 : 0, bytes]
}

function readKey(value: CborValue | undefined): PrivateKey | undefined {
  if (!isArray(value) || value.length !== 2) return undefined
  const [number, bytes] = value
  if (!isBytes(bytes, 32) || (number !== 0 && number !== 1)) return undefined
  // A copy of its own, which can be erased without touching what the storage holds.
  return createPrivateKey(number === 1 ? 'ES256' : 'Ed25519', new Uint8Array(bytes))
}

function readAnchor(value: CborValue | undefined): Anchor | undefined {
  if (!isArray(value) || value.length !== 2) return undefined
  const [height, blockId] = value
  return typeof height === 'number' && isBytes(blockId, 16) ? { height, blockId } : undefined
}

function readMessage(wire: CborValue, networkTag: Uint8Array): UnconfirmedMessage | undefined {
  const envelope = wire instanceof Uint8Array ? readDeviceMessageEnvelope(wire) : undefined
  if (envelope === undefined) return undefined
  const messageId = transactionIdOf(networkTag, envelope.signedBody)
  return { messageId, wire: wire as Uint8Array }
}

function readHeld(value: CborValue): HeldContent | undefined {
  if (!isArray(value) || value.length !== 3) return undefined
  const [contentKind, content, code] = value
  if (typeof contentKind !== 'number' || typeof code !== 'string') return undefined
  return content instanceof Uint8Array ? { contentKind, content, code } : undefined
}

function readList<T>(
  value: CborValue | undefined,
  read: (item: CborValue) => T | undefined
): T[] | undefined {
  if (!isArray(value)) return undefined
  const items = value.map(read).filter((item) => item !== undefined)
  return items.length === value.length ? items : undefined
}

function isArray(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value)
}

function isBytes(value: CborValue | undefined, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

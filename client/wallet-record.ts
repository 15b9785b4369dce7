/**
 * The record of a wallet: `[format, body, checksum]`, written whole or not at all.
 *
 * Positions of the body: seed, recovery hashes, how many of them are taken, devices. A device is
 * `[networkTag, deviceId, sequence, nextKeyIndex, isOurs, waitUntilMs, acts in flight, beginning or
 * null]`, its transactions as they are on the wire.
 *
 * @module
 */

import {
  type CborValue,
  createTaggedHash,
  decodeCbor,
  decodeTransaction,
  encodeCbor,
  equalBytes
} from '../protocol/index.ts'
import {
  DEVICES_MAX,
  IN_FLIGHT_MAX,
  type OwnedDevice,
  RECOVERY_HASHES_MAX,
  type SignedOwnerAct,
  type WalletState
} from './wallet-state.ts'

const RECORD_FORMAT = 1

const checksumOf = createTaggedHash('tm/wallet-record/1')

/** The bytes of a record. They hold the seed: whoever writes them keeps them secret. */
export function encodeWalletRecord({ seed, recovery, devices }: WalletState): Uint8Array {
  const body = encodeCbor([seed, recovery.hashes, recovery.taken, devices.map(deviceToFields)])
  const record = encodeCbor([RECORD_FORMAT, body, checksumOf(body)])
  body.fill(0)
  return record
}

/**
 * Reads a record; undefined when it is damaged, or of another format.
 *
 * @param encoded - untrusted, where it comes from a file that was carried about
 */
export function decodeWalletRecord(encoded: Uint8Array): WalletState | undefined {
  const record = decodeCbor(encoded)
  if (!isArray(record) || record.length !== 3 || record[0] !== RECORD_FORMAT) return undefined
  const [, body, checksum] = record
  if (!(body instanceof Uint8Array) || !isBytes(checksum, 32)) return undefined
  return equalBytes(checksumOf(body), checksum) ? readState(decodeCbor(body)) : undefined
}

function readState(fields: CborValue | undefined): WalletState | undefined {
  if (!isArray(fields) || fields.length !== 4) return undefined
  const [seed, hashes, taken, devices] = fields
  if (!isBytes(seed, 32) || typeof taken !== 'number') return undefined
  const hashList = readList(hashes, RECOVERY_HASHES_MAX, (hash) =>
    isBytes(hash, 32) ? new Uint8Array(hash) : undefined
  )
  const deviceList = readList(devices, DEVICES_MAX, readDevice)
  if (hashList === undefined || deviceList === undefined || taken > hashList.length)
    return undefined
  // A copy of its own, which can be erased without touching what the storage holds.
  return {
    seed: new Uint8Array(seed),
    recovery: { hashes: hashList, taken },
    devices: deviceList
  }
}

function deviceToFields(device: OwnedDevice): CborValue {
  return [
    device.networkTag,
    device.deviceId,
    device.sequence,
    device.nextKeyIndex,
    device.isOurs ? 1 : 0,
    device.waitUntilMs,
    device.inFlight.map(({ wire }) => wire),
    device.beginning?.wire ?? null
  ]
}

function readDevice(value: CborValue): OwnedDevice | undefined {
  if (!isArray(value) || value.length !== 8) return undefined
  const [networkTag, deviceId, sequence, nextKeyIndex, ours, waitUntilMs, wires, began] = value
  if (!isBytes(networkTag, 32) || !isBytes(deviceId, 32)) return undefined
  if (typeof sequence !== 'number' || typeof nextKeyIndex !== 'number') return undefined
  if (typeof waitUntilMs !== 'number' || (ours !== 0 && ours !== 1)) return undefined
  const inFlight = readList(wires, IN_FLIGHT_MAX, (wire) => readAct(wire, networkTag))
  if (inFlight === undefined) return undefined
  const beginning = began === null ? null : readBeginning(began, networkTag)
  if (beginning === undefined) return undefined
  const isOurs = ours === 1
  return {
    networkTag,
    deviceId,
    sequence,
    nextKeyIndex,
    isOurs,
    waitUntilMs,
    inFlight,
    beginning
  }
}

function readAct(wire: CborValue, networkTag: Uint8Array): SignedOwnerAct | undefined {
  if (!(wire instanceof Uint8Array)) return undefined
  const decoded = decodeTransaction(wire, networkTag)
  if (!decoded.ok || !('ownerSequence' in decoded.value.body)) return undefined
  const { body, id } = decoded.value
  return { kind: body.kind, ownerSequence: body.ownerSequence, transactionId: id, wire }
}

function readBeginning(
  wire: CborValue | undefined,
  networkTag: Uint8Array
): OwnedDevice['beginning'] | undefined {
  if (!(wire instanceof Uint8Array)) return undefined
  const decoded = decodeTransaction(wire, networkTag)
  return decoded.ok ? { transactionId: decoded.value.id, wire } : undefined
}

function readList<Item>(
  value: CborValue | undefined,
  lengthMax: number,
  read: (item: CborValue) => Item | undefined
): readonly Item[] | undefined {
  if (!isArray(value) || value.length > lengthMax) return undefined
  const items = value.map(read)
  return items.every((item) => item !== undefined) ? (items as readonly Item[]) : undefined
}

function isArray(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value)
}

function isBytes(value: CborValue | undefined, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

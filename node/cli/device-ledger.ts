/**
 * How a reference device keeps up with the ledger: by proofs alone, whichever node it asks.
 *
 * @module
 */

import {
  anchorOf,
  type CheckedRead,
  checkFollowing,
  checkRead,
  checkReceipt,
  type Device,
  type Transport
} from '../../client/index.ts'
import { type DeviceRecord, devices, equalBytes } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { NetworkTrust } from './network-trust.ts'

/** Whom the device asks. */
export interface LedgerPorts {
  readonly network: NetworkTrust
  readonly transport: Transport
}

/** Where the device stands on the ledger, as was proved. */
export interface DeviceStanding {
  /** Of the proof; it is also the anchor that was adopted. */
  readonly height: number
  readonly incarnation: number
  readonly sequence: number
  /** Messages of the outbox that were proved to have counted. */
  readonly settled: number
}

/**
 * The device's record in the state, proved.
 *
 * @throws NodeError VERIFICATION_FAILED, REQUEST_FAILED; ClientError
 */
export async function readProvedRecord(
  deviceId: Uint8Array,
  { network, transport }: LedgerPorts
): Promise<{ readonly record: DeviceRecord; readonly read: CheckedRead }> {
  const proof = await transport.readProof(devices.number, deviceId)
  const place = { table: devices.number, key: deviceId }
  const read = await checkFollowing(network.ledger, transport, (ledger) =>
    checkRead(ledger, place, proof)
  )
  if (!read.ok)
    throw new NodeError('VERIFICATION_FAILED', `the node's answer proves nothing: ${read.fault}`)
  const { value, header } = read.value
  if (value === null)
    throw new NodeError(
      'REQUEST_FAILED',
      `the ledger has no such device at height ${header.height}`
    )
  return { record: devices.decode(value), read: read.value }
}

/**
 * Adopts a proved anchor, and takes messages off the outbox whose receipts are proved.
 *
 * @throws NodeError VERIFICATION_FAILED, DEVICE_BEHIND; ClientError
 */
export async function keepUp(device: Device, ports: LedgerPorts): Promise<DeviceStanding> {
  const { deviceId } = device.state
  const { record, read } = await readProvedRecord(deviceId, ports)
  await beginWhatBegan(device, record, ports)
  const { sequence, incarnation } = device.state
  const isAhead =
    record.incarnation > incarnation ||
    (record.incarnation === incarnation && record.sequence > sequence)
  if (isAhead)
    throw new NodeError(
      'DEVICE_BEHIND',
      `the ledger is at incarnation ${record.incarnation}, sequence ${record.sequence}, this folder at ${incarnation}, ${sequence}: an old copy, or another holder of its keys`
    )
  await device.adoptAnchor(anchorOf(read))
  const settled = await settlePending(device, ports)
  return {
    height: read.header.height,
    incarnation: record.incarnation,
    sequence: record.sequence,
    settled
  }
}

/**
 * Begins the incarnation that the ledger has begun, if it has, and does nothing else.
 *
 * @throws NodeError VERIFICATION_FAILED, REQUEST_FAILED; ClientError
 */
export async function beginByLedger(device: Device, ports: LedgerPorts): Promise<void> {
  const { record } = await readProvedRecord(device.state.deviceId, ports)
  await beginWhatBegan(device, record, ports)
}

/**
 * Begins the incarnation that the ledger has begun with a key of this very device. In a record
 * without a message the head is the act that began it.
 */
async function beginWhatBegan(
  device: Device,
  record: DeviceRecord,
  ports: LedgerPorts
): Promise<void> {
  if (record.sequence !== 0) return
  const { incarnation, headMessageId } = device.state
  const isClaimed = record.incarnation === 0 && headMessageId === null
  const isRekeyed =
    record.incarnation > incarnation &&
    equalBytes(await device.prepareIncarnation(), record.signingKeyHash)
  if (!isClaimed && !isRekeyed) return
  // What has counted is not said again; what has not is, under keys that nobody has seen.
  await settlePending(device, ports)
  await device.beginIncarnation(record.incarnation, record.headMessageId)
  for (const { wire } of device.pending()) await ports.transport.submit(wire)
}

async function settlePending(device: Device, { network, transport }: LedgerPorts): Promise<number> {
  let settled = 0
  for (const { messageId } of device.pending()) {
    const encoded = await transport.receipt(messageId)
    // Messages of one device count in their order: where one is not final, later ones are not.
    if (encoded === null) break
    const receipt = await checkFollowing(network.ledger, transport, (ledger) =>
      checkReceipt(ledger, messageId, encoded)
    )
    if (!receipt.ok)
      throw new NodeError('VERIFICATION_FAILED', `a receipt proves nothing: ${receipt.fault}`)
    const { outcome, code } = receipt.value.outcome
    if ((await device.settle(messageId, outcome, code)).ok) settled++
  }
  return settled
}

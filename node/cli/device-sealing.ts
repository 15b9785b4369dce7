/**
 * How a reference device takes part in sealing: the key of the last grant, by proofs alone.
 *
 * @module
 */

import {
  checkFollowing,
  checkRead,
  checkReceipt,
  type Device,
  deviceDataKey,
  type GrantRecords
} from '../../client/index.ts'
import { devices, readers, type Table } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { type BornDevice, bytesOf } from './device-folder.ts'
import type { LedgerPorts } from './device-ledger.ts'

/** Reads that may fall on both sides of a grant, before a person is told. */
const READS_MAX = 5

/**
 * A record of a table about a device, proved; null where there is none.
 *
 * @throws NodeError VERIFICATION_FAILED; ClientError
 */
export async function readProved<Record>(
  table: Table<Record>,
  deviceId: Uint8Array,
  { network, transport }: LedgerPorts
): Promise<Record | null> {
  const place = { table: table.number, key: deviceId }
  const proof = await transport.readProof(place.table, place.key)
  const read = await checkFollowing(network.ledger, transport, (ledger) =>
    checkRead(ledger, place, proof)
  )
  if (!read.ok)
    throw new NodeError('VERIFICATION_FAILED', `the node's answer proves nothing: ${read.fault}`)
  const { value } = read.value
  return value === null ? null : table.decode(value)
}

/**
 * The records of a device's last grant, both of one state.
 *
 * @throws NodeError VERIFICATION_FAILED, REQUEST_FAILED; ClientError
 */
export async function readGrant(deviceId: Uint8Array, ports: LedgerPorts): Promise<GrantRecords> {
  for (let attempt = 1; attempt <= READS_MAX; attempt++) {
    const device = await readProved(devices, deviceId, ports)
    if (device === null) throw new NodeError('REQUEST_FAILED', 'the ledger has no such device')
    const granted = await readProved(readers, deviceId, ports)
    const isOfOneState =
      device.keyCommitment === null || granted?.dataKeyEpoch === device.dataKeyEpoch
    if (isOfOneState) return { device, readers: granted }
  }
  throw new NodeError('REQUEST_FAILED', 'the readers change while they are read; try again')
}

/**
 * Has the device seal under the key that is in force, if its owner granted one.
 *
 * @throws NodeError VERIFICATION_FAILED, REQUEST_FAILED; ClientError
 */
export async function adoptGrant(
  device: Device,
  born: BornDevice,
  ports: LedgerPorts
): Promise<void> {
  const { networkTag, deviceId, dataKeyEpoch } = device.state
  const records = await readGrant(deviceId, ports)
  const { keyCommitment, dataKeyEpoch: granted } = records.device
  if (keyCommitment === null || granted === dataKeyEpoch) return
  const secret = bytesOf(born.encryptionSecret)
  const dataKey = await deviceDataKey({ networkTag, deviceId, secret }, records)
  if (!dataKey.ok)
    throw new NodeError(
      'VERIFICATION_FAILED',
      `the owner's last grant holds no key for this device (${dataKey.fault}); share it anew`
    )
  await device.adoptDataKey(dataKey.value)
}

/**
 * Whether a message was applied, as its receipt proves; false while it has none.
 *
 * @throws NodeError VERIFICATION_FAILED; ClientError
 */
export async function checkMessage(
  messageId: Uint8Array,
  { network, transport }: LedgerPorts
): Promise<boolean> {
  const encoded = await transport.receipt(messageId)
  if (encoded === null) return false
  const receipt = await checkFollowing(network.ledger, transport, (ledger) =>
    checkReceipt(ledger, messageId, encoded)
  )
  if (!receipt.ok)
    throw new NodeError('VERIFICATION_FAILED', `a receipt proves nothing: ${receipt.fault}`)
  return receipt.value.outcome.outcome === 'applied'
}

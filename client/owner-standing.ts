/**
 * How a device stands, for whoever owns it or wants to: records of the ledger, each proved.
 *
 * @see ../protocol/SPEC.md §10.3 Read proofs
 * @module
 */

import {
  type AlertsRecord,
  acceptAs,
  alerts,
  BIRTH_BATCH_STATUS,
  birthBatches,
  type ClassVersion,
  type Controller,
  classVersionKey,
  classVersions,
  controllers,
  type DeviceRecord,
  devices,
  type OwnershipRecord,
  ownerships,
  type ReadersRecord,
  type ReadFault,
  readers,
  reject,
  type Table,
  type Verdict
} from '../protocol/index.ts'
import { checkRead } from './checks.ts'
import { checkFollowing, type EpochFault, type LedgerFollower } from './ledger-follower.ts'
import type { Transport } from './transport.ts'

/** Whom to ask, and what to trust. */
export interface StandingPorts {
  readonly ledger: LedgerFollower
  readonly transport: Pick<Transport, 'readProof' | 'seals'>
}

/** A record as it was proved, or its absence. */
export interface ProvedRecord<Row> {
  readonly record: Row | undefined
  readonly height: number
  /** Of the block whose state it is. */
  readonly timeMs: number
}

/** A device with everything that its owner may want to know. */
export interface DeviceFacts {
  readonly device: DeviceRecord
  readonly ownership: OwnershipRecord
  readonly classVersion: ClassVersion
  readonly controllers: readonly Controller[]
  /** Null where nobody was ever granted anything. */
  readonly readers: ReadersRecord | null
  readonly alerts: AlertsRecord | null
  /** Its birth batch was revoked by the members: it has ended. */
  readonly isRevoked: boolean
  /** Of the proof of the ownership. */
  readonly height: number
  readonly timeMs: number
}

/** Why a node's answer proves nothing. */
export type ProofFault = ReadFault | EpochFault | 'READ_OF_OTHER_KEY'

/**
 * Proves one record.
 *
 * @throws ClientError when no node can be asked, or one forges seals
 */
export async function proveRecord<Row>(
  table: Table<Row>,
  key: Uint8Array,
  { ledger, transport }: StandingPorts
): Promise<Verdict<ProofFault, ProvedRecord<Row>>> {
  const proof = await transport.readProof(table.number, key)
  const place = { table: table.number, key }
  const read = await checkFollowing(ledger, transport, (network) =>
    checkRead(network, place, proof)
  )
  if (!read.ok) return read
  const { value, header } = read.value
  const record = value === null ? undefined : table.decode(value)
  return acceptAs({ record, height: header.height, timeMs: header.timeMs })
}

/**
 * Proves all that is on the ledger about a device.
 *
 * @throws ClientError as {@link proveRecord}
 */
export async function proveDevice(
  deviceId: Uint8Array,
  ports: StandingPorts
): Promise<Verdict<ProofFault | 'DEVICE_UNKNOWN', DeviceFacts>> {
  const owned = await proveRecord(ownerships, deviceId, ports)
  if (!owned.ok) return owned
  const device = await proveRecord(devices, deviceId, ports)
  if (!device.ok) return device
  const ownership = owned.value.record
  const record = device.value.record
  if (ownership === undefined || record === undefined) return reject('DEVICE_UNKNOWN')
  const versionKey = classVersionKey(record.classId, record.classVersion)
  const classVersion = await proveRecord(classVersions, versionKey, ports)
  if (!classVersion.ok) return classVersion
  if (classVersion.value.record === undefined) return reject('DEVICE_UNKNOWN')
  const batch = await proveRecord(birthBatches, record.birthBatchId, ports)
  if (!batch.ok) return batch
  const [commanders, readable, suspected] = [
    await proveRecord(controllers, deviceId, ports),
    await proveRecord(readers, deviceId, ports),
    await proveRecord(alerts, deviceId, ports)
  ]
  if (!commanders.ok) return commanders
  if (!readable.ok) return readable
  if (!suspected.ok) return suspected
  return acceptAs({
    device: record,
    ownership,
    classVersion: classVersion.value.record,
    controllers: commanders.value.record ?? [],
    readers: readable.value.record ?? null,
    alerts: suspected.value.record ?? null,
    isRevoked: batch.value.record?.status === BIRTH_BATCH_STATUS.revoked,
    height: owned.value.height,
    timeMs: owned.value.timeMs
  })
}

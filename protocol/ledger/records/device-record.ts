/**
 * devices/<deviceId>: what every message of a device touches.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import type { CborValue } from '../../codec/cbor.ts'
import { bytes, nullable, type Shape, tuple, uint } from '../../codec/shape.ts'
import { type Bucket, bucketToFields, readBucket } from '../bucket.ts'
import { createTable, type Table } from '../table.ts'

/** A device's status, by its number on the wire. */
export const DEVICE_STATUS: {
  readonly active: 0
  readonly quarantined: 1
  readonly remediating: 2
  readonly retired: 3
} = { active: 0, quarantined: 1, remediating: 2, retired: 3 }

/** Why a device is quarantined, by its number on the wire. */
export const QUARANTINE_REASONS: {
  readonly fork: 1
  readonly rotationFork: 2
  readonly rollback: 3
  readonly heuristic: 4
  readonly owner: 5
} = { fork: 1, rotationFork: 2, rollback: 3, heuristic: 4, owner: 5 }

/** What a device says it runs. */
export interface FirmwareState {
  readonly releaseNumber: number
  readonly securityVersion: number
  readonly imageDigest: Uint8Array
  readonly attestLevel: number
  readonly atHeight: number
}

/** Why and how long a device is stopped. */
export interface Quarantine {
  /** One of {@link QUARANTINE_REASONS}. */
  readonly reason: number
  /** When it ends by itself; 0 for never. */
  readonly untilMs: number
  readonly evidenceId: Uint8Array
}

/** An order to show a clean state. */
export interface Remediation {
  readonly orderId: Uint8Array
  readonly orderHeight: number
  readonly releaseId: Uint8Array | null
  readonly deadlineMs: number
  readonly attested: number
}

/** The second branch of a device whose fork is marked, not stopped. */
export interface Rival {
  readonly headMessageId: Uint8Array
  readonly sequence: number
  readonly signingKeyHash: Uint8Array
  readonly signingKeyUses: number
  readonly telemetryBucket: Bucket
  readonly controlBucket: Bucket
}

/** A device's record. */
export interface DeviceRecord {
  readonly classId: Uint8Array
  readonly classVersion: number
  readonly birthBatchId: Uint8Array
  readonly status: number
  readonly lost: number
  readonly incarnation: number
  readonly sequence: number
  readonly headMessageId: Uint8Array
  readonly signingKeyHash: Uint8Array
  readonly signingKeyUses: number
  readonly dataKeyEpoch: number
  readonly dataKeyRaisedAtHeight: number
  readonly keyCommitment: Uint8Array | null
  readonly firmware: FirmwareState
  readonly draw: { readonly releaseNumber: number; readonly value: number } | null
  readonly lastAnchorHeight: number
  readonly lastTimeMs: number
  readonly telemetryBucket: Bucket
  readonly controlBucket: Bucket
  readonly evidenceMask: number
  readonly suspectUntilMs: number
  readonly quarantine: Quarantine | null
  readonly remediation: Remediation | null
  readonly rival: Rival | null
  readonly dataKeyEpochFirst: number
}

const firmware = tuple(uint(), uint(), bytes(32), uint(), uint())
const draw = tuple(uint(), uint())
const quarantine = tuple(uint(), uint(), bytes(32))
const remediation = tuple(bytes(32), uint(), nullable(bytes(32)), uint(), uint(1))
const rival = tuple(bytes(32), uint(), bytes(32), uint(), readBucket, readBucket)

const fields = tuple(
  bytes(32),
  uint(),
  bytes(32),
  uint(3),
  uint(1),
  uint(),
  uint(),
  bytes(32),
  bytes(32),
  uint(),
  uint(),
  uint(),
  nullable(bytes(32)),
  firmware,
  nullable(draw),
  uint(),
  uint(),
  readBucket,
  readBucket,
  uint(),
  uint(),
  nullable(quarantine),
  nullable(remediation),
  nullable(rival),
  uint()
)

const readDeviceRecord: Shape<DeviceRecord> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    classId: read[0],
    classVersion: read[1],
    birthBatchId: read[2],
    status: read[3],
    lost: read[4],
    incarnation: read[5],
    sequence: read[6],
    headMessageId: read[7],
    signingKeyHash: read[8],
    signingKeyUses: read[9],
    dataKeyEpoch: read[10],
    dataKeyRaisedAtHeight: read[11],
    keyCommitment: read[12],
    firmware: firmwareOf(read[13]),
    draw: read[14] === null ? null : { releaseNumber: read[14][0], value: read[14][1] },
    lastAnchorHeight: read[15],
    lastTimeMs: read[16],
    telemetryBucket: read[17],
    controlBucket: read[18],
    evidenceMask: read[19],
    suspectUntilMs: read[20],
    quarantine: read[21] === null ? null : quarantineOf(read[21]),
    remediation: read[22] === null ? null : remediationOf(read[22]),
    rival: read[23] === null ? null : rivalOf(read[23]),
    dataKeyEpochFirst: read[24]
  }
}

function deviceToFields(record: DeviceRecord): CborValue {
  return [
    record.classId,
    record.classVersion,
    record.birthBatchId,
    record.status,
    record.lost,
    record.incarnation,
    record.sequence,
    record.headMessageId,
    record.signingKeyHash,
    record.signingKeyUses,
    record.dataKeyEpoch,
    record.dataKeyRaisedAtHeight,
    record.keyCommitment,
    firmwareToFields(record.firmware),
    record.draw === null ? null : [record.draw.releaseNumber, record.draw.value],
    record.lastAnchorHeight,
    record.lastTimeMs,
    bucketToFields(record.telemetryBucket),
    bucketToFields(record.controlBucket),
    record.evidenceMask,
    record.suspectUntilMs,
    record.quarantine === null ? null : quarantineToFields(record.quarantine),
    record.remediation === null ? null : remediationToFields(record.remediation),
    record.rival === null ? null : rivalToFields(record.rival),
    record.dataKeyEpochFirst
  ]
}

/** The table of devices. */
export const devices: Table<DeviceRecord> = createTable({
  number: 1,
  name: 'devices',
  toFields: deviceToFields,
  read: readDeviceRecord
})

type Read<S extends Shape<unknown>> = Exclude<ReturnType<S>, undefined>

function firmwareOf(read: Read<typeof firmware>): FirmwareState {
  const [releaseNumber, securityVersion, imageDigest, attestLevel, atHeight] = read
  return { releaseNumber, securityVersion, imageDigest, attestLevel, atHeight }
}

function firmwareToFields(state: FirmwareState): CborValue {
  const { releaseNumber, securityVersion, imageDigest, attestLevel, atHeight } = state
  return [releaseNumber, securityVersion, imageDigest, attestLevel, atHeight]
}

function quarantineOf([reason, untilMs, evidenceId]: Read<typeof quarantine>): Quarantine {
  return { reason, untilMs, evidenceId }
}

function quarantineToFields({ reason, untilMs, evidenceId }: Quarantine): CborValue {
  return [reason, untilMs, evidenceId]
}

function remediationOf(read: Read<typeof remediation>): Remediation {
  const [orderId, orderHeight, releaseId, deadlineMs, attested] = read
  return { orderId, orderHeight, releaseId, deadlineMs, attested }
}

function remediationToFields(order: Remediation): CborValue {
  return [order.orderId, order.orderHeight, order.releaseId, order.deadlineMs, order.attested]
}

function rivalOf(read: Read<typeof rival>): Rival {
  const [headMessageId, sequence, signingKeyHash, signingKeyUses, telemetryBucket, controlBucket] =
    read
  return {
    headMessageId,
    sequence,
    signingKeyHash,
    signingKeyUses,
    telemetryBucket,
    controlBucket
  }
}

function rivalToFields(branch: Rival): CborValue {
  return [
    branch.headMessageId,
    branch.sequence,
    branch.signingKeyHash,
    branch.signingKeyUses,
    bucketToFields(branch.telemetryBucket),
    bucketToFields(branch.controlBucket)
  ]
}

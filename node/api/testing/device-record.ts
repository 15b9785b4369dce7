/**
 * A device's record for tests: claimed, active, with a given sequence.
 *
 * @module
 */

import { type DeviceRecord, fullBucket } from '../../../protocol/index.ts'

const ZERO: Uint8Array = new Uint8Array(32)
const CLAIMED_AT_MS = 1_760_000_000_000

/** The record of an active device that has sent `sequence` messages. */
export function deviceRecord(sequence: number): DeviceRecord {
  const bucket = fullBucket(100, CLAIMED_AT_MS)
  return {
    classId: ZERO,
    classVersion: 1,
    birthBatchId: ZERO,
    status: 0,
    lost: 0,
    incarnation: 1,
    sequence,
    headMessageId: ZERO,
    signingKeyHash: ZERO,
    signingKeyUses: 1,
    dataKeyEpoch: 0,
    dataKeyRaisedAtHeight: 0,
    keyCommitment: null,
    firmware: {
      releaseNumber: 1,
      securityVersion: 1,
      imageDigest: ZERO,
      attestLevel: 0,
      atHeight: 0
    },
    draw: null,
    lastAnchorHeight: 0,
    lastTimeMs: CLAIMED_AT_MS,
    telemetryBucket: bucket,
    controlBucket: bucket,
    evidenceMask: 0,
    suspectUntilMs: 0,
    quarantine: null,
    remediation: null,
    rival: null,
    dataKeyEpochFirst: 0
  }
}

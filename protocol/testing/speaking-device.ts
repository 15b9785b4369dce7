/**
 * One device that speaks, for tests of the rule of its messages: every part as a test wants it.
 *
 * @module
 */

import { encode } from 'cborg'
import { keyHash } from '../crypto/hash.ts'
import { type PrivateKey, publicKeyOf } from '../crypto/signing.ts'
import { concatBytes } from '../foundation/bytes.ts'
import { birthBatches } from '../ledger/records/birth-batch-record.ts'
import { recentBlockKey, recentBlocks } from '../ledger/records/chain-record.ts'
import {
  type ClassHead,
  classHeads,
  classVersionKey,
  classVersions
} from '../ledger/records/class-record.ts'
import { type DeviceRecord, devices } from '../ledger/records/device-record.ts'
import type { RuleContext } from '../ledger/rule.ts'
import { type DeviceMessage, encodeDeviceMessage } from '../transactions/device-message.ts'
import type { Profile } from '../transactions/profile.ts'
import type { Transaction } from '../transactions/transaction.ts'
import {
  BIRTH_BATCH,
  BIRTH_BATCH_ID,
  bytes32,
  CLASS_HEAD,
  CLASS_ID,
  CLASS_VERSION,
  PROFILE,
  RuleLedger,
  seedKey,
  signTransaction,
  TIME_MS,
  type Trial
} from './rule-ledger.ts'

/** The device's id. */
export const DEVICE_ID: Uint8Array = bytes32(0xd1)
/** The key that signs the next message. */
export const KEY: PrivateKey = seedKey(51)
/** The same seed as a key of the other suite. */
export const P256_KEY: PrivateKey = seedKey(51, 'ES256')
/** The hash of the key after it. */
export const NEXT_HASH: Uint8Array = keyHash(publicKeyOf(seedKey(52)))
/** The id of the message before. */
export const HEAD_ID: Uint8Array = bytes32(0xaa)
const ANCHOR_BLOCK_ID = bytes32(0xcc)
/** The height that messages name as their anchor. */
export const ANCHOR_HEIGHT = 90
/** The clear content of a reading: a name and a value. */
export const READING: Uint8Array = concatBytes(
  Uint8Array.of(0),
  encode([
    new Map<number, number | string>([
      [0, 'temp'],
      [2, 22]
    ])
  ])
)

/** The device's record: active, thirty messages old. */
export const DEVICE: DeviceRecord = {
  classId: CLASS_ID,
  classVersion: 1,
  birthBatchId: BIRTH_BATCH_ID,
  status: 0,
  lost: 0,
  incarnation: 2,
  sequence: 30,
  headMessageId: HEAD_ID,
  signingKeyHash: keyHash(publicKeyOf(KEY)),
  signingKeyUses: 1,
  dataKeyEpoch: 5,
  dataKeyRaisedAtHeight: 80,
  keyCommitment: null,
  firmware: {
    releaseNumber: 1,
    securityVersion: 3,
    imageDigest: bytes32(0),
    attestLevel: 0,
    atHeight: 1
  },
  draw: null,
  lastAnchorHeight: 70,
  lastTimeMs: TIME_MS - 5000,
  telemetryBucket: { tokens: 20, filledAtMs: TIME_MS },
  controlBucket: { tokens: 20, filledAtMs: TIME_MS },
  evidenceMask: 0,
  suspectUntilMs: 0,
  quarantine: null,
  remediation: null,
  rival: null,
  dataKeyEpochFirst: 3
}

/** What is said, and how the ledger stands when it is. */
export interface Said {
  readonly device?: Partial<DeviceRecord>
  readonly head?: Partial<ClassHead>
  readonly profile?: Partial<Profile>
  readonly birthStatus?: number
  readonly message?: Partial<DeviceMessage>
  readonly key?: PrivateKey
  readonly content?: Uint8Array
  readonly place?: Partial<RuleContext>
}

/** Signs what is said. */
export function say({ message, key = KEY, content = READING }: Said): Transaction {
  const fields = {
    deviceId: DEVICE_ID,
    incarnation: 2,
    sequence: 31,
    previousMessageId: HEAD_ID,
    signingKey: publicKeyOf(key),
    nextSigningKeyHash: NEXT_HASH,
    anchorHeight: ANCHOR_HEIGHT,
    anchorId: ANCHOR_BLOCK_ID.slice(0, 16),
    contentKind: 0,
    dataKeyEpoch: 0,
    ...message
  }
  return signTransaction(
    1,
    encodeDeviceMessage(fields, content),
    [{ role: 'device', key }],
    content
  )
}

/** The ledger on which it is said. */
export function ledgerOf({ device, head, profile, birthStatus = 0, key = KEY }: Said): RuleLedger {
  const ledger = new RuleLedger()
  const { state } = ledger
  const signingKeyHash = keyHash(publicKeyOf(key))
  state.write(devices, DEVICE_ID, { ...DEVICE, signingKeyHash, ...device })
  state.write(classHeads, CLASS_ID, { ...CLASS_HEAD, ...head })
  state.write(classVersions, classVersionKey(CLASS_ID, 1), {
    ...CLASS_VERSION,
    profile: { ...PROFILE, ...profile }
  })
  state.write(birthBatches, BIRTH_BATCH_ID, { ...BIRTH_BATCH, status: birthStatus })
  state.write(recentBlocks, recentBlockKey(ANCHOR_HEIGHT, 65_536), {
    height: ANCHOR_HEIGHT,
    blockId: ANCHOR_BLOCK_ID,
    timeMs: TIME_MS - 10_000,
    awakeMs: 0
  })
  return ledger
}

/** What became of it. */
export function trial(said: Said): Trial {
  return ledgerOf(said).try(say(said), said.place)
}

/**
 * A ledger for tests of single rules: one maker, one class, one device, one member, in memory.
 *
 * Records are written as a test wants them, also such as no transaction in force leads to;
 * transactions are real, signed by fixed seeds.
 *
 * @module
 */

import { encodeSigStructure } from '../crypto/cose.ts'
import { keyHash } from '../crypto/hash.ts'
import { createPrivateKey, type PrivateKey, publicKeyOf, signBytes } from '../crypto/signing.ts'
import { toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { fullBucket } from '../ledger/bucket.ts'
import { executeTransaction } from '../ledger/execute-transaction.ts'
import { LedgerBase, LedgerView } from '../ledger/ledger-view.ts'
import type { Outcome } from '../ledger/outcome.ts'
import { PARAMETERS, type Parameters } from '../ledger/parameters.ts'
import { type BirthBatchRecord, birthBatches } from '../ledger/records/birth-batch-record.ts'
import {
  type ClassHead,
  type ClassVersion,
  classHeads,
  classVersionKey,
  classVersions
} from '../ledger/records/class-record.ts'
import { type MemberRecord, members } from '../ledger/records/member-record.ts'
import { type VendorRecord, vendors } from '../ledger/records/vendor-record.ts'
import type { RuleContext } from '../ledger/rule.ts'
import { TABLES } from '../ledger/tables.ts'
import { classIdOf } from '../transactions/class-define.ts'
import type { Profile } from '../transactions/profile.ts'
import { type Role, signatureAad } from '../transactions/role.ts'
import {
  encodeTransaction,
  judgeTransaction,
  type Transaction
} from '../transactions/transaction.ts'
import { vendorIdOf } from '../transactions/vendor-set.ts'

/** The network of these tests. */
export const NETWORK_TAG: Uint8Array = new Uint8Array(32).fill(0x11)
/** Header time of the block, in the middle of a day. */
export const TIME_MS = 1_700_000_000_000
/** Height of the block. */
export const HEIGHT = 100

/** The private key of a seed filled with one byte. */
export function seedKey(byte: number, algorithm: PrivateKey['algorithm'] = 'Ed25519'): PrivateKey {
  const key = createPrivateKey(algorithm, new Uint8Array(32).fill(byte))
  invariant(key !== undefined, 'small bytes make keys of both algorithms')
  return key
}

/** Thirty-two bytes of one value: an id or a hash that nobody looks into. */
export function bytes32(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

/** Three keys of the maker, of which two must sign. */
export const VENDOR_KEYS: readonly PrivateKey[] = [seedKey(31), seedKey(32, 'ES256'), seedKey(33)]
/** The maker's id, made of its first keys. */
export const VENDOR_ID: Uint8Array = vendorIdOf(VENDOR_KEYS.map(publicKeyOf), 2)
/** The maker's class number 1. */
export const CLASS_ID: Uint8Array = classIdOf(VENDOR_ID, 1)
/** The member that carries the batches. */
export const CARRIER_ID: Uint8Array = publicKeyOf(seedKey(41))
/** The birth batch of the device. */
export const BIRTH_BATCH_ID: Uint8Array = bytes32(0xbb)

/** Someone who signs, and in what role. */
export interface TestSigner {
  readonly role: Role
  readonly key: PrivateKey
}

/** Signs a body into a judged transaction. */
export function signTransaction(
  kind: number,
  signedBody: Uint8Array,
  signers: readonly TestSigner[],
  attachment: Uint8Array | null = null
): Transaction {
  const signatures = signers.map(({ role, key }) => {
    const externalAad = signatureAad(NETWORK_TAG, kind, role)
    return signBytes(key, encodeSigStructure(key.algorithm, externalAad, signedBody))
  })
  const judged = judgeTransaction(
    encodeTransaction(signedBody, signatures, attachment),
    NETWORK_TAG
  )
  invariant(judged.ok, 'a test of a rule hands in transactions that pass by their bytes')
  return judged.value
}

/** The profile of the class. */
export const PROFILE: Profile = {
  sealing: 0,
  signatureSuites: 3,
  ratchetEvery: 3,
  inlineBytesMax: 100,
  rateBurst: 20,
  ratePerHour: 3600,
  silenceMaxMs: 0,
  anchorAgeMaxMs: 0,
  speedMaxMetresPerSecond: 0,
  regions: null,
  attestLevel: 0,
  attestEveryMs: 0,
  onFork: 0,
  heuristicQuarantine: 0,
  readersMax: 16,
  firmwareConsent: 0,
  verdictsMin: 0
}

/** The maker with its keys shown and a third of its grant used. */
export const VENDOR: VendorRecord = {
  keys: VENDOR_KEYS.map(publicKeyOf),
  threshold: 2,
  nextKeysHash: bytes32(1),
  infoHash: bytes32(2),
  vendorSequence: 7,
  bucket: fullBucket(50, TIME_MS),
  grantBirthCap: 300,
  grantClaimsPerDay: 2,
  grantRateUnitsPerHour: 3000,
  usedBirthCap: 100,
  usedRateUnitsPerHour: 1200,
  claimsDay: 0,
  claims: 0,
  removed: 0
}

/** The head of class number 1. */
export const CLASS_HEAD: ClassHead = {
  vendorId: VENDOR_ID,
  lastVersion: 1,
  births: 10,
  birthCap: 100,
  rateUnitsPerHour: 1200,
  bucket: fullBucket(20, TIME_MS),
  authorities: [VENDOR_ID],
  lastRelease: 0,
  floor: null,
  lastHeartbeatMs: TIME_MS
}

/** Version 1 of that class. */
export const CLASS_VERSION: ClassVersion = {
  custody: 0,
  canSeal: 1,
  profile: PROFILE,
  thingModelHash: bytes32(3),
  mudHash: null,
  referenceValuesHash: null,
  supportUntilMs: TIME_MS
}

/** An open birth batch of that class. */
export const BIRTH_BATCH: BirthBatchRecord = {
  classId: CLASS_ID,
  vendorId: VENDOR_ID,
  merkleRoot: bytes32(4),
  count: 10,
  notAfterMs: TIME_MS,
  status: 0
}

const MEMBER: MemberRecord = {
  voteKey: publicKeyOf(seedKey(42)),
  nextVoteKeyHash: keyHash(bytes32(5)),
  recoveryKeyHash: keyHash(bytes32(6)),
  operatorId: new Uint8Array(16),
  region: 'eu',
  endpoints: [],
  weight: 1,
  memberSequence: 0,
  bucket: fullBucket(60, TIME_MS),
  introductions: fullBucket(100, TIME_MS),
  status: 1,
  ready: null,
  softwareHash: null,
  renewedAtAwakeMs: 0,
  seatedSinceEpoch: 0,
  leaving: 0,
  vouchers: [],
  vouchees: [],
  vouchFrozenUntilEpoch: 0,
  trustRoot: null
}

/** Every parameter at its default. */
export const DEFAULT_PARAMETERS: Parameters = Object.fromEntries(
  PARAMETERS.map(({ name, default: value }) => [name, value])
) as Parameters

/** What a transaction did, tried on a scratch pad. */
export interface Trial extends Outcome {
  /** Outcome and code, as tables write them: `refused LEAF_USED`, `applied`. */
  readonly verdict: string
  /** `table/key` of every record that was written, in order. */
  readonly written: readonly string[]
  readonly state: LedgerView
}

/** The ledger: records as given, and a way to try transactions on them. */
export class RuleLedger {
  readonly state: LedgerView = new LedgerView(new LedgerBase(() => undefined))

  constructor() {
    const { state } = this
    state.write(vendors, VENDOR_ID, VENDOR)
    state.write(classHeads, CLASS_ID, CLASS_HEAD)
    state.write(classVersions, classVersionKey(CLASS_ID, 1), CLASS_VERSION)
    state.write(birthBatches, BIRTH_BATCH_ID, BIRTH_BATCH)
    state.write(members, CARRIER_ID, MEMBER)
  }

  /** Tries a transaction in the next block, and leaves the ledger as it was. */
  try(transaction: Transaction, place: Partial<RuleContext> = {}): Trial {
    const state = new LedgerView(this.state)
    const outcome = executeTransaction(transaction, {
      state,
      networkTag: NETWORK_TAG,
      parameters: DEFAULT_PARAMETERS,
      height: HEIGHT,
      timeMs: TIME_MS,
      carrierId: CARRIER_ID,
      ...place
    })
    const verdict = outcome.code === null ? outcome.outcome : `${outcome.outcome} ${outcome.code}`
    const written = state.changedValues().map(({ table, key }) => `${nameOf(table)}/${toHex(key)}`)
    return { ...outcome, verdict, written, state }
  }
}

function nameOf(number: number): string {
  return [...TABLES.values()].find((table) => table.number === number)?.name ?? String(number)
}

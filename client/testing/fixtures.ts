/**
 * Fixtures of tests: randomness that repeats, storages that die, and a device that was claimed.
 *
 * @module
 */

import {
  classIdOf,
  invariant,
  type PrivateKey,
  type Profile,
  publicKeyOf,
  senmlContent,
  vendorKeysHash
} from '../../protocol/index.ts'
import { type BirthTree, createBirth, createBirthTree, type DeviceBirth } from '../births.ts'
import type { BirthRecord } from '../box.ts'
import { createDevice, type Device, type DeviceOptions } from '../device.ts'
import { draftClaim, finishClaim } from '../owner.ts'
import { signPresence } from '../presence.ts'
import type { RandomBytes } from '../random.ts'
import type { RecordStorage } from '../record-storage.ts'
import {
  createVendor,
  signBirthBatch,
  signClassDefine,
  signVendorSet,
  type Vendor
} from '../vendor.ts'
import { testGenesis } from './test-genesis.ts'
import { TestLedger } from './test-ledger.ts'

/** Bytes that look random and are the same in every run (mulberry32). */
export function seededRandom(seed: number): RandomBytes {
  let state = seed >>> 0
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (state + 0x6d2b_79f5) >>> 0
      let word = Math.imul(state ^ (state >>> 15), state | 1)
      word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
      return (word ^ (word >>> 14)) & 0xff
    })
}

/** What happens at one write: it works, power fails before it, or after it. */
export type WriteFate = 'kept' | 'dies-before' | 'dies-after'

/** A storage in memory, whose writes meet their fate one by one; when none is left, all are kept. */
export class MortalStorage implements RecordStorage {
  #record: Uint8Array | undefined
  readonly fates: WriteFate[] = []

  readonly read = async (): Promise<Uint8Array | undefined> => this.#record?.slice()

  readonly write = async (record: Uint8Array): Promise<void> => {
    const fate = this.fates.shift() ?? 'kept'
    if (fate === 'dies-before') throw new Error('power failed before the write')
    this.#record = record.slice()
    if (fate === 'dies-after') throw new Error('power failed after the write')
  }
}

/** A profile that forbids nothing. */
export const EASY_PROFILE: Profile = {
  sealing: 0,
  signatureSuites: 3,
  ratchetEvery: 4_294_967_295,
  inlineBytesMax: 8_192,
  rateBurst: 10_000_000,
  ratePerHour: 10_000_000,
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

/** A ledger on which one device was made and claimed. */
export interface ClaimedDevice {
  readonly ledger: TestLedger
  readonly vendor: Vendor
  readonly birth: DeviceBirth
  readonly walletSeed: Uint8Array
  readonly claimId: Uint8Array
  /** Another device of the batch, which nobody has claimed, with its place there. */
  readonly unclaimed: { readonly birth: DeviceBirth; readonly record: BirthRecord }
}

/** Goes the real way: vendor, class, births, claim. */
export function claimDevice(
  algorithm: PrivateKey['algorithm'],
  randomBytes: RandomBytes,
  profile: Profile = EASY_PROFILE
): ClaimedDevice {
  const vendor = createVendor([{ algorithm: 'Ed25519', bytes: randomBytes(32) }], 1)
  const ledger = new TestLedger(testGenesis(vendor.vendorId))
  const { networkTag } = ledger
  const nextKey = publicKeyOf({ algorithm: 'Ed25519', bytes: randomBytes(32) })
  const vendorSet = signVendorSet(networkTag, vendor, {
    vendorSequence: 1,
    nextKeysHash: vendorKeysHash([nextKey], 1),
    infoHash: new Uint8Array(32)
  })
  const classDefine = signClassDefine(networkTag, vendor, {
    vendorSequence: 2,
    classNumber: 7,
    version: 1,
    custody: 0,
    canSeal: 1,
    profile,
    thingModelHash: new Uint8Array(32),
    mudHash: null,
    referenceValuesHash: null,
    birthCap: 100,
    rateUnitsPerHour: 10_000_000,
    supportUntilMs: 2_000_000_000_000
  })
  const deviceClass = { classId: classIdOf(vendor.vendorId, 7), classVersion: 1, algorithm }
  const births = Array.from({ length: 5 }, () => createBirth(deviceClass, randomBytes))
  const tree = createBirthTree(
    births.map(({ deviceId }) => deviceId),
    randomBytes
  )
  const birthBatch = signBirthBatch(networkTag, vendor, {
    vendorSequence: 3,
    classId: deviceClass.classId,
    merkleRoot: tree.merkleRoot,
    count: tree.count,
    notAfterMs: 2_000_000_000_000
  })
  const birth = births[2] as DeviceBirth
  const record = recordOf(birth, tree, birthBatch.transactionId)
  const walletSeed = randomBytes(32)
  const draft = draftClaim({
    networkTag,
    box: { inceptionBytes: birth.inceptionBytes, boxSeed: birth.boxSeed, birth: record },
    birth: record,
    walletSeed,
    rotationKeyHashes: [randomBytes(32)],
    rotationThreshold: 1,
    guardians: null
  })
  const presence = signPresence(draft.signedBody, {
    networkTag,
    inceptionBytes: birth.inceptionBytes,
    attestationKey: birth.secrets.attestationKey
  })
  invariant(presence.ok, 'a device is present for its own claim')
  const claim = finishClaim(draft, presence.value)
  const acts = [vendorSet, classDefine, birthBatch, claim]
  const outcomes = ledger.execute(acts.map(({ wire }) => wire))
  const codes = outcomes.map(({ outcome, code }) => `${outcome} ${code}`).join(', ')
  invariant(
    outcomes.every(({ outcome }) => outcome === 'applied'),
    `maker and owner are heard, not ${codes}`
  )
  const other = births[4] as DeviceBirth
  const unclaimed = { birth: other, record: recordOf(other, tree, birthBatch.transactionId) }
  return { ledger, vendor, birth, walletSeed, claimId: claim.transactionId, unclaimed }
}

function recordOf(
  { deviceId }: DeviceBirth,
  tree: BirthTree,
  birthBatchId: Uint8Array
): BirthRecord {
  const place = tree.placeOf(deviceId)
  invariant(place !== undefined, 'a device is of its batch')
  return { birthBatchId, ...place }
}

/** A reading of one temperature. */
export function temperature(value: number): Uint8Array {
  return senmlContent([{ n: 'temp', u: 'Cel', v: value }])
}

/** What the device that was claimed is made of. */
export function deviceOptions(
  { ledger, birth }: ClaimedDevice,
  ratchetEvery: number
): DeviceOptions {
  return {
    networkTag: ledger.networkTag,
    deviceId: birth.deviceId,
    signingKey: birth.secrets.signingKey,
    ratchetEvery,
    genesisId: ledger.genesisId
  }
}

/** The claimed device, ready to speak. */
export async function startDevice(
  claimed: ClaimedDevice,
  ratchetEvery: number,
  storage: RecordStorage = new MortalStorage()
): Promise<Device> {
  const ports = { storage, randomBytes: seededRandom(77) }
  const device = await createDevice(deviceOptions(claimed, ratchetEvery), ports)
  const begun = await device.beginIncarnation(0, claimed.claimId)
  invariant(begun.ok, 'a claimed device begins to speak')
  return device
}

/**
 * The fleet: makers and devices of a benchmark, brought onto the ledger the real way.
 *
 * Vendor, class, birth, claim: nothing is put into genesis but the makers'
 * grants. Rates per hour are capped by law, so a fast fleet has several makers.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import {
  type BirthTree,
  createBirth,
  createBirthTree,
  createVendor,
  type DeviceBirth,
  draftClaim,
  finishClaim,
  type RandomBytes,
  type SignedTransaction,
  signBirthBatch,
  signClassDefine,
  signPresence,
  signVendorSet,
  type TrustedNetwork,
  type Vendor
} from '../../client/index.ts'
import {
  classIdOf,
  createPrivateKey,
  invariant,
  type PrivateKey,
  type Profile
} from '../../protocol/index.ts'

/** Makers of one fleet: each may send 10^7 units an hour, about 1,400 messages a second. */
export const MAKERS_MAX = 16

/** The number of the one class of each maker. */
export const CLASS_NUMBER = 1
const YEAR_MS = 365 * 86_400_000
const NO_HASH = new Uint8Array(32)

/** A device that is ready to speak. */
export interface FleetDevice {
  readonly deviceId: Uint8Array
  readonly signingKey: PrivateKey
  readonly claimId: Uint8Array
}

/** A fleet, and the transactions that bring it onto the ledger, in the order in which they must go. */
export interface Fleet {
  readonly devices: readonly FleetDevice[]
  readonly steps: readonly (readonly Uint8Array[])[]
}

/** Bytes from the system's dice. */
export const dice: RandomBytes = (length) => new Uint8Array(randomBytes(length))

/** The maker of a seed, with one key. */
export function makerOf(seed: Uint8Array): Vendor {
  const key = createPrivateKey('Ed25519', seed)
  invariant(key !== undefined, 'every 32 bytes are an Ed25519 seed')
  return createVendor([key], 1)
}

/** What a maker of the fleet must be granted in genesis. */
export const MAKER_GRANT: {
  readonly birthCap: number
  readonly claimsPerDay: number
  readonly rateUnitsPerHour: number
} = { birthCap: 10_000_000, claimsPerDay: 10_000_000, rateUnitsPerHour: 10_000_000 }

/** What is asked of a device of the fleet: nearly nothing. */
export const FLEET_PROFILE: Profile = {
  sealing: 0,
  signatureSuites: 3,
  ratchetEvery: 1,
  inlineBytesMax: 8192,
  rateBurst: 1_000_000,
  ratePerHour: 10_000_000,
  silenceMaxMs: YEAR_MS,
  anchorAgeMaxMs: YEAR_MS,
  speedMaxMetresPerSecond: 1_000_000,
  regions: null,
  attestLevel: 0,
  attestEveryMs: YEAR_MS,
  onFork: 1,
  heuristicQuarantine: 0,
  readersMax: 16,
  firmwareConsent: 0,
  verdictsMin: 0
}

/** Makes a fleet of devices, spread evenly over its makers. */
export function createFleet(
  network: Pick<TrustedNetwork, 'networkTag'>,
  options: {
    readonly makers: readonly Vendor[]
    readonly devices: number
    readonly timeMs: number
    /** Greater than any the makers have used. */
    readonly vendorSequence: number
    /** What each maker's class is granted: all that its maker is, unless said. */
    readonly rateUnitsPerHour?: number
    /** Where keys and salts come from: the system's dice unless said. */
    readonly random?: RandomBytes
  }
): Fleet {
  const { makers, timeMs, random = dice } = options
  const perMaker = Math.ceil(options.devices / makers.length)
  const parts = makers.map((maker) =>
    createPart(network, maker, { ...options, count: perMaker, timeMs, random })
  )
  const depth = Math.max(...parts.map((part) => part.steps.length))
  const steps = Array.from({ length: depth }, (_, step) =>
    parts.flatMap((part) => part.steps[step] ?? [])
  )
  return { devices: parts.flatMap(({ devices }) => devices).slice(0, options.devices), steps }
}

function createPart(
  { networkTag }: Pick<TrustedNetwork, 'networkTag'>,
  maker: Vendor,
  options: {
    readonly count: number
    readonly timeMs: number
    readonly vendorSequence: number
    readonly rateUnitsPerHour?: number
    readonly random: RandomBytes
  }
): Fleet {
  const { count, timeMs, vendorSequence, random } = options
  const classId = classIdOf(maker.vendorId, CLASS_NUMBER)
  const born = bearDevices({ classId, count }, random)
  const vendorSet = signVendorSet(networkTag, maker, {
    vendorSequence,
    nextKeysHash: NO_HASH,
    infoHash: NO_HASH
  })
  const classDefine = signClassDefine(networkTag, maker, {
    vendorSequence: vendorSequence + 1,
    classNumber: CLASS_NUMBER,
    version: 1,
    custody: 0,
    canSeal: 0,
    profile: FLEET_PROFILE,
    thingModelHash: NO_HASH,
    mudHash: null,
    referenceValuesHash: null,
    birthCap: MAKER_GRANT.birthCap,
    rateUnitsPerHour: options.rateUnitsPerHour ?? MAKER_GRANT.rateUnitsPerHour,
    supportUntilMs: timeMs + YEAR_MS
  })
  const birthBatch = signBirthBatch(networkTag, maker, {
    vendorSequence: vendorSequence + 2,
    classId,
    merkleRoot: born.tree.merkleRoot,
    count: born.tree.count,
    notAfterMs: timeMs + YEAR_MS
  })
  const { devices, claims } = claimDevices(networkTag, born, {
    birthBatchId: birthBatch.transactionId,
    random
  })
  return { devices, steps: [[vendorSet.wire], [classDefine.wire], [birthBatch.wire], claims] }
}

/** Devices that are born and not claimed yet. */
export interface BornDevices {
  readonly births: readonly DeviceBirth[]
  readonly tree: BirthTree
}

/** Gives birth to devices of a class. */
export function bearDevices(
  { classId, count }: { readonly classId: Uint8Array; readonly count: number },
  random: RandomBytes = dice
): BornDevices {
  const births = Array.from({ length: count }, () =>
    createBirth({ classId, classVersion: 1, algorithm: 'Ed25519' }, random)
  )
  const tree = createBirthTree(
    births.map(({ deviceId }) => deviceId),
    random
  )
  return { births, tree }
}

/** Signs the claims of devices whose births are on the ledger. */
export function claimDevices(
  networkTag: Uint8Array,
  { births, tree }: BornDevices,
  {
    birthBatchId,
    random = dice
  }: { readonly birthBatchId: Uint8Array; readonly random?: RandomBytes }
): { readonly devices: readonly FleetDevice[]; readonly claims: readonly Uint8Array[] } {
  const claims = births.map((birth) => claimOf(networkTag, birth, { birthBatchId, tree, random }))
  const devices = births.map(({ deviceId, secrets }, index) => ({
    deviceId,
    signingKey: secrets.signingKey,
    claimId: (claims[index] as SignedTransaction).transactionId
  }))
  return { devices, claims: claims.map(({ wire }) => wire) }
}

function claimOf(
  networkTag: Uint8Array,
  birth: DeviceBirth,
  batch: {
    readonly birthBatchId: Uint8Array
    readonly tree: BirthTree
    readonly random: RandomBytes
  }
): SignedTransaction {
  const place = batch.tree.placeOf(birth.deviceId)
  invariant(place !== undefined, 'every birth has its place in the tree')
  const box = { inceptionBytes: birth.inceptionBytes, boxSeed: birth.boxSeed, birth: null }
  const draft = draftClaim({
    networkTag,
    box,
    birth: { birthBatchId: batch.birthBatchId, ...place },
    walletSeed: batch.random(32),
    rotationKeyHashes: [],
    rotationThreshold: 1,
    guardians: null
  })
  const presence = signPresence(draft.signedBody, {
    networkTag,
    inceptionBytes: birth.inceptionBytes,
    attestationKey: birth.secrets.attestationKey
  })
  invariant(presence.ok, 'a device is present at its own claim')
  return finishClaim(draft, presence.value)
}

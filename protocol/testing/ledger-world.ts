/**
 * A ledger in memory with registered devices, for tests of execution: the real rules, no consensus.
 *
 * Versions are never committed, so any number of histories may be told from one beginning.
 *
 * @module
 */

import { batchListRoot, createBlock } from '../blocks/block.ts'
import { keyHash } from '../crypto/hash.ts'
import { createListTree, listLeafHash } from '../crypto/merkle.ts'
import { type PrivateKey, publicKeyOf } from '../crypto/signing.ts'
import { invariant } from '../foundation/invariant.ts'
import { type ExecutableBatch, type ExecutedBlock, executeBlock } from '../ledger/execute-block.ts'
import {
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisView,
  networkTagOfGenesis
} from '../ledger/genesis.ts'
import { type LedgerVersion, versionOfBlock, versionOfState } from '../ledger/ledger-version.ts'
import { LedgerBase } from '../ledger/ledger-view.ts'
import { PARAMETERS, type Parameters } from '../ledger/parameters.ts'
import { deriveVersion } from '../state-tree/derive-version.ts'
import { createStateTree } from '../state-tree/state-tree.ts'
import { BIRTH_BATCH_KIND, encodeBirthBatch } from '../transactions/birth-batch.ts'
import { CLAIM_KIND, encodeClaim } from '../transactions/claim.ts'
import { CLASS_DEFINE_KIND, classIdOf, encodeClassDefine } from '../transactions/class-define.ts'
import { deviceIdOf, encodeInception } from '../transactions/inception.ts'
import type { Profile } from '../transactions/profile.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { plainTrustPolicy } from '../transactions/trust-policy.ts'
import { encodeVendorSet, VENDOR_SET_KIND, vendorIdOf } from '../transactions/vendor-set.ts'
import type { Height, View } from '../types.ts'
import { seal, worldKey } from './world-signer.ts'

/** A device that was claimed. */
export interface WorldDevice {
  readonly deviceId: Uint8Array
  /** Signs its first message. */
  readonly signingKey: PrivateKey
  readonly claimId: Uint8Array
}

/** A ledger on which devices may speak. */
export interface LedgerWorld {
  readonly networkTag: Uint8Array
  /** First 16 bytes of the id of block 0. */
  readonly genesisId: Uint8Array
  readonly devices: readonly WorldDevice[]
  /** After the last claim. */
  readonly version: LedgerVersion
}

const TIME_MS = 1_700_000_000_000
const YEAR_MS = 365 * 86_400_000
const RATE = 10_000_000
const MANY = 1_000_000
const CLASS_NUMBER = 1
const NO_HASH = new Uint8Array(32)
const MEMBER = worldKey(1)
const VENDOR = worldKey(2)
const VENDOR_ID = vendorIdOf([publicKeyOf(VENDOR)], 1)
const CLASS_ID = classIdOf(VENDOR_ID, CLASS_NUMBER)
const VENDOR_SIGNERS = [0] as const
const GENEROUS = /^(?:control|vendor|introductions)(?:Burst|PerHour)$/

const PROFILE: Profile = {
  sealing: 0,
  signatureSuites: 3,
  ratchetEvery: 1,
  inlineBytesMax: 8_192,
  rateBurst: RATE,
  ratePerHour: RATE,
  silenceMaxMs: YEAR_MS,
  anchorAgeMaxMs: YEAR_MS,
  speedMaxMetresPerSecond: 0,
  regions: null,
  attestLevel: 0,
  attestEveryMs: YEAR_MS,
  onFork: 1,
  heuristicQuarantine: 0,
  readersMax: 16,
  firmwareConsent: 0,
  verdictsMin: 0
}

/** Makes a ledger and brings devices onto it: vendor, class, birth, claims. */
export function createLedgerWorld(deviceCount: number): LedgerWorld {
  const genesis = worldGenesis()
  const networkTag = networkTagOfGenesis(genesis)
  const { version: start, genesisId } = beginning(genesis)
  const births = Array.from({ length: deviceCount }, (_, index) => createBirth(index))
  const tree = createListTree(births.map(({ deviceId }) => listLeafHash(deviceId)))
  const acts = makerActs(networkTag, tree.root, deviceCount)
  const birthBatchId = (acts[2] as Transaction).id
  const claims = births.map((birth, leafIndex) =>
    claimOf(birth, { networkTag, birthBatchId, leafIndex, path: tree.path(leafIndex) })
  )
  const { version, executed } = nextVersion(start, networkTag, [
    { author: publicKeyOf(MEMBER), transactions: [...acts, ...claims] }
  ])
  invariant(
    executed.outcomes.every(({ outcome }) => outcome === 'applied'),
    'maker and owners are heard'
  )
  const devices = births.map(({ deviceId, signingKey }, index) => ({
    deviceId,
    signingKey,
    claimId: (claims[index] as Transaction).id
  }))
  return { networkTag, genesisId, devices, version }
}

/** The version after one more block, at the same time as all blocks of the world. */
export function nextVersion(
  parent: LedgerVersion,
  networkTag: Uint8Array,
  batches: readonly ExecutableBatch[]
): { readonly version: LedgerVersion; readonly executed: ExecutedBlock } {
  const executed = executeBlock(parent, { timeMs: TIME_MS, networkTag, batches })
  const { header } = genesisBlock(worldGenesis(), executed.stateRoot)
  const { id, idBytes } = createBlock(
    {
      ...header,
      view: executed.height as number as View,
      parentId: parent.blockIdBytes,
      height: executed.height,
      batchListRoot: batchListRoot([]),
      receiptsRoot: executed.receiptsRoot,
      transactionCount: executed.outcomes.length
    },
    []
  )
  return { version: versionOfBlock({ id, idBytes }, executed), executed }
}

/** A batch of the only member. */
export function worldBatch(transactions: readonly Transaction[]): ExecutableBatch {
  return { author: publicKeyOf(MEMBER), transactions }
}

function worldGenesis(): Genesis {
  const parameters = Object.fromEntries(
    PARAMETERS.map(({ name, default: value }) => [name, GENEROUS.test(name) ? RATE : value])
  ) as Parameters
  return {
    networkId: 'world',
    timeMs: TIME_MS,
    faultModel: 'byzantine',
    trust: plainTrustPolicy('open-vote'),
    vendorTrust: plainTrustPolicy('open-vote'),
    parameters,
    members: [
      {
        memberId: publicKeyOf(MEMBER),
        voteKey: publicKeyOf(worldKey(3)),
        nextVoteKeyHash: NO_HASH,
        recoveryKeyHash: NO_HASH,
        operatorId: new Uint8Array(16),
        region: 'world',
        weight: 1,
        endpoints: []
      }
    ],
    vendorGrants: [
      { vendorId: VENDOR_ID, birthCap: MANY, claimsPerDay: MANY, rateUnitsPerHour: RATE }
    ],
    regions: ['world']
  }
}

function beginning(genesis: Genesis): {
  readonly version: LedgerVersion
  readonly genesisId: Uint8Array
} {
  const view = genesisView(genesis, new LedgerBase(() => undefined))
  const changes = view.changedValues()
  const tree = deriveVersion(
    createStateTree().base,
    changes.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  )
  const { id, idBytes } = genesisBlock(genesis, tree.root)
  const place = { blockId: id, blockIdBytes: idBytes, height: 0 as Height, timeMs: TIME_MS }
  const electorate = genesisElectorate(genesis)
  const version = versionOfState({ ...place, view, tree, electorate })
  return { version, genesisId: idBytes.slice(0, 16) }
}

interface Birth {
  readonly deviceId: Uint8Array
  readonly inceptionBytes: Uint8Array
  readonly signingKey: PrivateKey
  readonly rotationKeyHash: Uint8Array
  readonly presenceKey: PrivateKey
  readonly boxKey: PrivateKey
}

function createBirth(index: number): Birth {
  const base = 1_000 + 10 * index
  const [signingKey, rotationKey, presenceKey, boxKey] = [0, 1, 2, 3].map((one) =>
    worldKey(base + one)
  ) as [PrivateKey, PrivateKey, PrivateKey, PrivateKey]
  const rotationKeyHash = keyHash(publicKeyOf(rotationKey))
  const inceptionBytes = encodeInception({
    classId: CLASS_ID,
    classVersion: 1,
    signingKeyHash: keyHash(publicKeyOf(signingKey)),
    deviceRotationKeyHash: rotationKeyHash,
    encryptionKey: new Uint8Array(32).fill(9),
    attestationKey: publicKeyOf(presenceKey),
    boxKeyHash: keyHash(publicKeyOf(boxKey)),
    salt: new Uint8Array(16)
  })
  const deviceId = deviceIdOf(inceptionBytes)
  return { deviceId, inceptionBytes, signingKey, rotationKeyHash, presenceKey, boxKey }
}

function makerActs(networkTag: Uint8Array, merkleRoot: Uint8Array, count: number): Transaction[] {
  const prefix = { vendorId: VENDOR_ID, signers: VENDOR_SIGNERS }
  const keys = [publicKeyOf(VENDOR)]
  const vendorSet = encodeVendorSet({
    ...{ ...prefix, vendorSequence: 1, keys, threshold: 1 },
    ...{ nextKeysHash: NO_HASH, infoHash: NO_HASH }
  })
  const classDefine = encodeClassDefine({
    ...{ ...prefix, vendorSequence: 2, classNumber: CLASS_NUMBER, version: 1, custody: 0 },
    ...{ canSeal: 0, profile: PROFILE, thingModelHash: NO_HASH, mudHash: null },
    ...{ referenceValuesHash: null, birthCap: MANY, rateUnitsPerHour: RATE },
    supportUntilMs: TIME_MS + YEAR_MS
  })
  const birthBatch = encodeBirthBatch({
    ...{ ...prefix, vendorSequence: 3, classId: CLASS_ID, merkleRoot, count },
    notAfterMs: TIME_MS + YEAR_MS
  })
  const signers = [['vendor', VENDOR]] as const
  return [
    seal(networkTag, vendorSet, { kind: VENDOR_SET_KIND, signers, attachment: null }),
    seal(networkTag, classDefine, { kind: CLASS_DEFINE_KIND, signers, attachment: null }),
    seal(networkTag, birthBatch, { kind: BIRTH_BATCH_KIND, signers, attachment: null })
  ]
}

function claimOf(
  birth: Birth,
  place: {
    readonly networkTag: Uint8Array
    readonly birthBatchId: Uint8Array
    readonly leafIndex: number
    readonly path: readonly Uint8Array[]
  }
): Transaction {
  const { networkTag, ...leaf } = place
  const signedBody = encodeClaim({
    ...{ ...leaf, inceptionBytes: birth.inceptionBytes, ownerKeyHash: NO_HASH },
    ...{ rotationKeyHashes: [birth.rotationKeyHash], rotationThreshold: 1, guardians: null },
    boxKey: publicKeyOf(birth.boxKey)
  })
  const signers = [
    ['box', birth.boxKey],
    ['presence', birth.presenceKey]
  ] as const
  return seal(networkTag, signedBody, { kind: CLAIM_KIND, signers, attachment: null })
}

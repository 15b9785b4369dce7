/**
 * A device that was claimed, its maker, its owner and the network that knows them, for tests of evidence.
 *
 * @module
 */

import {
  classIdOf,
  createPrivateKey,
  deviceIdOf,
  encodeInception,
  encodeTransaction,
  type Genesis,
  invariant,
  judgeTransaction,
  keyHash,
  networkTagOfGenesis,
  type PrivateKey,
  type Profile,
  publicKeyOf,
  RATE_PER_HOUR_MAX,
  type Role,
  signBytes,
  type Transaction,
  transactionSigningBytes,
  vendorIdOf
} from '../../../protocol/index.ts'
import { GENESIS } from '../../testing/small-network.ts'

/** The regions of the two founders. */
const REGIONS: readonly string[] = ['frankfurt', 'tokyo']
/** Blocks that the ledger remembers. */
export const ANCHOR_WINDOW_BLOCKS = 256
/** A year. */
export const YEAR_MS = 31_536_000_000
/** A hash of nothing. */
export const NO_HASH: Uint8Array = new Uint8Array(32)

/** A key of a seed that is one byte. */
export function testKey(byte: number): PrivateKey {
  const key = createPrivateKey('Ed25519', new Uint8Array(32).fill(byte))
  invariant(key !== undefined, 'every 32 bytes are an Ed25519 seed')
  return key
}

/** The maker's only key. */
export const VENDOR_KEY: PrivateKey = testKey(31)
/** The key in the box of the device. */
export const BOX_KEY: PrivateKey = testKey(32)
/** The key that shows that the device is there. */
export const PRESENCE_KEY: PrivateKey = testKey(33)
/** The key that signs the device's first message. */
export const FIRST_KEY: PrivateKey = testKey(34)
/** The key that signs the owner's first act. */
export const OWNER_KEY: PrivateKey = testKey(35)

/** The maker's id. */
export const vendorId: Uint8Array = vendorIdOf([publicKeyOf(VENDOR_KEY)], 1)
/** The class of the device. */
export const classId: Uint8Array = classIdOf(vendorId, 1)

/** The genesis of the two, who grant a share to the maker. */
export const genesis: Genesis = {
  ...GENESIS,
  // The least that there may be, so that a test can outlive it.
  parameters: { ...GENESIS.parameters, anchorWindowBlocks: ANCHOR_WINDOW_BLOCKS },
  members: GENESIS.members.map((member, index) => ({
    ...member,
    region: REGIONS[index] as string
  })),
  vendorGrants: [{ vendorId, birthCap: 10, claimsPerDay: 10, rateUnitsPerHour: RATE_PER_HOUR_MAX }],
  regions: REGIONS
}

/** Its tag. */
export const NETWORK_TAG: Uint8Array = networkTagOfGenesis(genesis)

/** What the class asks of its devices: a fresh key for each message; a fork stops them. */
export const PROFILE: Profile = {
  sealing: 0,
  signatureSuites: 3,
  ratchetEvery: 4,
  inlineBytesMax: 1_024,
  rateBurst: 100_000,
  ratePerHour: RATE_PER_HOUR_MAX,
  silenceMaxMs: 60_000,
  anchorAgeMaxMs: YEAR_MS,
  speedMaxMetresPerSecond: 300,
  regions: null,
  attestLevel: 0,
  attestEveryMs: YEAR_MS,
  onFork: 1,
  heuristicQuarantine: 0,
  readersMax: 16,
  firmwareConsent: 0,
  verdictsMin: 0
}

/** What the device was born with. */
export const inceptionBytes: Uint8Array = encodeInception({
  classId,
  classVersion: 1,
  signingKeyHash: keyHash(publicKeyOf(FIRST_KEY)),
  deviceRotationKeyHash: keyHash(publicKeyOf(testKey(36))),
  encryptionKey: publicKeyOf(testKey(37)),
  attestationKey: publicKeyOf(PRESENCE_KEY),
  boxKeyHash: keyHash(publicKeyOf(BOX_KEY)),
  salt: new Uint8Array(16)
})
/** The device. */
export const DEVICE_ID: Uint8Array = deviceIdOf(inceptionBytes)

/** Signs a body, whatever it is. */
export function signBody(
  kind: number,
  body: Uint8Array,
  signers: readonly (readonly [Role, PrivateKey])[],
  attachment: Uint8Array | null = null
): Transaction {
  const signatures = signers.map(([role, key]) =>
    signBytes(
      key,
      transactionSigningBytes(NETWORK_TAG, body, { kind, role, key: publicKeyOf(key) })
    )
  )
  const judged = judgeTransaction(encodeTransaction(body, signatures, attachment), NETWORK_TAG)
  invariant(judged.ok, 'a test signs what is sound')
  return judged.value
}

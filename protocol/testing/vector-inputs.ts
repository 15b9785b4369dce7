/**
 * What the golden vectors start from: seeds, and the two acts of a maker that they sign.
 *
 * Seeds of one byte repeated are for vectors only.
 *
 * @module
 */

import { ed25519PublicKey, ed25519Sign } from '#crypto'
import { keyHash } from '../crypto/hash.ts'
import { ascii } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { encodeClassDefine } from '../transactions/class-define.ts'
import {
  encodeTransaction,
  judgeTransaction,
  type Transaction,
  transactionSigningBytes
} from '../transactions/transaction.ts'
import { encodeVendorSet, vendorKeysHash } from '../transactions/vendor-set.ts'

/** What the chain is made of; all of it stands in the vector file. */
export interface VectorInputs {
  readonly networkId: string
  readonly genesisTimeMs: number
  readonly blockTimesMs: readonly number[]
  /** By member: first the byte that fills its identity seed, then the vote key's, then its weight. */
  readonly members: readonly (readonly [identity: number, vote: number, weight: number])[]
  /** The byte that fills the seed of the maker's only key, and that of its next one. */
  readonly vendor: readonly [present: number, next: number]
}

/** The seed filled with a byte. */
export function seedOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

/** The public key of that seed. */
export function publicKey(byte: number): Uint8Array {
  return ed25519PublicKey(seedOf(byte))
}

/** The two acts of the maker: its keys, then a class. */
export function transactionsOf(
  { vendor: [present, next] }: VectorInputs,
  vendorId: Uint8Array,
  networkTag: Uint8Array
): Transaction[] {
  const prefix = { vendorId, signers: [0] }
  const vendorSet = encodeVendorSet({
    ...prefix,
    vendorSequence: 1,
    keys: [publicKey(present)],
    threshold: 1,
    nextKeysHash: vendorKeysHash([publicKey(next)], 1),
    infoHash: keyHash(ascii('info'))
  })
  const classDefine = encodeClassDefine({
    ...prefix,
    vendorSequence: 2,
    classNumber: 1,
    version: 1,
    custody: 0,
    canSeal: 1,
    profile: VECTOR_PROFILE,
    thingModelHash: keyHash(ascii('model')),
    mudHash: null,
    referenceValuesHash: null,
    birthCap: 10,
    rateUnitsPerHour: 600,
    supportUntilMs: 2_000_000_000_000
  })
  const bodies = [
    [50, vendorSet],
    [51, classDefine]
  ] as const
  return bodies.map(([kind, signedBody]) => {
    const signer = { kind, role: 'vendor' as const, key: publicKey(present) }
    const bytes = transactionSigningBytes(networkTag, signedBody, signer)
    const signature = ed25519Sign(seedOf(present), bytes)
    const wire = encodeTransaction(signedBody, [{ algorithm: 'Ed25519', signature }], null)
    const judged = judgeTransaction(wire, networkTag)
    invariant(judged.ok, 'the transactions of the vectors are sound')
    return judged.value
  })
}

const VECTOR_PROFILE = {
  sealing: 0,
  signatureSuites: 3,
  ratchetEvery: 1,
  inlineBytesMax: 1024,
  rateBurst: 60,
  ratePerHour: 600,
  silenceMaxMs: 3_600_000,
  anchorAgeMaxMs: 600_000,
  speedMaxMetresPerSecond: 0,
  regions: null,
  attestLevel: 0,
  attestEveryMs: 0,
  onFork: 1,
  heuristicQuarantine: 0,
  readersMax: 4,
  firmwareConsent: 0,
  verdictsMin: 0
}

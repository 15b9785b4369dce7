/**
 * Rotation: which keys stand beside an owner's reveal when a device gets new keys, or ends.
 *
 * Recovery keys follow from a phrase of their own. A wallet knows their hashes alone, so it can put
 * them on the ledger while the phrase stays where it is kept; who holds the wallet cannot use them.
 *
 * @see ../protocol/SPEC.md §5.8 Re-keying
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  acceptAs,
  ascii,
  type CoseSignature,
  compareBytes,
  concatBytes,
  equalBytes,
  invariant,
  keyHash,
  kindByName,
  type OwnershipRecord,
  type PrivateKey,
  publicKeyOf,
  type Rekeying,
  type RevealedKey,
  ROTATION_KEYS_MAX,
  reject,
  uint64,
  type Verdict
} from '../protocol/index.ts'
import { readBody } from './owner-acts.ts'
import { signBody } from './signed-transaction.ts'

/** Who signs with a rotation key: a device beside, a phrase at hand, a friend. */
export interface RotationSigner {
  readonly publicKey: Uint8Array
  /** Undefined when it does not want to sign this body. */
  readonly sign: (signedBody: Uint8Array) => Promise<CoseSignature | undefined>
}

/** Rotation keys to show, in the order in which the ledger wants them, with who signs. */
export interface RevealPlan {
  readonly revealed: readonly RevealedKey[]
  readonly signers: readonly RotationSigner[]
}

/** Why a device cannot be re-keyed, or ended, by those who are there. */
export type RotationFault = 'ROTATION_KEYS_TOO_FEW' | 'ROTATION_KEYS_TOO_MANY'

/** What a device brings for its next incarnation, and what the owner adds. */
export interface FreshKeys {
  readonly newSigningKeyHash: Uint8Array
  readonly newEncryptionKey: Uint8Array
  /** Hash of the device's new rotation key; it takes the place of the old one. */
  readonly deviceRotationKeyHash: Uint8Array
  /** Hash of the device's rotation key till now, where the device still knows it. */
  readonly oldDeviceRotationKeyHash: Uint8Array | null
  /** A recovery key for each that is shown now. */
  readonly freeRecoveryHash: Uint8Array | undefined
}

const RECOVERY_KEY_TAG = ascii('tm/recovery-key/1')
const NO_SALT = new Uint8Array(0)

/** The recovery key of a number: HKDF-SHA-256 of the recovery seed, info `"tm/recovery-key/1" ‖ number`. */
export function recoveryKeyOf(recoverySeed: Uint8Array, number: number): PrivateKey {
  invariant(recoverySeed.length === 32, 'a recovery seed has 32 bytes')
  const info = concatBytes(RECOVERY_KEY_TAG, uint64(number))
  return { algorithm: 'Ed25519', bytes: hkdf(sha256, recoverySeed, NO_SALT, info, 32) }
}

/** The hashes of the first recovery keys, for a wallet to know. */
export function recoveryHashesOf(recoverySeed: Uint8Array, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, number) =>
    keyHash(publicKeyOf(recoveryKeyOf(recoverySeed, number)))
  )
}

/** The recovery key that a device's record lists; undefined when none of the first ones is there. */
export function findRecoveryKey(
  recoverySeed: Uint8Array,
  { rotationKeyHashes }: OwnershipRecord,
  count: number
): PrivateKey | undefined {
  for (let number = 0; number < count; number++) {
    const key = recoveryKeyOf(recoverySeed, number)
    const hash = keyHash(publicKeyOf(key))
    if (rotationKeyHashes.some((listed) => equalBytes(listed, hash))) return key
  }
  return undefined
}

/** A signer whose key is at hand. It signs whatever re-keys or ends a device. */
export function localRotationSigner(key: PrivateKey, networkTag: Uint8Array): RotationSigner {
  return {
    publicKey: publicKeyOf(key),
    sign: async (signedBody) => signAsRotationKey(key, networkTag, signedBody)
  }
}

/** A rotation key's signature; undefined for a body that rotation keys do not sign. */
export function signAsRotationKey(
  key: PrivateKey,
  networkTag: Uint8Array,
  signedBody: Uint8Array
): CoseSignature | undefined {
  const body = readBody(signedBody)
  if (body === undefined || !('revealed' in body)) return undefined
  const { number: kind } = kindByName(body.kind)
  return signBody(key, signedBody, { networkTag, kind, role: 'rotation' })
}

/** Which of the keys that are there are shown: those in force, no more than are asked for. */
export function planReveal(
  { rotationKeyHashes, rotationThreshold, exposedMask }: OwnershipRecord,
  signers: readonly RotationSigner[]
): Verdict<'ROTATION_KEYS_TOO_FEW', RevealPlan> {
  const shown = rotationKeyHashes.flatMap((hash, index) => {
    const isExposed = (exposedMask & (1 << index)) !== 0
    const signer = signers.find(({ publicKey }) => equalBytes(keyHash(publicKey), hash))
    return isExposed || signer === undefined ? [] : [{ index, signer }]
  })
  if (shown.length < rotationThreshold) return reject('ROTATION_KEYS_TOO_FEW')
  const used = shown.slice(0, rotationThreshold)
  return acceptAs({
    revealed: used.map(({ index, signer }) => ({ index, key: signer.publicKey })),
    signers: used.map(({ signer }) => signer)
  })
}

/**
 * The re-keying part of a rotate or recover. Keys that were not shown stay, but those of the device,
 * which it replaces, and those that were exposed.
 */
export function planRekeying(
  place: { readonly ownership: OwnershipRecord; readonly incarnation: number },
  signers: readonly RotationSigner[],
  fresh: FreshKeys
): Verdict<
  RotationFault,
  { readonly part: Rekeying; readonly signers: readonly RotationSigner[] }
> {
  const { ownership, incarnation } = place
  const plan = planReveal(ownership, signers)
  if (!plan.ok) return plan
  const { revealed } = plan.value
  const oldDeviceKeys = [ownership.deviceRotationKeyHash, fresh.oldDeviceRotationKeyHash]
  const isOfDevice = (hash: Uint8Array): boolean =>
    oldDeviceKeys.some((old) => old !== null && equalBytes(old, hash))
  const isRevealed = (index: number): boolean => revealed.some((one) => one.index === index)
  const kept = ownership.rotationKeyHashes.filter(
    (hash, index) =>
      !isRevealed(index) && !isOfDevice(hash) && (ownership.exposedMask & (1 << index)) === 0
  )
  const isOwnerShown = revealed.some(({ key }) => !isOfDevice(keyHash(key)))
  const free = isOwnerShown || kept.length === 0 ? fresh.freeRecoveryHash : undefined
  const added = [fresh.deviceRotationKeyHash, ...(free === undefined ? [] : [free])]
  const newRotationKeyHashes = [...kept, ...added].sort(compareBytes)
  if (newRotationKeyHashes.length > ROTATION_KEYS_MAX) return reject('ROTATION_KEYS_TOO_MANY')
  const part = {
    newIncarnation: incarnation + 1,
    newSigningKeyHash: fresh.newSigningKeyHash,
    newRotationKeyHashes,
    newRotationThreshold: Math.min(ownership.rotationThreshold, newRotationKeyHashes.length),
    newEncryptionKey: fresh.newEncryptionKey,
    revealed
  }
  return acceptAs({ part, signers: plan.value.signers })
}

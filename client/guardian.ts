/**
 * Guardians: friends who help when a wallet is lost or stolen, hidden behind one root.
 *
 * Each makes a key of its own and tells its hash. The owner gives back a share: where in the tree
 * that hash stands. A share holds no secret, so neither does the owner's wallet.
 *
 * @see ../protocol/SPEC.md §5.9 Acts of others
 * @module
 */

import {
  bytes,
  type CoseSignature,
  createListTree,
  decodeCbor,
  encodeCbor,
  encodeGuardianAct,
  equalBytes,
  GUARDIAN_ACT_KIND,
  GUARDIAN_ACTS,
  GUARDIANS_MAX,
  type Guardians,
  invariant,
  isInList,
  keyHash,
  list,
  listLeafHash,
  type PrivateKey,
  publicKeyOf,
  type ShownGuardian,
  tuple,
  uint
} from '../protocol/index.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

/** What one guardian is given: the terms, and its place. */
export interface GuardianShare {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  readonly guardians: Guardians
  readonly index: number
  readonly path: readonly Uint8Array[]
}

/** What guardians do, and for which device. */
export interface GuardianOrder {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** One more than in the device's record. */
  readonly guardianSequence: number
  readonly act: keyof typeof GUARDIAN_ACTS
  /** The hash of the new owner's key, for `replaceOwner` alone. */
  readonly ownerKeyHash: Uint8Array | null
}

/** An act of guardians that each of them has yet to sign. */
export interface GuardianDraft {
  readonly networkTag: Uint8Array
  readonly signedBody: Uint8Array
  /** Their keys, in the order in which the signatures stand. */
  readonly signers: readonly Uint8Array[]
}

const SHARE_FORMAT = 1
const PATH_MAX = 4
const shareFields = tuple(
  uint(SHARE_FORMAT, SHARE_FORMAT),
  bytes(32),
  bytes(32),
  tuple(bytes(32), uint(GUARDIANS_MAX, 1), uint(GUARDIANS_MAX, 1), uint()),
  uint(GUARDIANS_MAX - 1),
  list(bytes(32), PATH_MAX)
)

/**
 * The tree over the hashes of guardians' keys, with the share of each in the order given.
 *
 * @param keyHashes - distinct
 */
export function createGuardians(
  place: { readonly networkTag: Uint8Array; readonly deviceId: Uint8Array },
  keyHashes: readonly Uint8Array[],
  terms: { readonly threshold: number; readonly delayMs: number }
): { readonly guardians: Guardians; readonly shares: readonly GuardianShare[] } {
  const count = keyHashes.length
  invariant(count >= 1 && count <= GUARDIANS_MAX, 'there are one to sixteen guardians')
  invariant(terms.threshold >= 1 && terms.threshold <= count, 'guardians can meet their threshold')
  const tree = createListTree(keyHashes.map(listLeafHash))
  const guardians = { root: tree.root, count, ...terms }
  const shares = keyHashes.map((_, index) => ({
    ...place,
    guardians,
    index,
    path: tree.path(index)
  }))
  return { guardians, shares }
}

/** A share as a file: `[1, networkTag, deviceId, [root, threshold, count, delayMs], index, path]`. */
export function encodeGuardianShare(share: GuardianShare): Uint8Array {
  const { networkTag, deviceId, guardians, index, path } = share
  const { root, threshold, count, delayMs } = guardians
  return encodeCbor([
    SHARE_FORMAT,
    networkTag,
    deviceId,
    [root, threshold, count, delayMs],
    index,
    path
  ])
}

/**
 * Reads a share.
 *
 * @param encoded - untrusted
 */
export function decodeGuardianShare(encoded: Uint8Array): GuardianShare | undefined {
  const value = decodeCbor(encoded)
  const read = value === undefined ? undefined : shareFields(value)
  if (read === undefined) return undefined
  const [, networkTag, deviceId, [root, threshold, count, delayMs], index, path] = read
  const guardians = { root, threshold, count, delayMs }
  return { networkTag, deviceId, guardians, index, path }
}

/** Whether a key is the one that a share gives a place. */
export function isKeyOfShare(publicKey: Uint8Array, share: GuardianShare): boolean {
  const { index, path, guardians } = share
  const place = { index, count: guardians.count, path }
  return isInList(keyHash(publicKey), place, guardians.root)
}

/** The body of an act, which names everybody who is going to sign it. */
export function draftGuardianAct(
  order: GuardianOrder,
  guardians: readonly { readonly share: GuardianShare; readonly publicKey: Uint8Array }[]
): GuardianDraft {
  const { networkTag, deviceId, guardianSequence, act, ownerKeyHash } = order
  invariant((act === 'replaceOwner') === (ownerKeyHash !== null), 'a new owner has a key')
  const shown = guardians
    .map(({ share, publicKey }): ShownGuardian => {
      const isPlaced = equalBytes(share.deviceId, deviceId) && isKeyOfShare(publicKey, share)
      invariant(isPlaced, 'a guardian signs with the key of its share')
      return { index: share.index, key: publicKey, path: share.path }
    })
    .sort((a, b) => a.index - b.index)
  const signedBody = encodeGuardianAct({
    deviceId,
    guardianSequence,
    act: GUARDIAN_ACTS[act],
    argument: ownerKeyHash,
    guardians: shown
  })
  return { networkTag, signedBody, signers: shown.map(({ key }) => key) }
}

/** One guardian's signature beneath a draft. */
export function signGuardianAct(key: PrivateKey, draft: GuardianDraft): CoseSignature {
  const { networkTag, signedBody } = draft
  return signBody(key, signedBody, { networkTag, kind: GUARDIAN_ACT_KIND, role: 'guardian' })
}

/**
 * Joins a draft and its signatures.
 *
 * @param signed - by whom, with which key; every signer of the draft once
 * @param presence - the device's, where an owner is replaced
 */
export function finishGuardianAct(
  draft: GuardianDraft,
  signed: readonly { readonly publicKey: Uint8Array; readonly signature: CoseSignature }[],
  presence: CoseSignature | null
): SignedTransaction {
  const signatures = draft.signers.map((key) => {
    const found = signed.find(({ publicKey }) => equalBytes(publicKey, key))
    invariant(found !== undefined, 'every guardian that the body names has signed')
    return found.signature
  })
  const all = presence === null ? signatures : [...signatures, presence]
  return joinTransaction(draft.networkTag, draft.signedBody, all)
}

/** The key hash by which a guardian is named to an owner. */
export function guardianHashOf(key: PrivateKey): Uint8Array {
  return keyHash(publicKeyOf(key))
}

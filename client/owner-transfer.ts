/**
 * Hand-over: the key that a buyer gives to the seller, and the acceptance that it signs.
 *
 * @see ../protocol/SPEC.md §5.9 Acts of others
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  ascii,
  type CoseSignature,
  compareBytes,
  concatBytes,
  encodeTransferAccept,
  equalBytes,
  type Guardians,
  invariant,
  keyHash,
  type OwnershipRecord,
  type PrivateKey,
  publicKeyOf,
  TRANSFER_ACCEPT_KIND,
  uint64
} from '../protocol/index.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

/** What a device brings when it changes hands: public halves of keys that it has made and stored. */
export interface ComingKeys {
  readonly signingKeyHash: Uint8Array
  readonly rotationKeyHash: Uint8Array
  readonly encryptionKey: Uint8Array
}

/** What an acceptance is made from. */
export interface AcceptOptions {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** As it was proved, with the open offer. */
  readonly ownership: OwnershipRecord
  readonly coming: ComingKeys
  readonly guardians: Guardians | null
  readonly walletSeed: Uint8Array
  readonly ownerKeyHash: Uint8Array
  readonly recoveryKeyHash: Uint8Array | null
}

/** An acceptance signed by the buyer, which still lacks the device's presence. */
export interface AcceptDraft {
  readonly networkTag: Uint8Array
  readonly signedBody: Uint8Array
  readonly buyerSignature: CoseSignature
}

const BUYER_TAG = ascii('tm/buy/1')
const NO_SALT = new Uint8Array(0)
/** Acts of the seller between the buyer's invitation and the acceptance that are looked past. */
const SEARCH_MAX = 4_096

/**
 * The key to which a seller makes an offer: HKDF-SHA-256 of the wallet seed, info `"tm/buy/1" ‖
 * deviceId ‖ ownerSequence` as it was when the buyer gave it. So it needs no storing, and a device
 * that is bought twice shows two keys.
 */
export function buyerKeyOf(
  walletSeed: Uint8Array,
  deviceId: Uint8Array,
  ownerSequence: number
): PrivateKey {
  invariant(walletSeed.length === 32, 'a wallet seed has 32 bytes')
  const info = concatBytes(BUYER_TAG, deviceId, uint64(ownerSequence))
  return { algorithm: 'Ed25519', bytes: hkdf(sha256, walletSeed, NO_SALT, info, 32) }
}

/** The key of this wallet to which the open offer is made; undefined when it is made to another. */
function findBuyerKey(
  walletSeed: Uint8Array,
  deviceId: Uint8Array,
  { openOffer, ownerSequence }: OwnershipRecord
): PrivateKey | undefined {
  if (openOffer === null) return undefined
  const lowest = Math.max(0, ownerSequence - SEARCH_MAX)
  for (let number = ownerSequence; number >= lowest; number--) {
    const key = buyerKeyOf(walletSeed, deviceId, number)
    if (equalBytes(keyHash(publicKeyOf(key)), openOffer.buyerKeyHash)) return key
  }
  return undefined
}

/** Drafts an acceptance; undefined when no offer is open to this wallet. */
export function draftAccept(options: AcceptOptions): AcceptDraft | undefined {
  const { networkTag, deviceId, ownership, coming, walletSeed, recoveryKeyHash } = options
  const { openOffer } = ownership
  const buyerKey = findBuyerKey(walletSeed, deviceId, ownership)
  if (openOffer === null || buyerKey === undefined) return undefined
  const listed = [coming.rotationKeyHash, ...(recoveryKeyHash === null ? [] : [recoveryKeyHash])]
  const signedBody = encodeTransferAccept({
    deviceId,
    offerId: openOffer.offerId,
    buyerKey: publicKeyOf(buyerKey),
    ownerKeyHash: options.ownerKeyHash,
    signingKeyHash: coming.signingKeyHash,
    rotationKeyHashes: listed.sort(compareBytes),
    rotationThreshold: 1,
    encryptionKey: coming.encryptionKey,
    deviceRotationKeyHash: coming.rotationKeyHash,
    guardians: options.guardians
  })
  const place = { networkTag, kind: TRANSFER_ACCEPT_KIND, role: 'buyer' } as const
  return { networkTag, signedBody, buyerSignature: signBody(buyerKey, signedBody, place) }
}

/** Joins a draft and the presence signature that the device gave for its body. */
export function finishAccept(
  { networkTag, signedBody, buyerSignature }: AcceptDraft,
  presence: CoseSignature
): SignedTransaction {
  return joinTransaction(networkTag, signedBody, [buyerSignature, presence])
}

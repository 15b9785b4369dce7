/**
 * What an owner signs about sealed data: grants, and the controllers that may command.
 *
 * Whoever keeps the owner's keys fills one port, {@link SignOwnerAct}: it gives the prefix of the
 * act (sequence, revealed key, next commitment), and signs the body that is made of it.
 *
 * @module
 */

import {
  acceptAs,
  CONTROLLERS_SET_KIND,
  type ControllerTerm,
  compareBytes,
  encodeControllersSet,
  encodeGrant,
  GRANT_KIND,
  keyHash,
  type OwnerPrefix,
  publicKeyOf,
  type Verdict
} from '../protocol/index.ts'
import { ownerKeyOf } from './owner.ts'
import type { RandomBytes } from './random.ts'
import { draftGrant, type GrantedDevice, type GrantFault, type ReaderTerm } from './sealed-grant.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

/** An act that waits for its prefix. */
export interface OwnerActDraft {
  readonly deviceId: Uint8Array
  readonly kind: number
  readonly encodeBody: (prefix: OwnerPrefix) => Uint8Array
}

/** Signs an act of a device's owner under the key whose turn it is, once. */
export type SignOwnerAct = (draft: OwnerActDraft) => Promise<SignedTransaction>

/**
 * Signs acts under the keys of a wallet seed, the first of them as the ledger's record has it.
 *
 * It keeps nothing: two signers of one seed would show one key for two acts. Whoever stores the
 * sequence before a signature leaves is a wallet; this is for tools that make one act and wait for it.
 *
 * @param ownerSequence - of the last act, from the proved ownership record
 */
export function createSeedSigner(
  owner: { readonly networkTag: Uint8Array; readonly walletSeed: Uint8Array },
  ownerSequence: number
): SignOwnerAct {
  const { networkTag, walletSeed } = owner
  let last = ownerSequence
  return async ({ deviceId, kind, encodeBody }) => {
    last += 1
    const key = ownerKeyOf(walletSeed, deviceId, last)
    const body = encodeBody({
      deviceId,
      ownerSequence: last,
      ownerKey: publicKeyOf(key),
      nextOwnerKeyHash: keyHash(publicKeyOf(ownerKeyOf(walletSeed, deviceId, last + 1)))
    })
    const signature = signBody(key, body, { networkTag, kind, role: 'owner' })
    return joinTransaction(networkTag, body, [signature])
  }
}

/** Draws a new data key for a device and exactly these readers. */
export async function signGrant(
  device: GrantedDevice,
  terms: readonly ReaderTerm[],
  ports: { readonly sign: SignOwnerAct; readonly randomBytes: RandomBytes }
): Promise<Verdict<GrantFault, SignedTransaction>> {
  const drafted = await draftGrant(device, terms, ports.randomBytes)
  if (!drafted.ok) return drafted
  const encodeBody = (prefix: OwnerPrefix): Uint8Array =>
    encodeGrant({ ...prefix, ...drafted.value })
  return acceptAs(await ports.sign({ deviceId: device.deviceId, kind: GRANT_KIND, encodeBody }))
}

/** Lets exactly these keys command a device. */
export function signControllersSet(
  deviceId: Uint8Array,
  terms: readonly ControllerTerm[],
  sign: SignOwnerAct
): Promise<SignedTransaction> {
  const controllers = [...terms].sort((left, right) =>
    compareBytes(left.controllerKey, right.controllerKey)
  )
  const encodeBody = (prefix: OwnerPrefix): Uint8Array =>
    encodeControllersSet({ ...prefix, controllers })
  return sign({ deviceId, kind: CONTROLLERS_SET_KIND, encodeBody })
}

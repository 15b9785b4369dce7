/**
 * What an owner signs about sealed data: grants, and the controllers that may command.
 *
 * Whoever keeps the owner's keys fills one port, {@link SignOwnerAct}: it gives the prefix of the
 * act (sequence, revealed key, next commitment), and signs the body that is made of both.
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
import {
  draftGrant,
  type GrantedDevice,
  type GrantFault,
  type GrantTerms,
  type ReaderTerm
} from './sealed-grant.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

/** What an owner orders about sealed data, the prefix of the act aside. */
export type SharingOrder =
  | ({ readonly kind: 'grant' } & GrantTerms)
  | { readonly kind: 'controllers-set'; readonly controllers: readonly ControllerTerm[] }

/** Signs an act of a device's owner under the key whose turn it is, once. */
export type SignOwnerAct = (deviceId: Uint8Array, order: SharingOrder) => Promise<SignedTransaction>

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
  return async (deviceId, order) => {
    last += 1
    const key = ownerKeyOf(walletSeed, deviceId, last)
    const next = ownerKeyOf(walletSeed, deviceId, last + 1)
    const { kind, body } = encodeOrder(order, {
      deviceId,
      ownerSequence: last,
      ownerKey: publicKeyOf(key),
      nextOwnerKeyHash: keyHash(publicKeyOf(next))
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
  return acceptAs(await ports.sign(device.deviceId, { kind: 'grant', ...drafted.value }))
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
  return sign(deviceId, { kind: 'controllers-set', controllers })
}

function encodeOrder(
  order: SharingOrder,
  prefix: OwnerPrefix
): { readonly kind: number; readonly body: Uint8Array } {
  return order.kind === 'grant'
    ? { kind: GRANT_KIND, body: encodeGrant({ ...order, ...prefix }) }
    : { kind: CONTROLLERS_SET_KIND, body: encodeControllersSet({ ...order, ...prefix }) }
}

/**
 * Vendors: what a maker signs with its keys.
 *
 * @see ../protocol/SPEC.md §5.2 Makers
 * @module
 */

import {
  BIRTH_BATCH_KIND,
  type BirthBatch,
  CLASS_DEFINE_KIND,
  type ClassDefine,
  encodeBirthBatch,
  encodeClassDefine,
  encodeVendorSet,
  invariant,
  type PrivateKey,
  publicKeyOf,
  VENDOR_SET_KIND,
  type VendorPrefix,
  type VendorSet,
  vendorIdOf
} from '../protocol/index.ts'
import { joinTransaction, type SignedTransaction, signBody } from './signed-transaction.ts'

/** A maker as it signs: its keys in their order on the ledger, some perhaps held elsewhere. */
export interface Vendor {
  readonly vendorId: Uint8Array
  readonly threshold: number
  /** All public keys, in their order on the ledger. */
  readonly publicKeys: readonly Uint8Array[]
  /** The keys that sign, by their index in `publicKeys`, ascending. */
  readonly signingKeys: readonly (readonly [index: number, key: PrivateKey])[]
}

/** A maker's act but for what the vendor fills in itself. */
export type VendorAct<Act extends VendorPrefix> = Omit<Act, 'kind' | 'vendorId' | 'signers'>

/** A maker that starts with these keys and signs with as many as its threshold asks for. */
export function createVendor(keys: readonly PrivateKey[], threshold: number): Vendor {
  invariant(threshold >= 1 && threshold <= keys.length, 'a threshold is met by the keys there are')
  const publicKeys = keys.map(publicKeyOf)
  return {
    vendorId: vendorIdOf(publicKeys, threshold),
    threshold,
    publicKeys,
    signingKeys: [...keys.entries()].slice(0, threshold)
  }
}

/** Shows the vendor's keys. Must be applied before any other act of the vendor. */
export function signVendorSet(
  networkTag: Uint8Array,
  vendor: Vendor,
  act: Omit<VendorAct<VendorSet>, 'keys' | 'threshold'>
): SignedTransaction {
  const body = encodeVendorSet({
    ...act,
    ...prefixOf(vendor),
    keys: vendor.publicKeys,
    threshold: vendor.threshold
  })
  return signAct(networkTag, vendor, { body, kind: VENDOR_SET_KIND })
}

/** Describes the next version of a device class. */
export function signClassDefine(
  networkTag: Uint8Array,
  vendor: Vendor,
  act: VendorAct<ClassDefine>
): SignedTransaction {
  const body = encodeClassDefine({ ...act, ...prefixOf(vendor) })
  return signAct(networkTag, vendor, { body, kind: CLASS_DEFINE_KIND })
}

/** Commits to a set of births; the id of the transaction is the id of the birth batch. */
export function signBirthBatch(
  networkTag: Uint8Array,
  vendor: Vendor,
  act: VendorAct<BirthBatch>
): SignedTransaction {
  const body = encodeBirthBatch({ ...act, ...prefixOf(vendor) })
  return signAct(networkTag, vendor, { body, kind: BIRTH_BATCH_KIND })
}

function prefixOf(vendor: Vendor): Pick<VendorPrefix, 'vendorId' | 'signers'> {
  return { vendorId: vendor.vendorId, signers: vendor.signingKeys.map(([index]) => index) }
}

function signAct(
  networkTag: Uint8Array,
  vendor: Vendor,
  { body, kind }: { readonly body: Uint8Array; readonly kind: number }
): SignedTransaction {
  const signatures = vendor.signingKeys.map(([, key]) =>
    signBody(key, body, { networkTag, kind, role: 'vendor' })
  )
  return joinTransaction(networkTag, body, signatures)
}

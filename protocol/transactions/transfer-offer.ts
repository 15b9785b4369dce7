/**
 * transfer-offer: an owner offers a device to whoever holds one key, until a moment.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** A transfer-offer, field by field; its transaction id is the offer's. */
export interface TransferOffer extends OwnerPrefix {
  readonly kind: 'transfer-offer'
  readonly buyerKeyHash: Uint8Array
  /** Commitment to what the two agreed on; the ledger knows nothing else of it. */
  readonly termsHash: Uint8Array
  readonly notAfterMs: number
}

/** The wire number of the kind. */
export const TRANSFER_OFFER_KIND = 14

const fields = tuple(...ownerPrefixShapes(TRANSFER_OFFER_KIND), bytes(32), bytes(32), uint())

/** Reads the body of a transfer-offer. */
export const readTransferOffer: Shape<TransferOffer> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, , , , , buyerKeyHash, termsHash, notAfterMs] = read
  return { kind: 'transfer-offer', ...ownerPrefixOf(read), buyerKeyHash, termsHash, notAfterMs }
}

/** The body of a transfer-offer, ready to be signed. */
export function encodeTransferOffer(act: Omit<TransferOffer, 'kind'>): Uint8Array {
  return encodeCbor([
    ...ownerPrefixToFields(TRANSFER_OFFER_KIND, act),
    act.buyerKeyHash,
    act.termsHash,
    act.notAfterMs
  ])
}

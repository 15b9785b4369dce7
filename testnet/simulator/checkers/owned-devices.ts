/**
 * Owned devices: whose each one is, followed along the ledger by acts alone.
 *
 * T4 of the catalogue of transactions: an owner's key makes room only for the one that it committed to,
 * or for a buyer's whom the one open offer named and beside whom the device was.
 *
 * @module
 */

import {
  type Body,
  deviceIdOf,
  keyHash,
  type Outcome,
  type OwnershipRecord,
  type TransferAccept,
  toHex
} from '../../../protocol/index.ts'

/** Whose a device is, as its acts say. */
export interface Owned {
  readonly ownerSequence: number
  readonly ownerKeyHash: string
  readonly ownerHeadId: string
  readonly offer: {
    readonly id: string
    readonly buyer: string
    readonly notAfterMs: number
  } | null
}

/** One thing that counts on the ledger. */
export interface Act {
  readonly id: string
  readonly body: Body
  readonly outcome: Outcome
  readonly timeMs: number
}

/** Follows all devices. */
export class OwnedDevices {
  readonly #devices = new Map<string, Owned>()

  /** Whose a device is. */
  of(device: string): Owned | undefined {
    return this.#devices.get(device)
  }

  /** Takes in an act; a sentence about what is wrong with it, if anything. */
  note(act: Act): string | undefined {
    const { body, id } = act
    if (body.kind === 'claim') {
      const device = toHex(deviceIdOf(body.inceptionBytes))
      const isFirst = !this.#devices.has(device)
      const ownerKeyHash = toHex(body.ownerKeyHash)
      this.#devices.set(device, { ownerSequence: 0, ownerKeyHash, ownerHeadId: id, offer: null })
      return isFirst ? undefined : 'a device is claimed twice'
    }
    if (body.kind === 'owner-fork') return undefined
    if (!('deviceId' in body)) return undefined
    const device = toHex(body.deviceId)
    const before = this.#devices.get(device)
    if (before === undefined) return undefined
    if (body.kind === 'transfer-accept') return this.#handOver(device, before, act, body)
    return 'ownerKey' in body ? this.#reveal(device, before, act) : undefined
  }

  /** Two acts of one reveal were shown: no offer stays open. */
  closeOffer(device: string): void {
    const before = this.#devices.get(device)
    if (before !== undefined) this.#devices.set(device, { ...before, offer: null })
  }

  #reveal(device: string, before: Owned, { id, body, outcome, timeMs }: Act): string | undefined {
    if (!('ownerKey' in body)) return undefined
    const { ownerSequence } = body
    const isOpen = before.offer !== null && timeMs < before.offer.notAfterMs
    const isApplied = outcome.outcome === 'applied'
    this.#devices.set(device, {
      ownerSequence,
      ownerKeyHash: toHex(body.nextOwnerKeyHash),
      ownerHeadId: id,
      offer: isApplied ? offerAfter(before.offer, body, id) : before.offer
    })
    if (ownerSequence !== before.ownerSequence + 1)
      return `an owner acts ${ownerSequence} after ${before.ownerSequence}`
    if (toHex(keyHash(body.ownerKey)) !== before.ownerKeyHash)
      return `an owner acts ${ownerSequence} under a key that was not committed`
    const isTwice = body.kind === 'transfer-offer' && isApplied && isOpen
    return isTwice ? `act ${ownerSequence} offers what is offered already` : undefined
  }

  #handOver(device: string, before: Owned, act: Act, body: TransferAccept): string | undefined {
    const { offer } = before
    this.#devices.set(device, {
      ownerSequence: before.ownerSequence + 1,
      ownerKeyHash: toHex(body.ownerKeyHash),
      ownerHeadId: act.id,
      offer: null
    })
    const isOffered =
      offer !== null &&
      offer.id === toHex(body.offerId) &&
      offer.buyer === toHex(keyHash(body.buyerKey)) &&
      act.timeMs < offer.notAfterMs
    return isOffered ? undefined : 'a device changes hands that was not offered to its buyer'
  }
}

/** Where a node's record says otherwise; undefined where it does not. */
export function differenceOf(owned: Owned, record: OwnershipRecord): string | undefined {
  if (record.ownerSequence !== owned.ownerSequence)
    return `owner sequence ${record.ownerSequence}, not ${owned.ownerSequence}`
  if (toHex(record.ownerKeyHash) !== owned.ownerKeyHash) return 'another owner key'
  return toHex(record.ownerHeadId) === owned.ownerHeadId ? undefined : 'another last act'
}

function offerAfter(before: Owned['offer'], body: Body, id: string): Owned['offer'] {
  if (body.kind === 'transfer-offer')
    return { id, buyer: toHex(body.buyerKeyHash), notAfterMs: body.notAfterMs }
  return body.kind === 'transfer-cancel' || body.kind === 'lost' ? null : before
}

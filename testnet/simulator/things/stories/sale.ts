/**
 * Sales: a seller who sells twice, before the first sale is through and after it.
 *
 * @module
 */

import type { PrivateKey } from '../../../../protocol/index.ts'
import type { Holder } from '../holder.ts'
import type { Household } from '../household.ts'
import type { StoryActs } from './story-acts.ts'

const OFFER_MS = 600_000
const TERMS = new Uint8Array(32)
/** What a seller who has sold tries again. */
const TRIES_MAX = 3

interface Market {
  readonly buyer: Holder
  /** Whoever is promised what was promised to another. */
  readonly other: Holder
  /** The seller's wallet as it was before it sold. */
  readonly before: Holder
  readonly rotationKey: PrivateKey
  isSold: boolean
  tries: number
}

/** A device is sold twice; by two copies of the seller's wallet at once, if so wished. */
export function sale(isForked: boolean): StoryActs {
  let market: Market | undefined
  return {
    isAlone: true,
    after: async (home) => {
      if (home.isCalm) await home.putRight()
      if (market === undefined) market = await open(home, isForked)
      else if (!market.isSold) await close(home, market)
      else await sellAgain(home, market)
    }
  }
}

/** The seller offers the device to one, and at once to another. */
async function open(home: Household, isForked: boolean): Promise<Market | undefined> {
  const { owner, standing, ports } = home
  if (!home.isIll || standing === undefined || owner.openCount > 0 || !owner.mayAct)
    return undefined
  const [buyer, other] = [home.holder('buyer'), home.holder('other')]
  await buyer.begin()
  await other.begin()
  const before = home.holder('seller-again', owner.seed, false)
  await before.beginAsCopy(owner)
  const market = { buyer, other, before, rotationKey: home.drawKey(), isSold: false, tries: 0 }
  await offer(home, owner, buyer)
  if (isForked) await offer(home, before, other)
  else await offer(home, owner, other)
  ports.mark(isForked ? 'things:offered-by-two' : 'things:offered-twice')
  return market
}

async function offer(home: Household, seller: Holder, buyer: Holder): Promise<void> {
  const { standing, thing } = home
  if (standing === undefined || !seller.mayAct) return
  const { ownerSequence } = standing.ownership
  const buyerKeyHash = buyer.wallet.buyerKeyHash(thing.deviceId, ownerSequence)
  const notAfterMs = standing.timeMs + OFFER_MS
  await seller.order({ kind: 'transfer-offer', buyerKeyHash, termsHash: TERMS, notAfterMs })
}

/** Both buyers accept, the second one an offer that was not made to it. */
async function close(home: Household, market: Market): Promise<void> {
  const { buyer, other, rotationKey } = market
  const { standing, thing, ports } = home
  if (standing === undefined) return
  const { ownership } = standing
  await pretend(home, market)
  for (const one of [buyer, other]) {
    if (ownership.openOffer !== null && one.openCount === 0)
      await one.accept(thing, ownership, rotationKey)
    await one.turn(standing)
  }
  const owner = [buyer, other].find(({ mayAct }) => mayAct)
  if (owner === undefined) return
  home.owner = owner
  home.rotationKeys.push(rotationKey)
  market.isSold = true
  ports.mark('things:sold')
}

/** Whoever was promised the same accepts an offer as it would have been. */
async function pretend({ standing, thing }: Household, market: Market): Promise<void> {
  const { other, rotationKey } = market
  const openOffer = standing?.ownership.openOffer ?? null
  if (standing === undefined || openOffer === null || other.openCount > 0) return
  const { ownership } = standing
  const { ownerSequence } = ownership
  const buyerKeyHash = other.wallet.buyerKeyHash(thing.deviceId, ownerSequence)
  const forged = { ...ownership, openOffer: { ...openOffer, buyerKeyHash } }
  await other.accept(thing, forged, rotationKey)
}

/** The seller sells once more what is not its own, by its wallet as it was. */
async function sellAgain(home: Household, market: Market): Promise<void> {
  const { before, other } = market
  if (market.tries++ >= TRIES_MAX) return
  await offer(home, before, other)
  await before.turn(undefined)
  await other.turn(undefined)
  home.ports.mark('things:sold-again')
}

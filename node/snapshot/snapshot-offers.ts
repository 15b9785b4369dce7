/**
 * Snapshot offers: what peers say they have, in the order in which it is worth trying.
 *
 * @module
 */

import { type Electorate, toHex } from '../../protocol/index.ts'
import { membersFirst } from '../sync/believable-height.ts'
import { decodeOffers, encodeFetchRequest, type SnapshotOffer } from '../sync/sync-message.ts'

/** A snapshot and who offers it. */
export interface Candidate extends SnapshotOffer {
  readonly idHex: string
  /** Members first: they have a name to lose. */
  readonly peers: readonly string[]
}

/** Whom to ask, and how. */
export interface AskOffersPorts {
  readonly electorate: () => Electorate
  readonly peers: () => readonly string[]
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
}

/** Peers asked at once. */
const ASKED_MAX = 16
/** Candidates looked at: a liar's offers alone must not drive out the honest ones. */
const CANDIDATES_MAX = 64

/**
 * Asks all peers what they offer.
 *
 * What a member offers comes before what only others do, and then the higher before the lower.
 */
export async function askOffers({
  electorate,
  peers,
  ask
}: AskOffersPorts): Promise<readonly Candidate[]> {
  const asked = membersFirst(peers(), electorate()).slice(0, ASKED_MAX)
  const request = encodeFetchRequest({ kind: 'snapshots' })
  const answers = await Promise.all(
    asked.map(async (peer) => {
      const answer = await ask(peer, request)
      return { peer, offers: answer === undefined ? [] : (decodeOffers(answer) ?? []) }
    })
  )
  const found = new Map<string, { offer: SnapshotOffer; peers: string[] }>()
  for (const { peer, offers } of answers)
    for (const offer of offers) {
      // Who claims another height for the same id offers another thing.
      const name = `${offer.height} ${toHex(offer.id)}`
      const known = found.get(name)
      if (known === undefined) found.set(name, { offer, peers: [peer] })
      else if (!known.peers.includes(peer)) known.peers.push(peer)
    }
  const isOfMember = ({ peers: offering }: Candidate): number =>
    offering.some((peer) => electorate().indexOf.has(peer)) ? 1 : 0
  return [...found.values()]
    .map(({ offer, peers: offering }) => ({ ...offer, idHex: toHex(offer.id), peers: offering }))
    .toSorted((a, b) => isOfMember(b) - isOfMember(a) || b.height - a.height)
    .slice(0, CANDIDATES_MAX)
}

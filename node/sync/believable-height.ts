/**
 * The believable height: how high the ledger is, by the word of peers of whom some may lie.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { type Electorate, faultWeightOf, type MemberIndex } from '../../protocol/index.ts'

/** A peer and the height that it claims. */
export type HeightClaim = readonly [peer: string, height: number]

/**
 * The greatest height that members of more than the fault weight claim: one of them is honest.
 *
 * When fewer have answered it is the lowest of their claims. The word of a peer that is no member
 * counts for nothing: identities are free.
 *
 * @returns 0 when no member claims anything
 */
export function believableHeight(claims: Iterable<HeightClaim>, electorate: Electorate): number {
  const faultWeight = faultWeightOf(electorate)
  const ofMembers = [...claims]
    .flatMap(([peer, height]) => {
      const index = electorate.indexOf.get(peer)
      return index === undefined ? [] : [{ height, weight: weightOf(electorate, index) }]
    })
    .sort((a, b) => b.height - a.height)
  let weight = 0
  for (const claim of ofMembers) {
    weight += claim.weight
    if (weight > faultWeight) return claim.height
  }
  return ofMembers.at(-1)?.height ?? 0
}

/** The order in which peers are asked and followed: members first, for they have a name to lose. */
export function membersFirst(peers: readonly string[], electorate: Electorate): readonly string[] {
  const isMember = (peer: string): boolean => electorate.indexOf.has(peer)
  return [...peers.filter(isMember), ...peers.filter((peer) => !isMember(peer))]
}

function weightOf({ seats }: Electorate, index: MemberIndex): number {
  return seats[index]?.weight ?? 0
}

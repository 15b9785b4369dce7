/**
 * Leaders: whose turn a view is.
 *
 * Members stand in an order that nobody chooses, the hash of the electorate and
 * their id, and take turns by smooth weighted round-robin: in every W turns each
 * leads as often as it has weight, spread as evenly as can be.
 *
 * @see SPEC.md §7.2 Leaders
 * @module
 */

import { sha256 } from '#crypto'
import { compareBytes, concatBytes } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import type { MemberIndex, View } from '../types.ts'
import type { Electorate } from './electorate.ts'

/** The leaders of W consecutive views; the turns repeat. */
export function leaderOrder(electorate: Electorate): readonly MemberIndex[] {
  const candidates = electorate.seats
    .map(({ memberId, weight }, index) => ({
      index: index as MemberIndex,
      weight,
      rank: sha256(concatBytes(electorate.hash, memberId)),
      credit: 0
    }))
    .sort((a, b) => compareBytes(a.rank, b.rank))
  const order: MemberIndex[] = []
  for (let turn = 0; turn < electorate.totalWeight; turn++) {
    for (const candidate of candidates) candidate.credit += candidate.weight
    const [first, ...others] = candidates
    invariant(first !== undefined, 'an electorate has members')
    const leader = others.reduce((best, one) => (one.credit > best.credit ? one : best), first)
    leader.credit -= electorate.totalWeight
    order.push(leader.index)
  }
  return order
}

/** The leader of a view, given the order of its epoch. */
export function leaderOf(order: readonly MemberIndex[], view: View): MemberIndex {
  invariant(view >= 1, 'view 0 has no leader: it is the block that the epoch stands on')
  return order[(view - 1) % order.length] as MemberIndex
}

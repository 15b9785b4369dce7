/**
 * What a faulty member knows: its own core, its own words, and whose turn it is.
 *
 * @module
 */

import {
  type BlockId,
  type CoreState,
  decodeMemberMessage,
  faultWeightOf,
  type MemberIndex,
  type MemberMessage,
  toHex,
  type View
} from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { Hands } from './vice.ts'

/** The memory of the member's own core. */
export function coreOf(hands: Hands): Readonly<CoreState> {
  return hands.replica().driver.core
}

/** Reads a message of the member's own. */
export function readOwn({ index }: Hands, message: Uint8Array): MemberMessage | undefined {
  return decodeMemberMessage(message, index as MemberIndex)
}

/** Whether a view is the member's own turn. */
function isOwnTurn(hands: Hands, view: View): boolean {
  const { leaders } = coreOf(hands)
  return leaders[(view - 1) % leaders.length] === hands.index
}

/** The first of its own turns from a view on. */
export function nextOwnTurn(hands: Hands, from: View): View {
  let view = from
  // One without a seat has no turn at all.
  if (hands.electorate.seats[hands.index] === undefined) return view
  while (!isOwnTurn(hands, view)) view = (view + 1) as View
  return view
}

/** Some others in any order, just heavier than the fault weight: one of them is surely honest. */
export function fewOthers({ electorate, others, dice }: Hands): ReadonlySet<string> {
  const few = new Set<string>()
  let weight = 0
  for (const key of dice.shuffled(others)) {
    if (weight > faultWeightOf(electorate)) break
    few.add(key)
    weight += electorate.seats[electorate.indexOf.get(key) as MemberIndex]?.weight ?? 0
  }
  return few
}

/** Some of the others, neither all nor none, unless there is only one. */
export function someOthers({ others, dice }: Hands): ReadonlySet<string> {
  const count = Math.min(others.length, dice.between(1, Math.max(1, others.length - 1)))
  return new Set(dice.shuffled(others).slice(0, count))
}

/** Bytes that mean nothing. */
export function junk(dice: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => dice.below(256))
}

/** The id of a block that nobody ever made. */
export function inventedBlockId(dice: Dice): BlockId {
  return toHex(junk(dice, 32)) as BlockId
}

/** A copy with one bit the other way round. */
export function flipped(dice: Dice, bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes)
  const at = dice.below(copy.length)
  copy[at] = (copy[at] as number) ^ (1 << dice.below(8))
  return copy
}

/** Puts a key into a map of which only the newest entries stay. */
export function remember<Key, Value>(
  map: Map<Key, Value>,
  [key, value]: readonly [Key, Value],
  max: number
): void {
  map.set(key, value)
  for (const eldest of map.keys()) {
    if (map.size <= max) break
    map.delete(eldest)
  }
}

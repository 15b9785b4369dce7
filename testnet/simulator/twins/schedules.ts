/**
 * Schedules for twins: all of them for a small network, samples for a larger one.
 *
 * @module
 */

import type { MemberIndex } from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { TwinScenario } from './twin-world.ts'

const MEMBERS = 4
const ROUNDS = 4
/** Five instances in two sides, of which the first instance names one: 2^4 partitions. */
const PARTITIONS = 16

/** How many scenarios of four members and four rounds there are: each member twinned in turn. */
export const EXHAUSTIVE_COUNT: number = MEMBERS * PARTITIONS ** ROUNDS

/** One of the scenarios of four members, by its number. */
export function exhaustiveScenario(number: number): TwinScenario {
  let rest = number
  const take = (bound: number): number => {
    const taken = rest % bound
    rest = Math.floor(rest / bound)
    return taken
  }
  const twinned = [take(MEMBERS) as MemberIndex]
  const sides = Array.from({ length: ROUNDS }, () => {
    const partition = take(PARTITIONS)
    return [0, 1, 2, 3, 4].map((place) => (place === 0 ? 0 : (partition >> (place - 1)) & 1))
  })
  return { members: MEMBERS, twinned, sides }
}

/** A scenario of seven members with two of them twinned, for eight rounds in up to three sides. */
export function sampledScenario(dice: Dice): TwinScenario {
  const seats = [0, 1, 2, 3, 4, 5, 6] as MemberIndex[]
  const twinned = dice.shuffled(seats).slice(0, 2)
  const sides = Array.from({ length: 8 }, () => {
    const count = dice.between(1, 3)
    return Array.from({ length: 9 }, () => dice.below(count))
  })
  return { members: 7, twinned, sides }
}

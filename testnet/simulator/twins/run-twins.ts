/**
 * Running twins: ranges of scenarios, so that several processes can share them.
 *
 * @module
 */

import { Dice } from '../virtual/dice.ts'
import { exhaustiveScenario, sampledScenario } from './schedules.ts'
import { type TwinScenario, TwinWorld } from './twin-world.ts'

/** Which scenarios to run. */
export interface TwinRange {
  /** All of four members, or samples of seven. */
  readonly kind: 'exhaustive' | 'sampled'
  /** Every n-th scenario is taken; 1 for all. */
  readonly stride: number
  readonly from: number
  /** One past the last. */
  readonly to: number
}

/** A scenario that went wrong. */
export interface TwinFailure {
  readonly number: number
  readonly scenario: TwinScenario
  readonly wrongs: readonly string[]
}

/** How a range went. */
export interface TwinReport {
  readonly count: number
  /** The first few that went wrong. */
  readonly failures: readonly TwinFailure[]
  readonly failed: number
}

const END_MS = 120_000
const REPORTED_MAX = 10

/** Runs a range: safety in every event, and progress once the partitions are over. */
export function runTwins({ kind, stride, from, to }: TwinRange): TwinReport {
  const failures: TwinFailure[] = []
  let failed = 0
  for (let place = from; place < to; place++) {
    const number = place * stride
    const scenario =
      kind === 'exhaustive'
        ? exhaustiveScenario(number)
        : sampledScenario(new Dice(number, 'twins'))
    const world = new TwinWorld(scenario)
    const isDone = world.run(END_MS)
    const wrongs = isDone ? world.wrongs : [...world.wrongs, 'no progress after the partitions']
    if (wrongs.length === 0) continue
    failed++
    if (failures.length < REPORTED_MAX) failures.push({ number, scenario, wrongs })
  }
  return { count: to - from, failures, failed }
}

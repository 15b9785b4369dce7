/**
 * S1, place and time: a device speaks through members that are too far apart for its speed, again and
 * again, or from where it must not.
 *
 * The member of the batch tells the place, and only roughly: a device may choose a
 * far node when the near one is silent, and come back. So one leap there and back
 * is nothing, and place alone is never more than doubtful.
 *
 * @module
 */

import type { Profile } from '../../../protocol/index.ts'
import type { LastWord } from './device-facts.ts'
import { metresBetween } from './region-places.ts'
import type { SuspicionRule } from './suspicion-rule.ts'

/** Leaps in one window that a change of nodes does not explain. */
const LEAPS_MIN = 3
/** Messages from a region that the profile does not name. */
const STRANGE_MIN = 1
/** How far a device may be from the place that its member's region stands for. */
const REGION_METRES = 500_000

/** Whether a device cannot have travelled from one message to the next; of unknown places nothing is said. */
export function isLeap(
  from: LastWord,
  to: Pick<LastWord, 'region' | 'timeMs'>,
  { speedMaxMetresPerSecond }: Pick<Profile, 'speedMaxMetresPerSecond'>
): boolean {
  const metres = metresBetween(from.region, to.region)
  if (metres === undefined) return false
  const seconds = Math.max(0, to.timeMs - from.timeMs) / 1_000
  return metres > 2 * REGION_METRES + speedMaxMetresPerSecond * seconds
}

/** The rule. */
export const placeAndTime: SuspicionRule = {
  number: 1,
  name: 'place-and-time',
  judge: ({ present: { leaps, strangeRegions } }) => {
    if (leaps < LEAPS_MIN && strangeRegions < STRANGE_MIN) return null
    return { severity: 1, detail: [leaps, strangeRegions] }
  }
}

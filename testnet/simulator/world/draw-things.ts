/**
 * Drawing the devices of a run: an honest one always, and beside it those whom somebody means ill.
 *
 * It has dice of its own: the rest of a plan is what it would be without.
 *
 * @module
 */

import { RATCHET_NEVER } from '../../../protocol/index.ts'
import { Dice } from '../virtual/dice.ts'
import type { Story, StoryName, ThingsPlan } from './plan.ts'

/** Every story. */
export const STORY_NAMES: [StoryName, ...StoryName[]] = [
  'honest',
  'key-thief',
  'clone-first',
  'clone-late',
  'clone-jumps',
  'double-sale',
  'forked-sale',
  'double-restore'
]

/** Stories in which somebody means ill. */
const ILL: readonly StoryName[] = STORY_NAMES.filter((name) => name !== 'honest')
/** When the device is claimed and has spoken, in the mean. */
const FIRST_ILL_MS = 15_000

/** Draws the devices of a seed. */
export function drawThings(
  seed: number,
  { healMs, endMs }: { readonly healMs: number; readonly endMs: number }
): ThingsPlan {
  const dice = new Dice(seed, 'things')
  const names: StoryName[] = ['honest', dice.pick(ILL)]
  const latestMs = Math.max(FIRST_ILL_MS + 1, Math.floor((healMs + endMs) / 4))
  const stories = names.map(
    (name, number): Story => ({
      name,
      number,
      stopsOnFork: dice.happens(600),
      ratchetEvery: dice.pick([1, 1, 3, RATCHET_NEVER]),
      illMs: dice.between(FIRST_ILL_MS, latestMs)
    })
  )
  return { beatMs: dice.pick([5_000, 7_000, 9_000]), stories }
}

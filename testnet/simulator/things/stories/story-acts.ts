/**
 * What the people of a story do in each turn.
 *
 * @module
 */

import type { Household } from '../household.ts'

/** One story, told turn by turn. */
export interface StoryActs {
  /** Whether nobody but thing and owner has their keys: then whoever convicts them is wrong. */
  readonly isAlone: boolean
  /** Before the thing speaks. */
  readonly before?: (home: Household) => Promise<void>
  /** After it. */
  readonly after?: (home: Household) => Promise<void>
}

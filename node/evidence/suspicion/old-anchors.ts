/**
 * S7, old anchors: a device names blocks as its last that lie before those it named already, or says
 * again what it said so long ago that no proof is left.
 *
 * @module
 */

import type { LastWord } from './device-facts.ts'
import type { SuspicionRule } from './suspicion-rule.ts'

/** Messages with such an anchor in one window: a node that is behind explains one or two. */
const STALE_MIN = 3
/** Blocks that a device may fall back when it asks another node for its anchor. */
const BACK_BLOCKS = 64

/** Whether an anchor lies clearly before that of the message before, in the same incarnation. */
export function isStale(before: LastWord, anchorHeight: number): boolean {
  // Height 0 is what a device names that trusts no node's word.
  return anchorHeight !== 0 && anchorHeight + BACK_BLOCKS < before.anchorHeight
}

/** The rule. */
export const oldAnchors: SuspicionRule = {
  number: 7,
  name: 'old-anchors',
  judge: ({ present: { staleAnchors, oldStrays } }) => {
    if (oldStrays > 0) return { severity: 2, detail: [staleAnchors, oldStrays] }
    return staleAnchors >= STALE_MIN ? { severity: 1, detail: [staleAnchors, 0] } : null
  }
}

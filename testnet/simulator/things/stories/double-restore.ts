/**
 * A wallet that is restored twice: two telephones act for one device, and neither knows of the other.
 *
 * @module
 */

import type { Holder } from '../holder.ts'
import type { Household } from '../household.ts'
import { setProfile } from './honest.ts'
import type { StoryActs } from './story-acts.ts'

const ACTS_MAX = 4
/** Turns between two acts: what contradicts the last act is proved as long as no other follows. */
const TURNS_BETWEEN = 3

/** The story. */
export function doubleRestore(): StoryActs {
  let copies: readonly Holder[] | undefined
  let acts = 0
  let turns = 0
  return {
    isAlone: true,
    after: async (home) => {
      const { standing, ports } = home
      if (standing === undefined || !home.isIll || !home.isSpeaking) return
      copies ??= await restore(home)
      for (const copy of copies) await copy.turn(standing)
      if (turns++ % TURNS_BETWEEN !== 1) return
      const able = copies.filter(({ mayAct }) => mayAct)
      if (able.length === 0 || acts++ >= ACTS_MAX) return
      if (able.length === copies.length) ports.mark('things:two-wallets-act')
      for (const [place, copy] of able.entries())
        await setProfile(copy, standing, { ratchetEvery: 1 + place })
    }
  }
}

/** One from words, one from a file. */
async function restore(home: Household): Promise<readonly Holder[]> {
  const { owner, standing } = home
  const words = home.holder('from-words', owner.seed)
  await words.begin()
  if (standing !== undefined) await words.adopt(standing)
  const file = home.holder('from-file', owner.seed)
  await file.beginAsImport(owner)
  home.ports.mark('things:restored-twice')
  return [words, file]
}

/**
 * The mute: says nothing, or nothing to some, or nothing for a while.
 *
 * @module
 */

import { someOthers } from './own-view.ts'
import type { Hands, Vice } from './vice.ts'

const SPELL_MIN_MS = 2_000
const SPELL_MAX_MS = 12_000

/** Whether nothing is said to a member at a time. */
type Silence = (to: string, timeMs: number) => boolean

/** A fresh one. */
export function createMute(): Vice {
  let silence: Silence | undefined
  return {
    name: 'mute',
    send: (hands, { to, message }) => {
      silence ??= chooseSilence(hands)
      if (!silence(to, hands.timeMs())) return [message]
      hands.mark('silence')
      return []
    }
  }
}

function chooseSilence(hands: Hands): Silence {
  const { dice } = hands
  const deaf = someOthers(hands)
  const spellMs = dice.between(SPELL_MIN_MS, SPELL_MAX_MS)
  return dice.pick<Silence>([
    () => true,
    (to) => deaf.has(to),
    (_, timeMs) => Math.floor(timeMs / spellMs) % 2 === 0
  ])
}

/**
 * The selective sender: its proposals and votes reach just so many that one of them is honest.
 *
 * @module
 */

import { fewOthers, readOwn } from './own-view.ts'
import type { Vice } from './vice.ts'

/** The chosen change after so many messages: some of it fits no view's bounds. */
const CHOSEN_FOR_MESSAGES = 200

/** A fresh one. */
export function createSelectiveSender(): Vice {
  let chosen: ReadonlySet<string> = new Set()
  let messages = 0
  return {
    name: 'selective-sender',
    send: (hands, { protocol, to, message }) => {
      if (messages++ % CHOSEN_FOR_MESSAGES === 0) chosen = fewOthers(hands)
      if (protocol !== 'votes' || chosen.has(to)) return [message]
      const kind = readOwn(hands, message)?.kind
      if (kind !== 'vote' && kind !== 'proposal') return [message]
      hands.mark(kind)
      return []
    }
  }
}

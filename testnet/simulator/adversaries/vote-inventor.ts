/**
 * The inventor of votes: tells whoever starts of a vote that it gave, and does not remember.
 *
 * Who believed it would take its own vote log for stale, and never vote again.
 *
 * @module
 */

import { encodeStatusMessage, type View } from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { readOwn } from './own-view.ts'
import type { Hands, SentMessage, Vice } from './vice.ts'

/** How far above what was seen the invented vote lies. */
const AHEAD_VIEWS = 50

/** A fresh one. */
export function createVoteInventor(): Vice {
  return { name: 'vote-inventor', send: invent }
}

function invent(hands: Hands, { message }: SentMessage): Outgoing {
  const read = readOwn(hands, message)
  if (read?.kind !== 'status') return [message]
  hands.mark('forgotten-vote')
  const { status } = read
  const highestVoteOfYours = ((status.highestVoteOfYours ?? status.view) + AHEAD_VIEWS) as View
  return [encodeStatusMessage({ ...status, highestVoteOfYours })]
}

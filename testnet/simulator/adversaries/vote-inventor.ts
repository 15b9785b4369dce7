/**
 * The inventor of votes: tells whoever starts of a vote that it gave and does not remember, or of a
 * second process with its key.
 *
 * Who believed either would take its own key for burnt, and never vote again.
 *
 * @module
 */

import {
  encodeStatusMessage,
  type MemberIndex,
  type SignedVote,
  type View,
  type Vote
} from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { coreOf, inventedBlockId, junk, readOwn } from './own-view.ts'
import type { Hands, SentMessage, Vice } from './vice.ts'

/** How far above what was seen the invented vote lies. */
const AHEAD_VIEWS = 50
const SIGNATURE_BYTES = 64
const TWIN_PERMILLE = 300

/** A fresh one. */
export function createVoteInventor(): Vice {
  return { name: 'vote-inventor', send: invent }
}

function invent(hands: Hands, { to, message }: SentMessage): Outgoing {
  const read = readOwn(hands, message)
  if (read?.kind !== 'status') return [message]
  const { status } = read
  const hasTwin = status.hasTwin || hands.dice.happens(TWIN_PERMILLE)
  hands.mark(hasTwin ? 'invented-twin' : 'invented-vote')
  const seen = status.latestVoteOfYours?.vote.view ?? status.view
  const latestVoteOfYours = inventVote(hands, to, (seen + AHEAD_VIEWS) as View)
  return [encodeStatusMessage({ ...status, latestVoteOfYours, hasTwin })]
}

/** A vote under the name of another, with a signature that is not its own, or not of this vote. */
function inventVote(hands: Hands, of: string, view: View): SignedVote {
  const { dice } = hands
  const { electorate, latestVoteSeen, finalView } = coreOf(hands)
  const signer = electorate.indexOf.get(of) as MemberIndex
  const subject = { parentView: finalView, blockId: inventedBlockId(dice) }
  const vote: Vote = { kind: 'notarise', epoch: electorate.epoch, view, subject }
  const signatures = [
    junk(dice, SIGNATURE_BYTES),
    hands.signVote(vote).signature,
    latestVoteSeen.get(signer)?.signature ?? new Uint8Array(SIGNATURE_BYTES)
  ]
  return { vote, signer, signature: dice.pick(signatures) }
}

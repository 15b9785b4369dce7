/**
 * The double voter: beside each vote it says another one that no honest member could say.
 *
 * Some hear its own vote, others the contrary, and some of them both.
 *
 * @module
 */

import { encodeVoteMessage, type SignedVote, type Vote } from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { coreOf, inventedBlockId, readOwn, remember, someOthers } from './own-view.ts'
import type { Hands, SentMessage, Vice } from './vice.ts'

/** Who hears what of one vote. */
interface DoubleTalk {
  readonly contrary: Uint8Array
  readonly deceived: ReadonlySet<string>
  /** Whether the deceived hear the vote itself too. */
  readonly isOpen: boolean
}

const VOTES_MAX = 128
const OPEN_PERMILLE = 400

/** A fresh one. */
export function createDoubleVoter(): Vice {
  const said = new Map<string, DoubleTalk>()
  return {
    name: 'double-voter',
    send: (hands, sent) => speak(hands, sent, said)
  }
}

function speak(
  hands: Hands,
  { protocol, to, message }: SentMessage,
  said: Map<string, DoubleTalk>
): Outgoing {
  const own = protocol === 'votes' ? ownVote(hands, message) : undefined
  if (own === undefined) return [message]
  const { kind, view } = own.vote
  const name = `${view}/${kind}`
  let talk = said.get(name)
  if (talk === undefined) {
    talk = {
      contrary: encodeVoteMessage(hands.signVote(contraryOf(hands, own.vote))),
      deceived: someOthers(hands),
      isOpen: hands.dice.happens(OPEN_PERMILLE)
    }
    remember(said, [name, talk], VOTES_MAX)
  }
  if (!talk.deceived.has(to)) return [message]
  hands.mark(kind)
  return talk.isOpen ? [message, talk.contrary] : [talk.contrary]
}

function ownVote(hands: Hands, message: Uint8Array): SignedVote | undefined {
  const read = readOwn(hands, message)
  if (read?.kind === 'proposal') return read.proposal.vote
  return read?.kind === 'vote' ? read.vote : undefined
}

/** Another subject in the same view, or NULLIFY beside FINALISE and FINALISE beside NULLIFY. */
function contraryOf(hands: Hands, vote: Vote): Vote {
  const { dice } = hands
  const core = coreOf(hands)
  const proposed = core.views.get(vote.view)?.proposed?.subject
  if (vote.kind === 'nullify')
    return {
      ...vote,
      kind: 'finalise',
      subject: proposed ?? { parentView: core.finalView, blockId: inventedBlockId(dice) }
    }
  if (vote.kind === 'finalise' && dice.happens(500))
    return { ...vote, kind: 'nullify', subject: null }
  const parentView = vote.subject?.parentView ?? core.finalView
  return { ...vote, subject: { parentView, blockId: inventedBlockId(dice) } }
}

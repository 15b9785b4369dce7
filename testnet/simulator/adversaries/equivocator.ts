/**
 * The equivocator: as a leader it makes two blocks for one view, both valid, and votes for both.
 *
 * Some are offered the one, the rest the other, and at times somebody sees both.
 *
 * @module
 */

import {
  encodeProposalMessage,
  type MemberMessage,
  toHex,
  type View
} from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { readOwn, remember, someOthers } from './own-view.ts'
import type { Hands, Vice } from './vice.ts'

/** What one view's two blocks are, and who is offered the second. */
interface Duplicity {
  readonly betrayed: ReadonlySet<string>
  /** Whether the betrayed are offered both. */
  readonly isOpen: boolean
  /** The second proposal, once it is made. */
  second: Uint8Array | null
}

type ProposalMessage = Extract<MemberMessage, { kind: 'proposal' }>

const VIEWS_MAX = 64
const LATER_MAX_MS = 200
const OPEN_PERMILLE = 300
const EMPTY_PERMILLE = 300

/** A fresh one. */
export function createEquivocator(): Vice {
  const views = new Map<View, Duplicity>()
  return {
    name: 'equivocator',
    send: (hands, { to, message }): Outgoing => {
      const read = readOwn(hands, message)
      if (read?.kind !== 'proposal') return [message]
      const { view } = read.proposal.block.header
      let duplicity = views.get(view)
      if (duplicity === undefined) {
        const { dice } = hands
        duplicity = {
          betrayed: someOthers(hands),
          isOpen: dice.happens(OPEN_PERMILLE),
          second: null
        }
        remember(views, [view, duplicity], VIEWS_MAX)
        void offerSecond(hands, read, duplicity)
      }
      const { betrayed, isOpen, second } = duplicity
      if (!betrayed.has(to)) return [message]
      return [...(isOpen ? [message] : []), ...(second === null ? [] : [second])]
    }
  }
}

/** Builds another valid block for the view, signs it like the first, and offers it. */
async function offerSecond(
  hands: Hands,
  { proposal, batches }: ProposalMessage,
  duplicity: Duplicity
): Promise<void> {
  const { block, justification } = proposal
  const { header } = block
  const isEmpty = hands.dice.happens(EMPTY_PERMILLE)
  const rival = await hands.replica().keeper.build({
    epoch: header.epoch,
    view: header.view,
    parentView: header.parentView,
    parentId: toHex(header.parentId) as typeof block.id,
    batches: isEmpty ? [] : block.batches,
    timeMs: header.timeMs + hands.dice.between(1, LATER_MAX_MS)
  })
  // The parent may have been committed over in the meantime.
  if (rival === null) return
  const subject = { parentView: header.parentView, blockId: rival.id }
  const vote = hands.signVote({ ...proposal.vote.vote, subject })
  duplicity.second = encodeProposalMessage(
    { block: rival, vote, justification },
    isEmpty ? [] : batches
  )
  hands.mark(isEmpty ? 'empty-rival' : 'later-rival')
  for (const to of duplicity.betrayed) hands.push('votes', to, duplicity.second)
}

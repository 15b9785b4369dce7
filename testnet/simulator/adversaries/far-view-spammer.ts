/**
 * The spammer of far views: votes, certificates, proposals and statuses of views that nobody will reach.
 *
 * @module
 */

import {
  batchListRoot,
  createBlock,
  encodeProposalMessage,
  encodeStatusMessage,
  encodeVoteMessage,
  type Height,
  type View,
  type VoteKind
} from '../../../protocol/index.ts'
import { coreOf, inventedBlockId, junk, nextOwnTurn } from './own-view.ts'
import { bitmapOf, rawCertificateMessage } from './raw-message.ts'
import type { Hands, Vice } from './vice.ts'

const PAUSE_MS = 500
const VOTES_AT_ONCE = 6
/** How far ahead: within the bounds of records, at them, beyond, and at the end of the numbers. */
const DISTANCES = [2, 3, 60, 4_000, 4_097, 1_000_000, 2 ** 40] as const
const FARTHEST = Number.MAX_SAFE_INTEGER
const KINDS: readonly VoteKind[] = ['notarise', 'nullify', 'finalise']
/** Proposals are kept up to this many views ahead. */
const PROPOSAL_VIEWS = 60

/** A fresh one. */
export function createFarViewSpammer(): Vice {
  return {
    name: 'far-view-spammer',
    start: (hands) => hands.every(PAUSE_MS, () => spam(hands))
  }
}

function spam(hands: Hands): void {
  const { dice, others } = hands
  const to = dice.pick(others)
  for (let count = 0; count < VOTES_AT_ONCE; count++) {
    const vote = farVote(hands)
    const { signature } = hands.signVote(vote)
    hands.push('votes', to, encodeVoteMessage(hands.signVote(vote)))
    const members = hands.electorate.seats.map((_, member) => member)
    if (count === 0)
      hands.push(
        'votes',
        to,
        rawCertificateMessage({
          vote,
          bitmap: bitmapOf(members),
          signatures: members.map(() => signature)
        })
      )
  }
  hands.mark('votes')
  if (dice.happens(300)) sendFarStatus(hands, to)
  if (dice.happens(300)) sendFarProposal(hands)
}

function farView({ dice }: Hands, from: View): View {
  return (dice.happens(100) ? FARTHEST - dice.below(2) : from + dice.pick(DISTANCES)) as View
}

function farVote(hands: Hands): Parameters<Hands['signVote']>[0] {
  const { dice } = hands
  const { view, finalView, electorate } = coreOf(hands)
  const kind = dice.pick(KINDS)
  const subject = { parentView: finalView, blockId: inventedBlockId(dice) }
  return {
    kind,
    epoch: electorate.epoch,
    view: farView(hands, view),
    subject: kind === 'nullify' ? null : subject
  }
}

function sendFarStatus(hands: Hands, to: string): void {
  const { view, electorate } = coreOf(hands)
  hands.mark('status')
  hands.push(
    'votes',
    to,
    encodeStatusMessage({
      epoch: electorate.epoch,
      view: farView(hands, view),
      finalView: farView(hands, view),
      height: FARTHEST,
      pendingBatches: FARTHEST,
      latestVoteOfYours: null,
      instance: coreOf(hands).instance,
      hasTwin: false,
      isQuestion: hands.dice.happens(500)
    })
  )
}

/** A block for one of its own turns to come, at a height that no chain reaches, on a parent that nobody made. */
function sendFarProposal(hands: Hands): void {
  const { dice, founding, others } = hands
  const { networkTag } = founding
  const { electorate } = hands
  const now = coreOf(hands).view
  const view = nextOwnTurn(hands, (now + dice.between(2, PROPOSAL_VIEWS)) as View)
  const parentView = (view - 1) as View
  const block = createBlock(
    {
      format: 1,
      networkTag,
      epoch: electorate.epoch,
      view,
      parentId: junk(dice, 32),
      parentView,
      height: (FARTHEST - dice.below(1_000)) as Height,
      timeMs: hands.timeMs(),
      batchListRoot: batchListRoot([]),
      stateRoot: junk(dice, 32),
      receiptsRoot: junk(dice, 32),
      transactionCount: 0,
      electorateHash: electorate.hash,
      seal: null
    },
    []
  )
  const subject = { parentView, blockId: block.id }
  const vote = hands.signVote({ kind: 'notarise', epoch: electorate.epoch, view, subject })
  const message = encodeProposalMessage({ block, vote, justification: [] }, [])
  hands.mark('proposal')
  for (const to of others) hands.push('votes', to, message)
}

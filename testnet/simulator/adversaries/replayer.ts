/**
 * The replayer: says again, much later, what it heard and said, and votes of other epochs and networks.
 *
 * @module
 */

import {
  type Electorate,
  type Epoch,
  encodeVoteMessage,
  type SignedVote,
  type Vote
} from '../../../protocol/index.ts'
import { coreOf, flipped, inventedBlockId, readOwn } from './own-view.ts'
import type { Hands, HeardMessage, Vice } from './vice.ts'

/** A message of the past. */
interface Past extends Pick<HeardMessage, 'protocol' | 'message'> {
  readonly atMs: number
}

const PAST_MAX = 512
const OLD_MS = 4_000
const PAUSE_MS = 200
/** Of so many messages one is kept: the past shall reach back far. */
const KEPT_PERMILLE = 250

/** A fresh one. */
export function createReplayer(): Vice {
  const past: Past[] = []
  const keep = (hands: Hands, { protocol, message }: Omit<Past, 'atMs'>): void => {
    if (!hands.dice.happens(KEPT_PERMILLE)) return
    const one = { protocol, message, atMs: hands.timeMs() }
    if (past.length < PAST_MAX) past.push(one)
    else past[hands.dice.below(PAST_MAX)] = one
  }
  return {
    name: 'replayer',
    send: (hands, sent) => {
      keep(hands, sent)
      return [sent.message]
    },
    hear: (hands, heard) => {
      keep(hands, heard)
      return true
    },
    start: (hands) => hands.every(PAUSE_MS, () => sayAgain(hands, past))
  }
}

function sayAgain(hands: Hands, past: readonly Past[]): void {
  const { dice, others } = hands
  const old = past.filter(({ atMs }) => atMs <= hands.timeMs() - OLD_MS)
  if (old.length > 0) {
    const { protocol, message } = dice.pick(old)
    hands.push(protocol, dice.pick(others), message)
    hands.mark('old-message')
    const read = readOwn(hands, message)
    if (read?.kind === 'vote') sayElsewhere(hands, read.vote.vote)
  }
  sayElsewhere(hands, presentVote(hands))
}

/** A vote as it would count in another epoch or on another network. */
function sayElsewhere(hands: Hands, vote: Vote): void {
  const { dice, founding, others } = hands
  const { networkTag } = founding
  const { electorate } = hands
  const epoch = (electorate.epoch === 0 ? 1 : electorate.epoch - 1) as Epoch
  const elsewhere: Electorate = { ...electorate, epoch }
  const isEpoch = dice.happens(500)
  const signed: SignedVote = isEpoch
    ? hands.signVote({ ...vote, epoch }, { electorate: elsewhere })
    : hands.signVote(
        { ...vote, epoch: electorate.epoch },
        { networkTag: flipped(dice, networkTag) }
      )
  hands.push('votes', dice.pick(others), encodeVoteMessage(signed))
  hands.mark(isEpoch ? 'other-epoch' : 'other-network')
}

function presentVote(hands: Hands): Vote {
  const { view, finalView, electorate, views } = coreOf(hands)
  const { dice } = hands
  const subject = views.get(view)?.proposed?.subject ?? {
    parentView: finalView,
    blockId: inventedBlockId(dice)
  }
  return { kind: 'notarise', epoch: electorate.epoch, view, subject }
}

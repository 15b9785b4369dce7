/**
 * The amnesiac: forgets at each start what it signed, and votes at once for whatever it hears of.
 *
 * @module
 */

import {
  decodeMemberMessage,
  encodeVoteMessage,
  type MemberIndex,
  type MemberMessage,
  type Vote
} from '../../../protocol/index.ts'
import { coreOf, remember } from './own-view.ts'
import type { Hands, HeardMessage, Vice } from './vice.ts'

const SAID_MAX = 256

/** A fresh one. */
export function createAmnesiac(): Vice {
  const said = new Map<string, true>()
  return {
    name: 'amnesiac',
    isAmnesiac: true,
    start: () => said.clear(),
    hear: (hands, heard) => {
      for (const vote of votesFor(hands, heard)) echo(hands, vote, said)
      return true
    }
  }
}

/** NOTARISE for what is proposed or voted for, FINALISE for what was notarised or finalised. */
function votesFor(hands: Hands, { protocol, from, message }: HeardMessage): readonly Vote[] {
  const member = hands.electorate.indexOf.get(from)
  if (protocol !== 'votes' || member === undefined) return []
  const vote = voteIn(decodeMemberMessage(message, member as MemberIndex))
  if (vote === undefined || vote.view <= coreOf(hands).finalView) return []
  return vote.kind === 'nullify'
    ? [vote]
    : [
        { ...vote, kind: 'notarise' },
        { ...vote, kind: 'finalise' }
      ]
}

function voteIn(read: MemberMessage | undefined): Vote | undefined {
  if (read?.kind === 'proposal') return read.proposal.vote.vote
  if (read?.kind === 'certificate') return read.certificate.vote
  return read?.kind === 'vote' ? read.vote.vote : undefined
}

function echo(hands: Hands, vote: Vote, said: Map<string, true>): void {
  const name = `${vote.kind}/${vote.view}/${vote.subject?.parentView}/${vote.subject?.blockId}`
  if (said.has(name) || vote.epoch !== hands.electorate.epoch) return
  remember(said, [name, true], SAID_MAX)
  hands.mark(vote.kind)
  const message = encodeVoteMessage(hands.signVote(vote))
  for (const to of hands.others) hands.push('votes', to, message)
}

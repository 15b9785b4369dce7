/**
 * The false accuser: wants honest members to be taken for guilty, without a key of theirs.
 *
 * It says their votes as if they were its own, shows conflicting votes under
 * their names, proposes in their place, and spoils their batches on the way.
 *
 * @module
 */

import {
  decodeMemberMessage,
  encodeCbor,
  encodeVoteMessage,
  type MemberIndex,
  type SignedVote,
  type Vote
} from '../../../protocol/index.ts'
import { coreOf, flipped, inventedBlockId, junk, remember } from './own-view.ts'
import { bitmapOf, rawCertificateMessage, rawProposalMessage } from './raw-message.ts'
import type { Hands, HeardMessage, Vice } from './vice.ts'

/** An accusation that somebody may be made to believe. */
type Accusation = (hands: Hands, heard: SignedVote) => void

const PAUSE_MS = 300
const HEARD_MAX = 64
const SPOIL_PERMILLE = 300
const SIGNATURE_BYTES = 64

const ACCUSATIONS: Readonly<Record<string, Accusation>> = {
  'stolen-vote': (hands, heard) =>
    hands.push('votes', hands.dice.pick(hands.others), encodeVoteMessage(heard)),
  conflict: (hands, heard) => {
    const { index, dice } = hands
    const vote = contraryOf(hands, heard.vote)
    const signature = dice.happens(500) ? heard.signature : junk(dice, SIGNATURE_BYTES)
    const own = hands.signVote(vote).signature
    const { seats } = hands.electorate
    const message = rawCertificateMessage({
      vote,
      bitmap: bitmapOf(seats.map((_, member) => member)),
      signatures: seats.map((_, member) => (member === index ? own : signature))
    })
    hands.push('votes', dice.pick(hands.others), message)
  },
  'foreign-proposal': (hands, heard) => {
    const { dice } = hands
    const block = [...coreOf(hands).blocks.values()].at(-1)?.block
    const vote = { vote: heard.vote, signer: heard.signer, signature: heard.signature }
    if (block !== undefined)
      hands.push('votes', dice.pick(hands.others), rawProposalMessage({ block, vote }, [], []))
  },
  evidence: (hands, heard) => {
    const { dice } = hands
    const second = { ...heard, vote: contraryOf(hands, heard.vote) }
    const spoilt = { ...second, signature: flipped(dice, heard.signature) }
    hands.publish('evidence', encodeCbor([heard, spoilt].map(encodeVoteMessage)))
  }
}

const ACCUSATION_NAMES = Object.keys(ACCUSATIONS)

/** A fresh one. */
export function createFalseAccuser(): Vice {
  const heardVotes = new Map<string, SignedVote>()
  return {
    name: 'false-accuser',
    hear: (hands, heard) => {
      if (heard.protocol === 'batches') spoilBatch(hands, heard)
      else keepVote(hands, heard, heardVotes)
      return true
    },
    start: (hands) => hands.every(PAUSE_MS, () => accuse(hands, [...heardVotes.values()]))
  }
}

function accuse(hands: Hands, heard: readonly SignedVote[]): void {
  if (heard.length === 0) return
  const name = hands.dice.pick(ACCUSATION_NAMES)
  hands.mark(name)
  ;(ACCUSATIONS[name] as Accusation)(hands, hands.dice.pick(heard))
}

/** A batch of somebody else's, passed on with a wrong bit in what its author did not sign by itself. */
function spoilBatch(hands: Hands, { from, message }: HeardMessage): void {
  const { dice, others } = hands
  if (!dice.happens(SPOIL_PERMILLE)) return
  hands.mark('spoilt-batch')
  const spoilt = new Uint8Array(message)
  const last = spoilt.length - 1
  spoilt[last] = (spoilt[last] as number) ^ 1
  for (const to of others) if (to !== from) hands.push('batches', to, spoilt)
}

function keepVote(
  hands: Hands,
  { from, message }: HeardMessage,
  votes: Map<string, SignedVote>
): void {
  const member = hands.electorate.indexOf.get(from)
  const read =
    member === undefined ? undefined : decodeMemberMessage(message, member as MemberIndex)
  const signed = read?.kind === 'proposal' ? read.proposal.vote : undefined
  const vote = read?.kind === 'vote' ? read.vote : signed
  // One of another epoch, which a replayer says, would accuse nobody.
  if (vote === undefined || vote.vote.epoch !== hands.electorate.epoch) return
  remember(votes, [`${from}/${vote.vote.view}/${vote.vote.kind}`, vote], HEARD_MAX)
}

function contraryOf(hands: Hands, vote: Vote): Vote {
  if (vote.kind === 'finalise') return { ...vote, kind: 'nullify', subject: null }
  const parentView = vote.subject?.parentView ?? coreOf(hands).finalView
  const subject = { parentView, blockId: inventedBlockId(hands.dice) }
  return { ...vote, kind: vote.kind === 'nullify' ? 'finalise' : 'notarise', subject }
}

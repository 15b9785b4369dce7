/**
 * What members of a governed ledger sign against the rules, and accusations of it.
 *
 * @module
 */

import { encodeVoteMessage } from '../consensus/message.ts'
import type { SignedVote, VoteKind } from '../consensus/vote.ts'
import { toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { electorateOfEpoch } from '../ledger/governance/electorate-in-force.ts'
import { MEMBER_OFFENCES } from '../transactions/member-evidence.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { BlockId, Epoch, View } from '../types.ts'
import { idOf, signVote } from './governance-keys.ts'
import type { GovernanceWorld } from './governance-world.ts'

/** What somebody signs. */
export interface WorldVote {
  readonly kind: VoteKind
  readonly view: number
  /** The block is the hash of this byte; a nullification has none. */
  readonly block?: number
  readonly parentView?: number
  /** By default the one in force. */
  readonly epoch?: number
}

/** Signs a vote as a member of its epoch. */
export function voteOf(world: GovernanceWorld, who: number, said: WorldVote): SignedVote {
  const epoch = said.epoch ?? world.version.electorate.epoch
  const electorate = electorateOfEpoch(world.state, epoch)
  const signer = electorate?.indexOf.get(toHex(idOf(who)))
  invariant(electorate !== undefined && signer !== undefined, 'the signer had a seat then')
  const blockId = toHex(new Uint8Array(32).fill(said.block ?? 1)) as BlockId
  const parentView = (said.parentView ?? said.view - 1) as View
  const subject = said.kind === 'nullify' ? null : { parentView, blockId }
  const vote = { kind: said.kind, epoch: epoch as Epoch, view: said.view as View, subject }
  return signVote(world.networkTag, electorate, { vote, signer })
}

/** Accuses somebody of two votes. */
export function accuse(
  world: GovernanceWorld,
  {
    who,
    offence,
    votes,
    epoch = votes[0].vote.epoch
  }: {
    readonly who: number
    readonly offence: number
    readonly votes: readonly [SignedVote, SignedVote]
    readonly epoch?: number
  }
): Transaction {
  const [first, second] = votes
  return world.acts.evidence({
    offence,
    accusedMemberId: idOf(who),
    epoch,
    itemA: encodeVoteMessage(first),
    itemB: encodeVoteMessage(second),
    proof: null
  })
}

/** An accusation that convicts a member: it notarised two blocks in one view. */
export function convict(world: GovernanceWorld, who: number, epoch?: number): Transaction {
  const at = epoch === undefined ? {} : { epoch }
  const votes = [
    voteOf(world, who, { kind: 'notarise', view: 5, block: 1, ...at }),
    voteOf(world, who, { kind: 'notarise', view: 5, block: 2, ...at })
  ] as const
  return accuse(world, { who, offence: MEMBER_OFFENCES.twoNotarise, votes })
}

/**
 * Blocks of any epoch of the small network, and single votes of its founders, for tests of rules
 * that look at headers and signatures alone.
 *
 * @module
 */

import {
  BLOCK_FORMAT,
  type Block,
  type BlockId,
  batchListRoot,
  createBlock,
  createElectorate,
  type Electorate,
  type Epoch,
  encodeVote,
  equalBytes,
  type Height,
  invariant,
  type MemberIndex,
  type SignedVote,
  type View,
  type VoteKind
} from '../../protocol/index.ts'
import { ELECTORATE, founder, GENESIS, NETWORK_TAG } from './small-network.ts'

/** The founders, or some of them by their seats, as the electorate of an epoch. */
export function electorateOfEpoch(
  epoch: number,
  seated: readonly number[] = ELECTORATE.seats.map((_, seat) => seat)
): Electorate {
  const seats = ELECTORATE.seats.filter((_, seat) => seated.includes(seat))
  return createElectorate({ ...ELECTORATE, epoch: epoch as Epoch, seats })
}

/** An empty block of an epoch, at height 1 in view 1; its roots are not those of any state. */
export function emptyBlock(
  { epoch, hash }: Electorate,
  { parentId, seal = null }: { readonly parentId: Uint8Array; readonly seal?: Uint8Array | null }
): Block {
  const nothing = batchListRoot([])
  return createBlock(
    {
      format: BLOCK_FORMAT,
      networkTag: NETWORK_TAG,
      epoch,
      view: 1 as View,
      parentId,
      parentView: 0 as View,
      height: 1 as Height,
      timeMs: GENESIS.timeMs + 1,
      batchListRoot: nothing,
      stateRoot: nothing,
      receiptsRoot: nothing,
      transactionCount: 0,
      electorateHash: hash,
      seal
    },
    []
  )
}

/** What the founder of a first seat signs in view 1, in the name of a seat of an electorate. */
export function signAs(
  founded: number,
  kind: VoteKind,
  {
    electorate,
    blockId,
    signer
  }: {
    readonly electorate: Electorate
    readonly blockId: BlockId | null
    readonly signer: number
  }
): SignedVote {
  const subject = blockId === null ? null : { parentView: 0 as View, blockId }
  const vote = { kind, epoch: electorate.epoch, view: 1 as View, subject }
  const memberId = ELECTORATE.seats[founded]?.memberId
  const author = [founder(0), founder(1)].find(
    (one) => memberId !== undefined && equalBytes(one.memberId, memberId)
  )
  invariant(author !== undefined, 'the first electorate is the two founders')
  const signature = author.signVote(encodeVote(NETWORK_TAG, electorate, vote))
  return { vote, signer: signer as MemberIndex, signature }
}

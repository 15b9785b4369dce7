/**
 * Opening the core: what a node knew of its epoch when it went down.
 *
 * @module
 */

import {
  type Block,
  type BlockId,
  type Certificate,
  type CoreState,
  decodeBlock,
  type Electorate,
  type LedgerVersion,
  openCore,
  type Pace,
  type View
} from '../../protocol/index.ts'
import { BODIES } from '../ledger/keyspace.ts'
import type { OwnSeat } from '../own-seat.ts'
import type { Database } from '../storage/database.ts'
import type { VoteLog } from '../storage/vote-log.ts'
import { readRecordedVotes } from './voter.ts'

/** Opens the core from the vote log, the floor and the bodies. */
export async function openNodeCore(options: {
  readonly voteLog: VoteLog
  readonly nowMs: number
  readonly instance: number
  readonly electorate: Electorate
  readonly seat: OwnSeat | null
  readonly floorView: View
  readonly bodies: ReadonlyMap<BlockId, Block>
  readonly tip: LedgerVersion
  /** Whether the next block must seal the epoch. */
  readonly isSealDue: boolean
  readonly finalisation: Certificate | null
  readonly pace: Pace
  /** Whether this very process voted in the epoch before. */
  readonly isAdmitted?: boolean
}): Promise<CoreState> {
  const { voteLog, electorate, seat, floorView, bodies, tip, finalisation } = options
  const recorded =
    seat === null
      ? { votes: [], certificates: [] }
      : await readRecordedVotes(voteLog, electorate, {
          self: seat.index,
          from: floorView
        })
  // What ended the epoch before says nothing in this one.
  const isOfEpoch = finalisation !== null && finalisation.vote.epoch === electorate.epoch
  return openCore({
    electorate,
    self: seat?.index ?? null,
    committed: {
      blockId: tip.blockId,
      height: tip.height,
      view: floorView,
      isSealDue: options.isSealDue
    },
    ownVotes: recorded.votes,
    certificates: [...(isOfEpoch ? [finalisation] : []), ...recorded.certificates],
    blocks: [...bodies.values()].filter(
      ({ header }) => header.height > tip.height && header.epoch === electorate.epoch
    ),
    nowMs: options.nowMs,
    instance: options.instance,
    pace: options.pace,
    highestOwnVote: voteLog.highest.epoch === electorate.epoch ? voteLog.highest.view : 0,
    isLogLost: seat !== null && (voteLog.isLost || voteLog.isClosed),
    isAdmitted: options.isAdmitted === true
  })
}

/** The bodies this node voted for that were not final when it went down. */
export async function readBodies(ledger: Database): Promise<ReadonlyMap<BlockId, Block>> {
  const bodies = new Map<BlockId, Block>()
  for await (const page of ledger.iterate(BODIES))
    for (const [, encoded] of page) {
      const block = decodeBlock(encoded)
      if (block !== undefined) bodies.set(block.id, block)
    }
  return bodies
}

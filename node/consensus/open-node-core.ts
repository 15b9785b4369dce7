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
import { systemClock } from '../clock.ts'
import { BODIES } from '../ledger/keyspace.ts'
import type { OwnSeat } from '../own-seat.ts'
import type { DataDirectory } from '../storage/data-directory.ts'
import { readRecordedVotes } from './voter.ts'

/** Opens the core from the vote log, the floor and the bodies. */
export async function openNodeCore(options: {
  readonly directory: DataDirectory
  readonly electorate: Electorate
  readonly seat: OwnSeat | null
  readonly floorView: View
  readonly bodies: ReadonlyMap<BlockId, Block>
  readonly tip: LedgerVersion
  readonly finalisation: Certificate | null
  readonly pace: Pace
}): Promise<CoreState> {
  const { directory, electorate, seat, floorView, bodies, tip, finalisation } = options
  const recorded =
    seat === null
      ? { votes: [], certificates: [] }
      : await readRecordedVotes(directory.voteLog, electorate, {
          self: seat.index,
          from: floorView
        })
  return openCore({
    electorate,
    self: seat?.index ?? null,
    committed: { blockId: tip.blockId, height: tip.height, view: floorView },
    ownVotes: recorded.votes,
    certificates: [...(finalisation === null ? [] : [finalisation]), ...recorded.certificates],
    blocks: [...bodies.values()].filter(({ header }) => header.height > tip.height),
    nowMs: systemClock.nowMs(),
    pace: options.pace
  })
}

/** The bodies this node voted for that were not final when it went down. */
export async function readBodies({ ledger }: DataDirectory): Promise<ReadonlyMap<BlockId, Block>> {
  const bodies = new Map<BlockId, Block>()
  for await (const page of ledger.iterate(BODIES))
    for (const [, encoded] of page) {
      const block = decodeBlock(encoded)
      if (block !== undefined) bodies.set(block.id, block)
    }
  return bodies
}

/**
 * An epoch's run: everything of the node that is bound to one electorate.
 *
 * When the epoch is sealed, all of it is given up together and made anew for the
 * next; nothing of the old one can be signed or counted by mistake.
 *
 * @module
 */

import {
  type Electorate,
  leaderOrder,
  type MemberIndex,
  type News,
  type View
} from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import type { Clock } from '../clock.ts'
import type { Network } from '../network/network.ts'
import type { OwnSeat } from '../own-seat.ts'
import type { Database } from '../storage/database.ts'
import type { VoteLog } from '../storage/vote-log.ts'
import type { EffectPorts } from './driver.ts'
import { createEffectPorts, type HandsPorts } from './effect-ports.ts'
import { MemberPlane, type MemberPlanePorts } from './member-plane.ts'
import { Voter } from './voter.ts'

/** What a run is made of. */
export interface EpochRunOptions {
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  /** Null for an observer. */
  readonly seat: OwnSeat | null
}

/** What a run needs of the node around it. */
export interface EpochRunPorts
  extends Omit<HandsPorts, 'networkTag' | 'electorate' | 'plane' | 'voter' | 'post'> {
  readonly clock: Pick<Clock, 'later'>
  readonly network: Pick<Network, 'self' | 'sendToMember' | 'penalise'>
  readonly store: BatchStore
  readonly voteLog: VoteLog
  readonly database: Database
  readonly post: (news: News) => Promise<void> | undefined
  readonly onAhead: MemberPlanePorts['onAhead']
}

/** One epoch on this node. */
export class EpochRun {
  readonly electorate: Electorate
  readonly seat: OwnSeat | null
  readonly plane: MemberPlane
  readonly effects: EffectPorts
  readonly #leaders: readonly MemberIndex[]
  #isOver = false

  constructor({ networkTag, electorate, seat }: EpochRunOptions, ports: EpochRunPorts) {
    this.electorate = electorate
    this.seat = seat
    this.#leaders = leaderOrder(electorate)
    // News of work that was begun in this epoch and ends after it is about nothing any more.
    const post = (news: News): Promise<void> | undefined =>
      this.#isOver ? undefined : ports.post(news)
    const { clock, network, store, onAhead } = ports
    this.plane = new MemberPlane({
      clock,
      networkTag,
      electorate,
      network,
      store,
      post,
      onAhead
    })
    this.effects = createEffectPorts({
      ...ports,
      networkTag,
      electorate,
      plane: this.plane,
      post,
      voter:
        seat === null
          ? null
          : new Voter({
              networkTag,
              electorate,
              self: seat.index,
              voteLog: ports.voteLog,
              database: ports.database,
              sign: seat.signVote,
              blockOf: ports.blockOf
            })
    })
  }

  /** Whether this node leads a view. */
  isLeader(view: View): boolean {
    if (this.seat === null) return false
    return this.#leaders[(view - 1) % this.#leaders.length] === this.seat.index
  }

  /** The epoch is over. */
  end(): void {
    this.#isOver = true
  }
}

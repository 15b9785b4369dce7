/**
 * Events: everything that can happen to the consensus core.
 *
 * Named in the past tense: an event is news, and news cannot be refused. Each
 * carries its own time; the core has no clock.
 *
 * @see SPEC.md §9.4 Events and effects
 * @module
 */

import type { Block } from '../blocks/block.ts'
import type { BatchId, BlockId, MemberIndex, Priority, View } from '../types.ts'
import type { Certificate } from './certificate.ts'
import type { Proposal, Status } from './message.ts'
import type { SignedVote } from './vote.ts'

/** What a timer was set for. */
export type TimerName =
  | 'proposal'
  | 'notarisation'
  | 'own-proposal'
  | 'pace'
  | 'hold'
  | 'forward'
  | 'gap'
  | 'wake'
  | 'standstill'
  | 'heartbeat'
  | 'status'

/** A batch that this node holds, durable and judged. */
export interface HeldBatch {
  readonly id: BatchId
  readonly authorIndex: MemberIndex
  readonly priority: Priority
  readonly bytes: number
  readonly count: number
}

/** One piece of news for the core. */
export type Event = {
  /** Monotonic local clock: what waits are counted by. */
  readonly nowMs: number
  /** Wall clock: what block times are held against. */
  readonly timeMs: number
} & News

/** The news itself, without its time. */
export type News =
  | { readonly kind: 'started' }
  | { readonly kind: 'timer-fired'; readonly timer: TimerName; readonly view: View }
  | { readonly kind: 'proposal-received'; readonly from: MemberIndex; readonly proposal: Proposal }
  | { readonly kind: 'vote-received'; readonly from: MemberIndex; readonly vote: SignedVote }
  | {
      readonly kind: 'certificate-received'
      readonly from: MemberIndex | null
      readonly certificate: Certificate
    }
  | { readonly kind: 'status-received'; readonly from: MemberIndex; readonly status: Status }
  | { readonly kind: 'member-connected'; readonly member: MemberIndex }
  | {
      readonly kind: 'votes-verified'
      readonly votes: readonly SignedVote[]
      readonly genuine: readonly boolean[]
    }
  | {
      readonly kind: 'certificate-verified'
      readonly from: MemberIndex | null
      readonly certificate: Certificate
      readonly isGenuine: boolean
    }
  | { readonly kind: 'votes-recorded'; readonly votes: readonly SignedVote[] }
  | { readonly kind: 'block-received'; readonly block: Block }
  | { readonly kind: 'block-available'; readonly blockId: BlockId }
  | {
      readonly kind: 'block-executed'
      readonly blockId: BlockId
      readonly isValid: boolean
      /** Whether a block on top of it must seal the epoch. */
      readonly isSealDue: boolean
    }
  | {
      readonly kind: 'block-built'
      readonly view: View
      readonly block: Block | null
      readonly isSealDue: boolean
    }
  | { readonly kind: 'blocks-committed'; readonly blockId: BlockId }
  | { readonly kind: 'batch-held'; readonly batch: HeldBatch }

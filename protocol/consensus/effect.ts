/**
 * Effects: everything the consensus core may ask of the world.
 *
 * Named in the imperative and carried out strictly in order: an effect must be
 * finished before the next one starts. A vote is sent only in answer to
 * `votes-recorded`, so it is always durable before anyone sees it.
 *
 * @see SPEC.md §9.4 Events and effects
 * @module
 */

import type { BatchId, BlockId, MemberIndex, View } from '../types.ts'
import type { Certificate } from './certificate.ts'
import type { TimerName } from './event.ts'
import type { Status } from './message.ts'
import type { SignedVote, Vote } from './vote.ts'

/** One request to the world outside. */
export type Effect =
  /**
   * Make bodies and batches of `blockIds` durable, then sign `votes` and write them with
   * `certificates` in one synced write. Answered by `votes-recorded`.
   */
  | {
      readonly kind: 'record-votes'
      readonly votes: readonly Vote[]
      readonly certificates: readonly Certificate[]
      readonly blockIds: readonly BlockId[]
    }
  | { readonly kind: 'send-vote'; readonly vote: SignedVote; readonly to: Recipients }
  /** PROPOSE: the block, what justifies it, and its leader's own NOTARISE. */
  | {
      readonly kind: 'send-proposal'
      readonly blockId: BlockId
      readonly vote: SignedVote
      readonly justification: readonly Certificate[]
      readonly to: Recipients
    }
  | {
      readonly kind: 'send-certificate'
      readonly certificate: Certificate
      readonly to: Recipients
    }
  | { readonly kind: 'send-status'; readonly status: Status; readonly to: Recipients }
  /** A timer of a name replaces the one of that name and view that runs. */
  | {
      readonly kind: 'set-timer'
      readonly timer: TimerName
      readonly view: View
      readonly delayMs: number
    }
  | { readonly kind: 'cancel-timer'; readonly timer: TimerName; readonly view: View }
  /** Answered by `votes-verified`. */
  | { readonly kind: 'verify-votes'; readonly votes: readonly SignedVote[] }
  /** Answered by `certificate-verified`. */
  | {
      readonly kind: 'verify-certificate'
      readonly certificate: Certificate
      readonly from: MemberIndex | null
    }
  /** Get a block's missing batches, from these members first. Answered by `block-available`. */
  | {
      readonly kind: 'obtain-batches'
      readonly blockId: BlockId
      readonly from: readonly MemberIndex[]
    }
  /** Get a block by its id. Answered by `block-received`, then `block-available`. */
  | {
      readonly kind: 'fetch-block'
      readonly blockId: BlockId
      readonly from: readonly MemberIndex[]
    }
  /** Get the certificates of views from `first` to `last`. Answered by `certificate-received`. */
  | {
      readonly kind: 'fetch-certificates'
      readonly first: View
      readonly last: View
      readonly from: readonly MemberIndex[]
    }
  /** Get final blocks by height up to this one. Answered by `block-received` and certificates. */
  | { readonly kind: 'catch-up'; readonly finalisation: Certificate }
  /** Execute on the parent's state and compare the roots. Answered by `block-executed`. */
  | { readonly kind: 'execute-block'; readonly blockId: BlockId }
  /** Execute batches on the parent's state and make a header. Answered by `block-built`. */
  | {
      readonly kind: 'build-block'
      readonly view: View
      readonly parentView: View
      readonly parentId: BlockId
      readonly batchIds: readonly BatchId[]
    }
  | {
      readonly kind: 'push-batches'
      readonly batchIds: readonly BatchId[]
      readonly to: readonly MemberIndex[]
    }
  /** Write blocks, state, floor and certificate in one synced batch. Answered by `blocks-committed`. */
  | {
      readonly kind: 'commit-blocks'
      readonly blockIds: readonly BlockId[]
      readonly finalisation: Certificate
    }
  /** A quorum notarised a block that is valid here: its transactions are confirmed, revocably. */
  | { readonly kind: 'confirm-block'; readonly blockId: BlockId }
  /** Two votes of one member that cannot both be honest; their signatures are not yet checked. */
  | {
      readonly kind: 'report-evidence'
      readonly first: SignedVote
      readonly second: SignedVote
    }
  | { readonly kind: 'penalise'; readonly member: MemberIndex; readonly reason: string }
  | { readonly kind: 'raise-alarm'; readonly code: AlarmCode; readonly view: View }

/** Whom a message goes to: everybody else, or some. */
export type Recipients = 'all' | readonly MemberIndex[]

/** What a human must look at. */
export type AlarmCode =
  /** A quorum agreed on a block whose roots are others here: this node must not vote. */
  | 'DETERMINISM_FAULT'
  /** Others hold votes of this member that its own log does not: the key is burnt. */
  | 'VOTE_LOG_STALE'
  /** Another process speaks with this member's key: one of the two must end. */
  | 'KEY_IN_USE'
  /** Two finalised blocks of one view: more than f members are faulty. */
  | 'FORK_PROVED'

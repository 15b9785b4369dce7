/**
 * The core's memory: what one node knows of one epoch.
 *
 * `log` and `certificates` mirror what is durable; the rest is volatile and can
 * be lost at any time without harm. Everything is bounded by the views between
 * the last final one and the present, and the few settled ones whose votes are compared.
 *
 * @see SPEC.md §9.5 State of the core
 * @module
 */

import type { Block } from '../blocks/block.ts'
import type { Electorate } from '../membership/electorate.ts'
import { leaderOrder } from '../membership/leaders.ts'
import type { BatchId, BlockId, MemberIndex, View } from '../types.ts'
import type { Certificate } from './certificate.ts'
import type { HeldBatch } from './event.ts'
import { enterInLog } from './own-log.ts'
import type { SignedVote, Subject } from './vote.ts'

/** Views at and below the final one in which a member's votes are still compared. */
export const SETTLED_VIEWS = 16

/** What this node itself said in one view; null is silence. */
export interface LogEntry {
  readonly notarise: Subject | null
  readonly isNullified: boolean
  readonly finalise: Subject | null
}

/** What a quorum said in one view. */
export interface ViewCertificates {
  notarisation: Certificate | null
  nullification: Certificate | null
  finalisation: Certificate | null
}

/** How far a block has come on this node. */
export interface BlockProgress {
  readonly block: Block
  /** Whether all its batches are held. */
  isAvailable: boolean
  isExecuting: boolean
  /** Null until it was executed; then whether its roots are ours too. */
  isValid: boolean | null
  /** Whether it was told that a quorum notarised it. */
  isConfirmed: boolean
  /** Whether a block on top of it must seal the epoch; false until it was executed. */
  isSealDue: boolean
}

/** Votes that say the same. */
export interface VotePool {
  readonly votes: Map<MemberIndex, SignedVote>
  readonly genuine: Set<MemberIndex>
  isVerifying: boolean
}

/** What is remembered of one view. */
export interface ViewRecord {
  /** The first proposal of the view's leader. */
  proposed: { readonly blockId: BlockId; readonly subject: Subject } | null
  /** When its timers were started; null while it rests. */
  armedAtMs: number | null
  /** Whether a block of ours is being built for it. */
  isBuilding: boolean
  /** Whether anything was heard of its leader in it. */
  isLeaderHeard: boolean
  /** Rounds of asking for its missing certificate. */
  fetchRounds: number
  readonly pools: Map<string, VotePool>
  /** The first vote of each kind of each member: `kind/member`. */
  readonly firstVotes: Map<string, SignedVote>
}

/** A batch that waits for a final block. */
export interface PendingBatch extends HeldBatch {
  readonly heldAtMs: number
}

/** The last final block, as far as the core needs it. */
export interface FinalBlock {
  readonly blockId: BlockId
  readonly height: number
  readonly view: View
  /** Whether a block on top of it must seal the epoch. */
  readonly isSealDue: boolean
}

/** As which processes a member was heard. */
export interface HeardAs {
  /** The process that was heard of last for the first time. */
  instance: number
  sinceMs: number
  /** Those before it. */
  readonly before: Set<number>
  /** When one of those before was heard again, although it should be gone. */
  twinAtMs: number | null
}

/** How a leader paces its proposals under load. Local policy: no two nodes need the same. */
export interface Pace {
  /** Shortest and longest that the oldest pending batch waits for company. */
  readonly minMs: number
  readonly maxMs: number
  /** Pending bytes that are plenty: then nothing is waited for. */
  readonly enoughBytes: number
}

/** The whole memory. */
export interface CoreState {
  readonly electorate: Electorate
  readonly pace: Pace
  /** This node's seat; null for an observer, who never votes. */
  readonly self: MemberIndex | null
  /** The number of this process. */
  readonly instance: number
  readonly leaders: readonly MemberIndex[]

  view: View
  /** The highest view with a finalisation. */
  finalView: View
  /** The last committed block. */
  committed: FinalBlock
  /** A finalisation whose block is not committed yet. */
  pendingFinalisation: Certificate | null
  /** While catching up: a finalisation on the way to the pending one. */
  stagedFinalisation: Certificate | null
  isCommitting: boolean

  readonly log: Map<View, LogEntry>
  /** The highest view this node knows to have voted in, whatever has been pruned since. */
  highestOwnVote: number
  readonly ownVotes: Map<View, SignedVote[]>
  readonly certificates: Map<View, ViewCertificates>
  /** Certificates learnt since the last vote was recorded. */
  readonly unrecordedCertificates: Certificate[]
  /** Certificates being verified: `kind/view/blockId`. */
  readonly verifying: Set<string>
  readonly views: Map<View, ViewRecord>
  /** Of the last settled views the first votes as in a view's record: a late vote is still compared. */
  readonly settledVotes: Map<View, Map<string, SignedVote>>
  /** Blocks above the committed one: proposed by their leaders, or asked for. */
  readonly blocks: Map<BlockId, BlockProgress>
  /** Blocks asked for by id, and when. */
  readonly fetchedAtMs: Map<BlockId, number>
  /** The finalisation that catching up was last asked for. */
  catchUpView: View | null
  readonly pendingBatches: Map<BatchId, PendingBatch>
  /** How many of them each author has. */
  readonly pendingOfAuthor: Map<MemberIndex, number>

  /** False until a quorum has said that it holds no vote of ours that we do not. */
  mayVote: boolean
  readonly statusAnswers: Set<MemberIndex>
  /** When a quorum had answered: from then on a twin is listened for. */
  answeredAtMs: number | null
  /** Those who heard another process with our key. */
  readonly twinReports: Set<MemberIndex>
  /** The processes that each member was heard as. */
  readonly heardAs: Map<MemberIndex, HeardAs>
  /** A burnt key or a determinism fault: never vote again in this epoch. */
  isStopped: boolean

  readonly equivocators: Set<MemberIndex>
  readonly latestVoteSeen: Map<MemberIndex, SignedVote>
  /** The highest view that a member showed to have left behind. */
  readonly shownView: Map<MemberIndex, View>
  /** The highest final view that a member told of. */
  readonly shownFinalView: Map<MemberIndex, View>
  readonly heardAtMs: Map<MemberIndex, number>
  /** Turns in a row that a leader let pass in silence. */
  readonly silentTurns: Map<MemberIndex, number>
  /** How often the standstill has been answered since the last finalisation. */
  standstillRounds: number
  isStandstillTimed: boolean
  isWakeTimed: boolean
  isGapTimed: boolean
  /** The view for which silence has lasted long enough for an empty block. */
  heartbeatView: View | null
  /** Transactions that arrived in the present and the last second, for the pace. */
  readonly arrivals: { secondStartMs: number; current: number; previous: number }
}

/** What a core starts from: fresh, or as the vote log and the ledger left it. */
export interface CoreOptions {
  readonly electorate: Electorate
  readonly pace: Pace
  readonly self: MemberIndex | null
  /** A random number that tells this process from others with its key. */
  readonly instance: number
  readonly committed: FinalBlock
  /** The highest view of this epoch in which the log holds, or has held, a vote; 0 for none. */
  readonly highestOwnVote: number
  /** The votes of this epoch's log above the committed view, as they were signed. */
  readonly ownVotes: readonly SignedVote[]
  /** Certificates above the committed view, judged when they were stored. */
  readonly certificates: readonly Certificate[]
  /** Bodies above the committed view whose batches are all held. */
  readonly blocks: readonly Block[]
  readonly nowMs: number
  /** Whether this key's vote log was lost: then it never votes again in this epoch. */
  readonly isLogLost?: boolean
  /** Whether this very process voted in the epoch before: its log is new, and nobody need be asked. */
  readonly isAdmitted?: boolean
}

/** A core at rest: the event `started` sets it going. */
export function createCore(options: CoreOptions): CoreState {
  const { electorate, pace, self, instance, committed, nowMs } = options
  const state: CoreState = {
    electorate,
    pace,
    self,
    instance,
    leaders: leaderOrder(electorate),
    view: (committed.view + 1) as View,
    finalView: committed.view,
    committed,
    pendingFinalisation: null,
    stagedFinalisation: null,
    isCommitting: false,
    log: new Map(),
    highestOwnVote: options.highestOwnVote,
    ownVotes: new Map(),
    certificates: new Map(),
    unrecordedCertificates: [],
    verifying: new Set(),
    views: new Map(),
    settledVotes: new Map(),
    blocks: new Map(),
    fetchedAtMs: new Map(),
    catchUpView: null,
    pendingBatches: new Map(),
    pendingOfAuthor: new Map(),
    mayVote: options.isAdmitted === true,
    statusAnswers: new Set(),
    answeredAtMs: null,
    twinReports: new Set(),
    heardAs: new Map(),
    isStopped: options.isLogLost === true,
    equivocators: new Set(),
    latestVoteSeen: new Map(),
    shownView: new Map(),
    shownFinalView: new Map(),
    heardAtMs: new Map(),
    silentTurns: new Map(),
    standstillRounds: 0,
    isStandstillTimed: false,
    isWakeTimed: false,
    isGapTimed: false,
    heartbeatView: null,
    arrivals: { secondStartMs: nowMs, current: 0, previous: 0 }
  }
  for (const vote of options.ownVotes) if (vote.vote.view > committed.view) enterInLog(state, vote)
  for (const block of options.blocks)
    state.blocks.set(block.id, {
      block,
      isAvailable: true,
      isExecuting: false,
      isValid: null,
      isConfirmed: false,
      isSealDue: false
    })
  return state
}

/** The record of a view, made when first needed. */
export function viewRecord(state: CoreState, view: View): ViewRecord {
  let record = state.views.get(view)
  if (record === undefined) {
    record = {
      proposed: null,
      armedAtMs: null,
      isBuilding: false,
      isLeaderHeard: false,
      fetchRounds: 0,
      pools: new Map(),
      firstVotes: new Map()
    }
    state.views.set(view, record)
  }
  return record
}

const NO_CERTIFICATES: Readonly<ViewCertificates> = Object.freeze({
  notarisation: null,
  nullification: null,
  finalisation: null
})

/** What a quorum said in a view; all null when nothing is known. */
export function certificatesOf(state: CoreState, view: View): Readonly<ViewCertificates> {
  return state.certificates.get(view) ?? NO_CERTIFICATES
}

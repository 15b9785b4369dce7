/**
 * A turn: one event being thought through, and the effects it has led to so far.
 *
 * @module
 */

import { leaderOf } from '../membership/leaders.ts'
import type { BlockId, MemberIndex, View } from '../types.ts'
import type { Certificate } from './certificate.ts'
import type { CoreState } from './core-state.ts'
import type { Effect, Recipients } from './effect.ts'
import type { TimerName } from './event.ts'
import { JUSTIFICATION_MAX } from './message.ts'
import { enterIntention } from './own-log.ts'
import type { Subject, Vote, VoteKind } from './vote.ts'

/** One event's time, the memory, and what shall be done. */
export interface Turn {
  readonly state: CoreState
  readonly nowMs: number
  readonly timeMs: number
  readonly effects: Effect[]
  /** Votes of this turn: signed and recorded together, in one synced write. */
  readonly votes: Vote[]
  readonly votedBlocks: BlockId[]
}

/** Decides to vote. The intention counts from now on; the vote leaves once it is recorded. */
export function castVote(
  turn: Turn,
  kind: VoteKind,
  { view, subject }: { readonly view: View; readonly subject: Subject | null }
): void {
  const vote: Vote = { kind, epoch: turn.state.electorate.epoch, view, subject }
  enterIntention(turn.state, vote)
  turn.votes.push(vote)
  if (kind === 'notarise' && subject !== null) turn.votedBlocks.push(subject.blockId)
}

/** Ends a turn: its votes are recorded with every certificate that brought this node here. */
export function concludeTurn(turn: Turn): readonly Effect[] {
  const { state, votes, votedBlocks, effects } = turn
  if (votes.length > 0) {
    const certificates = state.unrecordedCertificates.splice(0)
    effects.push({ kind: 'record-votes', votes, certificates, blockIds: votedBlocks })
  }
  return effects
}

/** Sends a certificate to some or all. */
export function sendCertificate(turn: Turn, certificate: Certificate, to: Recipients): void {
  if (to !== 'all' && to.length === 0) return
  turn.effects.push({ kind: 'send-certificate', certificate, to })
}

/** Sets a timer of a view. */
export function setTimer(turn: Turn, timer: TimerName, view: View, delayMs: number): void {
  turn.effects.push({ kind: 'set-timer', timer, view, delayMs: Math.max(0, delayMs) })
}

/** Cancels timers of a view. */
export function cancelTimers(turn: Turn, view: View, timers: readonly TimerName[]): void {
  for (const timer of timers) turn.effects.push({ kind: 'cancel-timer', timer, view })
}

/** Whose turn a view is. */
export function leaderOfView(state: CoreState, view: View): MemberIndex {
  return leaderOf(state.leaders, view)
}

/** The weight of some members together. */
export function weightOf(state: CoreState, members: Iterable<MemberIndex>): number {
  let weight = 0
  for (const member of members) weight += state.electorate.seats[member]?.weight ?? 0
  return weight
}

/** Some members without this node, each once. */
export function othersAmong(state: CoreState, members: Iterable<MemberIndex>): MemberIndex[] {
  return [...new Set(members)].filter((member) => member !== state.self)
}

/**
 * What fits into a proposal of its justification: the ground itself, and the newest of the gaps.
 * After more views in vain than that, whoever lacks the others asks for them.
 */
export function fittingJustification(certificates: readonly Certificate[]): Certificate[] {
  const ground = certificates.slice(-1)
  return [...certificates.slice(0, -1).slice(0, JUSTIFICATION_MAX - 1), ...ground]
}

/**
 * The own log in memory: what this node itself said in each view, once it is meant and once it is signed.
 *
 * @see SPEC.md §9.5 State of the core
 * @module
 */

import type { View } from '../types.ts'
import type { CoreState, LogEntry } from './core-state.ts'
import type { SignedVote } from './vote.ts'

const NO_ENTRY: LogEntry = { notarise: null, isNullified: false, finalise: null }

/** What this node said in a view. */
export function logEntry(state: CoreState, view: View): LogEntry {
  return state.log.get(view) ?? NO_ENTRY
}

/** Writes an own signed vote into log and memory. */
export function enterInLog(state: CoreState, vote: SignedVote): void {
  const { view } = vote.vote
  enterIntention(state, vote.vote)
  const votes = state.ownVotes.get(view)
  if (votes === undefined) state.ownVotes.set(view, [vote])
  else if (votes.every((other) => other.vote.kind !== vote.vote.kind)) votes.push(vote)
}

/** Marks a vote as said, from the moment on at which it is asked to be recorded. */
export function enterIntention(state: CoreState, vote: SignedVote['vote']): void {
  const entry = logEntry(state, vote.view)
  state.highestOwnVote = Math.max(state.highestOwnVote, vote.view)
  if (vote.kind === 'notarise') state.log.set(vote.view, { ...entry, notarise: vote.subject })
  else if (vote.kind === 'finalise') state.log.set(vote.view, { ...entry, finalise: vote.subject })
  else state.log.set(vote.view, { ...entry, isNullified: true })
}

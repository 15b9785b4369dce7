/**
 * The start: what a node says and asks before its first vote, and what it answers others.
 *
 * @see SPEC.md §9.14 Starting
 * @module
 */

import type { MemberIndex, View } from '../types.ts'
import {
  noteShown,
  noteShownFinal,
  pruneBelowFinal,
  restoreCertificate
} from './certificate-store.ts'
import { awaitHeartbeat } from './commitment.ts'
import { type CoreOptions, type CoreState, certificatesOf, createCore } from './core-state.ts'
import type { Status } from './message.ts'
import { admitToVoting, judgeOwnKey, noteInstance } from './own-key.ts'
import { exchangeStatus, sayAgain, sendStatus } from './standstill.ts'
import { sendCertificate, type Turn } from './turn.ts'
import { countOwnVote } from './vote-tally.ts'

/** Opens a core, fresh or as it was left. Only the event `started` sets it going. */
export function openCore(options: CoreOptions): CoreState {
  const state = createCore(options)
  for (const certificate of options.certificates) restoreCertificate(state, certificate)
  // A ledger that is behind its vote log needs the finalisations below once more, as news.
  pruneBelowFinal(state)
  for (const view of state.log.keys()) if (view > state.view) state.view = view
  return state
}

/** Sets a node going: own votes count again, and the others are asked about this node's log. */
export function startTurn(turn: Turn): void {
  const { state } = turn
  for (const votes of [...state.ownVotes.values()])
    for (const vote of votes) countOwnVote(turn, vote)
  if (state.self === null) return
  state.statusAnswers.add(state.self)
  admitToVoting(turn)
  exchangeStatus(turn)
  sayAgain(turn, 'all')
  awaitHeartbeat(turn)
}

/** A member has come within reach: it learns where this node stands, and what it may have missed. */
export function greetMember(turn: Turn, member: MemberIndex): void {
  if (turn.state.self === null || member === turn.state.self) return
  sendStatus(turn, member, true)
  sayAgain(turn, [member])
}

/** Takes in where a member stands; differences are answered with certificates. */
export function receiveStatus(turn: Turn, from: MemberIndex, status: Status): void {
  const { state } = turn
  if (status.epoch !== state.electorate.epoch) return
  noteShownFinal(state, from, status.finalView)
  noteShown(state, from, (status.view - 1) as View)
  noteInstance(turn, from, status.instance)
  judgeOwnKey(turn, from, status)
  if (status.isQuestion && state.self !== null) sendStatus(turn, from, false)
  if (status.finalView < state.finalView || status.view < state.view)
    answerBehind(turn, from, status)
  if (status.finalView > state.finalView || status.view > state.view)
    turn.effects.push({
      kind: 'fetch-certificates',
      first: Math.max(status.finalView, state.finalView) as View,
      last: Math.max(status.finalView, status.view - 1) as View,
      from: [from]
    })
}

function answerBehind(turn: Turn, from: MemberIndex, status: Status): void {
  const { state } = turn
  const { finalisation } = certificatesOf(state, state.finalView)
  if (finalisation !== null && status.finalView < state.finalView)
    sendCertificate(turn, finalisation, [from])
  const first = Math.max(state.finalView + 1, status.view)
  for (let view = first; view < Math.min(state.view, first + 64); view++) {
    const { notarisation, nullification } = certificatesOf(state, view as View)
    const certificate = notarisation ?? nullification
    if (certificate !== null) sendCertificate(turn, certificate, [from])
  }
}

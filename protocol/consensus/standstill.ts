/**
 * Standstill and waking: what is said again when nothing moves.
 *
 * Everything that is repeated is read from what was recorded, never signed anew,
 * and each repetition is rarer than the one before.
 *
 * @see SPEC.md §9.13 Standstill
 * @module
 */

import type { BatchId, MemberIndex, View } from '../types.ts'
import { type CoreState, certificatesOf, viewRecord } from './core-state.ts'
import type { Recipients } from './effect.ts'
import { groundOf } from './lead.ts'
import type { Status } from './message.ts'
import { admitToVoting, hasTwin } from './own-key.ts'
import {
  fittingJustification,
  leaderOfView,
  othersAmong,
  sendCertificate,
  setTimer,
  type Turn
} from './turn.ts'

/** Longest pause between two repetitions. */
const STANDSTILL_MAX_MS = 30_000
/** Most messages of one repetition to one member. */
const REPEATED_MAX = 64
/** Most batches that are pushed again at once. */
const PUSHED_MAX = 16
/** Pause between two rounds of status among the idle. */
const STATUS_INTERVAL_MS = 30_000

/** Starts the clocks of standstill and waking while there is something unfinished. */
export function watchForStandstill(turn: Turn): void {
  const { state } = turn
  if (state.self === null) return
  const { delta0Ms } = state.electorate.parameters
  if (!state.isStandstillTimed && isArmed(state)) {
    state.isStandstillTimed = true
    setTimer(turn, 'standstill', 0 as View, standstillMs(state))
  }
  if (!state.isWakeTimed && state.pendingBatches.size > 0) {
    state.isWakeTimed = true
    setTimer(turn, 'wake', 0 as View, delta0Ms)
  }
}

/** Nothing was finalised for a while: says everything above the last final view again. */
export function repeatEverything(turn: Turn): void {
  const { state } = turn
  state.isStandstillTimed = false
  if (!isArmed(state)) return
  state.standstillRounds++
  sayAgain(turn, 'all')
}

/** Says the finalisation held, every certificate above it and every own vote above it again. */
export function sayAgain(turn: Turn, to: Recipients): void {
  const { state } = turn
  const { finalisation } = certificatesOf(state, state.finalView)
  if (finalisation !== null) sendCertificate(turn, finalisation, to)
  let said = 0
  for (let view = state.finalView + 1; view <= state.view && said < REPEATED_MAX; view++) {
    const held = certificatesOf(state, view as View)
    for (const certificate of [held.notarisation, held.nullification])
      if (certificate !== null) {
        sendCertificate(turn, certificate, to)
        said++
      }
    for (const vote of state.ownVotes.get(view as View) ?? []) {
      turn.effects.push({ kind: 'send-vote', vote, to })
      said++
    }
  }
  sayProposalAgain(turn, to)
}

/** The proposal of the present view, by its leader, from what it recorded. */
function sayProposalAgain(turn: Turn, to: Recipients): void {
  const { state } = turn
  const { view } = state
  const vote = state.ownVotes.get(view)?.find((own) => own.vote.kind === 'notarise')
  const subject = vote?.vote.subject
  if (vote === undefined || subject === undefined || subject === null) return
  if (leaderOfView(state, view) !== state.self || !state.blocks.has(subject.blockId)) return
  const justification = fittingJustification(groundOf(state, view)?.certificates ?? [])
  turn.effects.push({ kind: 'send-proposal', blockId: subject.blockId, vote, justification, to })
}

/** Batches that no leader has taken up are pushed to this view's leader and the next one's. */
export function wakeLeaders(turn: Turn): void {
  const { state, nowMs } = turn
  state.isWakeTimed = false
  const { delta0Ms } = state.electorate.parameters
  const taken = takenBatches(state)
  const waiting: BatchId[] = []
  for (const { id, heldAtMs } of state.pendingBatches.values())
    if (nowMs - heldAtMs >= delta0Ms && !taken.has(id) && waiting.length < PUSHED_MAX)
      waiting.push(id)
  const leaders = [state.view, state.view + 1].map((view) => leaderOfView(state, view as View))
  const to = othersAmong(state, leaders)
  if (waiting.length > 0 && to.length > 0)
    turn.effects.push({ kind: 'push-batches', batchIds: waiting, to })
}

/** Tells everybody where this node stands, and sets the next round. */
export function exchangeStatus(turn: Turn): void {
  const { state } = turn
  if (state.self === null) return
  admitToVoting(turn)
  const { delta0Ms } = state.electorate.parameters
  const others = othersAmong(
    state,
    state.electorate.seats.map((_, index) => index as MemberIndex)
  )
  for (const member of others) sendStatus(turn, member, !state.mayVote)
  setTimer(turn, 'status', 0 as View, state.mayVote ? STATUS_INTERVAL_MS : 2 * delta0Ms)
}

/** Tells one member where this node stands. */
export function sendStatus(turn: Turn, member: MemberIndex, isQuestion: boolean): void {
  const { state } = turn
  const status: Status = {
    epoch: state.electorate.epoch,
    view: state.view,
    finalView: state.finalView,
    height: state.committed.height,
    pendingBatches: state.pendingBatches.size,
    latestVoteOfYours: state.latestVoteSeen.get(member) ?? null,
    isQuestion,
    instance: state.instance,
    hasTwin: hasTwin(state, member, turn.nowMs)
  }
  turn.effects.push({ kind: 'send-status', status, to: [member] })
}

function isArmed(state: CoreState): boolean {
  return viewRecord(state, state.view).armedAtMs !== null
}

function standstillMs(state: CoreState): number {
  const { delta0Ms } = state.electorate.parameters
  return Math.min(4 * delta0Ms * 2 ** Math.min(state.standstillRounds, 8), STANDSTILL_MAX_MS)
}

/** Batches in blocks that a quorum notarised: they are on their way. */
function takenBatches(state: CoreState): Set<BatchId> {
  const taken = new Set<BatchId>()
  for (const { notarisation } of state.certificates.values()) {
    const subject = notarisation?.vote.subject
    const block = subject && state.blocks.get(subject.blockId)?.block
    if (block) for (const { id } of block.batches) taken.add(id)
  }
  return taken
}

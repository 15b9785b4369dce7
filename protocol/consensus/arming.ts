/**
 * Arming: a view's timers run only while there is something to wait for.
 *
 * So a quiet ledger stays quiet, and nobody is hurried by a view that began long
 * ago. A leader that has been silent for a turn while a quorum was heard is not
 * waited for again until it speaks.
 *
 * @see SPEC.md §9.7 Timers
 * @module
 */

import type { MemberIndex, View } from '../types.ts'
import { gapViews } from './certificate-store.ts'
import { type CoreState, certificatesOf, viewRecord } from './core-state.ts'
import { delayOfView } from './delays.ts'
import { isProposalInvalid } from './proposal-rule.ts'
import {
  cancelTimers,
  castVote,
  leaderOfView,
  othersAmong,
  setTimer,
  type Turn,
  weightOf
} from './turn.ts'
import { hasNullified, isViewAlive, nullifyWeight } from './vote-tally.ts'
import { mayNullify } from './voting-rule.ts'

/** Turns that a silent leader is waited for before its next ones are skipped. */
const SILENT_TURNS_MAX = 1
/** A member counts as heard for this long: two rounds of the status exchange. */
const HEARD_FOR_MS = 60_000
/** Rounds of asking for a missing certificate before the gap is closed by a NULLIFY. */
const FETCH_ROUNDS_MAX = 2

const VIEW_TIMERS = ['proposal', 'notarisation', 'own-proposal', 'pace'] as const

/** Starts or stops the timers of the present view, as there is reason to. */
export function armOrRest(turn: Turn): void {
  const { state, nowMs } = turn
  if (state.self === null) return
  const { view } = state
  const record = viewRecord(state, view)
  const hasReason = isReasonToWait(state)
  if (hasReason && record.armedAtMs === null) {
    record.armedAtMs = nowMs
    startTimers(turn, view)
  } else if (!hasReason && record.armedAtMs !== null) {
    record.armedAtMs = null
    cancelTimers(turn, view, VIEW_TIMERS)
  }
}

/** What makes a view time out without any timer: its leader, a third of the others, or a bad proposal. */
export function giveUpWhenHopeless(turn: Turn): void {
  const { state } = turn
  const { view } = state
  const leader = leaderOfView(state, view)
  const { totalWeight, quorumWeight } = state.electorate
  const isHopeless =
    hasNullified(state, view, leader) ||
    nullifyWeight(state, view) >= totalWeight - quorumWeight + 1 ||
    isProposalInvalid(state, view) ||
    isLeaderGone(turn, view)
  if (isHopeless) giveUp(turn, view)
}

/** NULLIFY, if the rules allow it. */
function giveUp(turn: Turn, view: View): void {
  if (mayNullify(turn.state, view)) castVote(turn, 'nullify', { view, subject: null })
}

/** A view's timer has run out. */
export function timeOut(
  turn: Turn,
  timer: 'proposal' | 'notarisation' | 'own-proposal',
  view: View
): void {
  const { state } = turn
  const record = viewRecord(state, view)
  if (view !== state.view || record.armedAtMs === null) return
  // The timers were started afresh while this one was on its way: its successor runs.
  if (2 * (turn.nowMs - record.armedAtMs) < delayOfView(state, view)) return
  if (timer === 'proposal' && record.proposed !== null) return
  if (timer === 'own-proposal' && record.proposed !== null) return
  if (timer === 'own-proposal' && turn.nowMs - record.armedAtMs < ownDeadlineMs(state, view)) {
    setTimer(
      turn,
      'own-proposal',
      view,
      ownDeadlineMs(state, view) - (turn.nowMs - record.armedAtMs)
    )
    return
  }
  giveUp(turn, view)
}

/** Asks for certificates of views that were jumped over; when nobody has one, nullifies. */
export function repairGaps(turn: Turn, isTimeUp: boolean): void {
  const { state } = turn
  const gaps = gapViews(state)
  const [first] = gaps
  if (first === undefined) return
  if (!isTimeUp && state.isGapTimed) return
  state.isGapTimed = true
  setTimer(turn, 'gap', 0 as View, state.electorate.parameters.delta0Ms)
  for (const view of gaps) {
    const record = viewRecord(state, view)
    if (record.fetchRounds >= FETCH_ROUNDS_MAX) giveUp(turn, view)
    record.fetchRounds++
  }
  const last = gaps[gaps.length - 1] as View
  const from = othersAmong(
    state,
    state.electorate.seats.map((_, index) => index as MemberIndex)
  )
  turn.effects.push({ kind: 'fetch-certificates', first, last, from })
}

/** Notes that a member spoke: it is waited for again. */
export function noteHeard(turn: Turn, member: MemberIndex): void {
  const { state } = turn
  state.heardAtMs.set(member, turn.nowMs)
  state.silentTurns.set(member, 0)
  if (leaderOfView(state, state.view) === member) viewRecord(state, state.view).isLeaderHeard = true
}

function isReasonToWait(state: CoreState): boolean {
  const { view } = state
  if (state.heartbeatView === view || isViewAlive(state, view)) return true
  if (state.committed.isSealDue && state.pendingFinalisation === null) return true
  // While catching up, batches that look pending may be final long since.
  if (state.pendingBatches.size > 0 && state.pendingFinalisation === null) return true
  for (let above = state.finalView + 1; above < view; above++)
    if (certificatesOf(state, above as View).notarisation !== null) return true
  return false
}

function startTimers(turn: Turn, view: View): void {
  const { state } = turn
  const delay = delayOfView(state, view)
  if (leaderOfView(state, view) === state.self) setTimer(turn, 'own-proposal', view, delay)
  else if (viewRecord(state, view).proposed === null) setTimer(turn, 'proposal', view, 2 * delay)
  setTimer(turn, 'notarisation', view, 3 * delay)
}

/** When a leader that still cannot propose gives its own view up: before anybody waits for it. */
function ownDeadlineMs(state: CoreState, view: View): number {
  return Math.floor((9 * delayOfView(state, view)) / 5)
}

function isLeaderGone(turn: Turn, view: View): boolean {
  const { state, nowMs } = turn
  const leader = leaderOfView(state, view)
  const record = state.views.get(view)
  if (leader === state.self || record?.armedAtMs === null || record?.armedAtMs === undefined)
    return false
  if (record.isLeaderHeard || (state.silentTurns.get(leader) ?? 0) < SILENT_TURNS_MAX) return false
  const heard = [...state.heardAtMs]
    .filter(([, atMs]) => nowMs - atMs <= HEARD_FOR_MS)
    .map(([member]) => member)
  const weight = weightOf(state, new Set([...heard, state.self ?? leader]))
  return weight >= state.electorate.quorumWeight
}

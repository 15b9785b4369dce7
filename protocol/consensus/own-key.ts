/**
 * The own key: may this process vote with it?
 *
 * A vote log can be lost, or restored from an old copy, without looking wrong;
 * and an operator can start one key twice. So before its first vote a member
 * asks all others. Whoever holds a vote of its own that its log lacks shows it,
 * signature and all, so that nobody can burn a key by a lie. And whoever hears
 * two processes speak in turn says so; more than the faulty must say it.
 *
 * @see SPEC.md §9.14 Starting
 * @module
 */

import { faultWeightOf } from '../membership/electorate.ts'
import type { MemberIndex } from '../types.ts'
import { type CoreState, type HeardAs, viewRecord } from './core-state.ts'
import type { Status } from './message.ts'
import { logEntry } from './own-log.ts'
import { type Turn, weightOf } from './turn.ts'
import type { Vote } from './vote.ts'

/** Δ0 for which a twin is listened for, once a quorum has answered: it takes a moment to come back. */
const LISTEN_DELAYS = 8
/** Δ0 after which an older process that speaks cannot be an echo any more. */
const ECHO_DELAYS = 1
/** How long it is said that a member has a twin. */
const TWIN_TOLD_MS = 60_000
/** Older processes that are remembered of each member. */
const BEFORE_MAX = 8

/** Notes as which process a member spoke. */
export function noteInstance(turn: Turn, member: MemberIndex, instance: number): void {
  const { state, nowMs } = turn
  const heard = state.heardAs.get(member)
  if (heard === undefined) {
    state.heardAs.set(member, { instance, sinceMs: nowMs, before: new Set(), twinAtMs: null })
    return
  }
  if (heard.instance === instance) return
  if (!heard.before.has(instance)) succeed(heard, instance, nowMs)
  else if (nowMs - heard.sinceMs >= ECHO_DELAYS * state.electorate.parameters.delta0Ms)
    heard.twinAtMs = nowMs
}

/** Whether a member was heard as two processes in turn, not long ago. */
export function hasTwin(state: CoreState, member: MemberIndex, nowMs: number): boolean {
  const twinAtMs = state.heardAs.get(member)?.twinAtMs
  return typeof twinAtMs === 'number' && nowMs - twinAtMs <= TWIN_TOLD_MS
}

/** Takes in what a member knows of this node's key. */
export function judgeOwnKey(turn: Turn, from: MemberIndex, status: Status): void {
  const { state } = turn
  const { latestVoteOfYours, hasTwin: isTold } = status
  if (state.self === null || state.mayVote || state.isStopped) return
  if (isTold) state.twinReports.add(from)
  if (latestVoteOfYours !== null && isMissing(state, latestVoteOfYours.vote))
    stop(turn, 'VOTE_LOG_STALE', latestVoteOfYours.vote.view)
  else if (weightOf(state, state.twinReports) > liarsWeight(state))
    stop(turn, 'KEY_IN_USE', state.view)
  else {
    state.statusAnswers.add(from)
    admitToVoting(turn)
  }
}

/** Lets this node vote, once a quorum has answered well and no twin was heard for a while. */
export function admitToVoting(turn: Turn): void {
  const { state, nowMs } = turn
  const { quorumWeight, parameters } = state.electorate
  if (state.self === null || state.isStopped || state.mayVote) return
  if (weightOf(state, state.statusAnswers) < quorumWeight) return
  state.answeredAtMs ??= nowMs
  const isAlone = weightOf(state, [state.self]) >= quorumWeight
  const listenMs = isAlone ? 0 : LISTEN_DELAYS * parameters.delta0Ms
  if (nowMs - state.answeredAtMs < listenMs) return
  state.mayVote = true
  // Timers that ran out before could not make it give the view up: they start afresh.
  viewRecord(state, state.view).armedAtMs = null
}

/**
 * Whether the own log lacks a vote of ours. Above the final view all of it is in memory; of what lies
 * below only the highest view is remembered.
 */
function isMissing(state: CoreState, { kind, view, subject }: Vote): boolean {
  if (view > state.highestOwnVote) return true
  if (view <= state.finalView) return false
  const { notarise, isNullified, finalise } = logEntry(state, view)
  if (kind === 'nullify') return !isNullified
  const said = kind === 'notarise' ? notarise : finalise
  return said?.blockId !== subject?.blockId
}

function succeed(heard: HeardAs, instance: number, nowMs: number): void {
  heard.before.add(heard.instance)
  for (const eldest of heard.before) {
    if (heard.before.size <= BEFORE_MAX) break
    heard.before.delete(eldest)
  }
  heard.instance = instance
  heard.sinceMs = nowMs
}

function stop(turn: Turn, code: 'VOTE_LOG_STALE' | 'KEY_IN_USE', view: number): void {
  turn.state.isStopped = true
  turn.effects.push({ kind: 'raise-alarm', code, view: view as Turn['state']['view'] })
}

/** The weight of those who may lie: nobody does in the crash model. */
function liarsWeight({ electorate }: CoreState): number {
  return electorate.faultModel === 'byzantine' ? faultWeightOf(electorate) : 0
}

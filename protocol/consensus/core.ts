/**
 * The core of consensus: one event in, effects out.
 *
 * Each event changes what is known; then everything that has become possible is
 * done, in a fixed order, from the whole memory. So no path through the rules is
 * ever forgotten, and a run can be recorded and replayed.
 *
 * @see SPEC.md §9 Consensus
 * @module
 */

import type { View } from '../types.ts'
import { armOrRest, giveUpWhenHopeless, noteHeard, repairGaps, timeOut } from './arming.ts'
import { forwardCertificates, receiveCertificate, settleCertificate } from './certificate-store.ts'
import { commitWhatCan, settleCommit } from './commitment.ts'
import { type CoreState, viewRecord } from './core-state.ts'
import { countArrivals } from './delays.ts'
import type { Effect } from './effect.ts'
import type { Event, HeldBatch, TimerName } from './event.ts'
import { groundOf, proposeWhenDue, settleBuilt } from './lead.ts'
import { enterInLog } from './own-log.ts'
import {
  executeWhatCan,
  finaliseWhatCan,
  keepBlock,
  notariseWhatCan,
  receiveProposal
} from './proposal-rule.ts'
import { exchangeStatus, repeatEverything, wakeLeaders, watchForStandstill } from './standstill.ts'
import { greetMember, receiveStatus, startTurn } from './start.ts'
import { concludeTurn, fittingJustification, leaderOfView, type Turn } from './turn.ts'
import type { SignedVote } from './vote.ts'
import { countOwnVote, receiveVote, settleVotes } from './vote-tally.ts'

/**
 * Most batches that wait for a final block. Each author has an equal share of them, so that none
 * can take the others' room; beyond it, new ones are left to their author.
 */
const PENDING_BATCHES_MAX = 8_192

/**
 * Thinks one event through.
 *
 * @param state - the memory; changed in place, by nobody else
 * @returns what shall be done, strictly in this order
 */
export function step(state: CoreState, event: Event): readonly Effect[] {
  const turn: Turn = {
    state,
    nowMs: event.nowMs,
    timeMs: event.timeMs,
    effects: [],
    votes: [],
    votedBlocks: []
  }
  takeIn(turn, event)
  doWhatHasBecomePossible(turn)
  return concludeTurn(turn)
}

function doWhatHasBecomePossible(turn: Turn): void {
  executeWhatCan(turn)
  armOrRest(turn)
  notariseWhatCan(turn)
  finaliseWhatCan(turn)
  giveUpWhenHopeless(turn)
  proposeWhenDue(turn)
  commitWhatCan(turn)
  repairGaps(turn, false)
  watchForStandstill(turn)
}

function takeIn(turn: Turn, event: Event): void {
  const { state } = turn
  switch (event.kind) {
    case 'started':
      return startTurn(turn)
    case 'timer-fired':
      return fireTimer(turn, event.timer, event.view)
    case 'proposal-received':
      noteHeard(turn, event.from)
      return receiveProposal(turn, event.from, event.proposal)
    case 'vote-received':
      noteHeard(turn, event.from)
      return event.vote.signer === event.from ? receiveVote(turn, event.vote) : undefined
    case 'certificate-received':
      if (event.from !== null) noteHeard(turn, event.from)
      return receiveCertificate(turn, event.certificate, event.from)
    case 'status-received':
      noteHeard(turn, event.from)
      return receiveStatus(turn, event.from, event.status)
    case 'member-connected':
      return greetMember(turn, event.member)
    case 'votes-verified':
      return settleVotes(turn, event.votes, event.genuine)
    case 'certificate-verified':
      return settleCertificate(turn, event.certificate, event)
    case 'votes-recorded':
      return sendRecorded(turn, event.votes)
    case 'block-received':
      return keepBlock(turn, event.block, [])
    case 'block-available':
      return setProgress(state, event.blockId, { isAvailable: true })
    case 'block-executed':
      return setProgress(state, event.blockId, {
        isExecuting: false,
        isValid: event.isValid,
        isSealDue: event.isSealDue
      })
    case 'block-built':
      return settleBuilt(turn, event)
    case 'blocks-committed':
      return settleCommit(turn, event.blockId)
    case 'batch-held':
      return holdBatch(turn, event.batch)
  }
}

function fireTimer(turn: Turn, timer: TimerName, view: View): void {
  const { state } = turn
  switch (timer) {
    case 'proposal':
    case 'notarisation':
    case 'own-proposal':
      return timeOut(turn, timer, view)
    case 'forward':
      return forwardCertificates(turn, view)
    case 'gap':
      state.isGapTimed = false
      return repairGaps(turn, true)
    case 'wake':
      return wakeLeaders(turn)
    case 'standstill':
      return repeatEverything(turn)
    case 'heartbeat':
      state.heartbeatView = (state.finalView + 1) as View
      return
    case 'status':
      return exchangeStatus(turn)
    case 'pace':
    case 'hold':
      // The time that was waited for has come: what has become possible is done anyway.
      return
  }
}

/** Recorded votes count here and leave: a leader's NOTARISE as its proposal, all others as they are. */
function sendRecorded(turn: Turn, votes: readonly SignedVote[]): void {
  const { state } = turn
  for (const vote of votes) {
    enterInLog(state, vote)
    countOwnVote(turn, vote)
    const { kind, view, subject } = vote.vote
    const isProposal = kind === 'notarise' && leaderOfView(state, view) === state.self
    if (isProposal && subject !== null) {
      const justification = fittingJustification(groundOf(state, view)?.certificates ?? [])
      turn.effects.push({
        kind: 'send-proposal',
        blockId: subject.blockId,
        vote,
        justification,
        to: 'all'
      })
    } else turn.effects.push({ kind: 'send-vote', vote, to: 'all' })
  }
}

function setProgress(
  state: CoreState,
  blockId: Parameters<CoreState['blocks']['get']>[0],
  change: Partial<{
    isAvailable: boolean
    isExecuting: boolean
    isValid: boolean
    isSealDue: boolean
  }>
): void {
  const progress = state.blocks.get(blockId)
  if (progress !== undefined) Object.assign(progress, change)
}

function holdBatch(turn: Turn, batch: HeldBatch): void {
  const { state, nowMs } = turn
  if (state.pendingBatches.has(batch.id) || !hasRoomFor(state, batch)) return
  countArrivals(state, batch.count, nowMs)
  state.pendingBatches.set(batch.id, { ...batch, heldAtMs: nowMs })
  const { authorIndex } = batch
  state.pendingOfAuthor.set(authorIndex, (state.pendingOfAuthor.get(authorIndex) ?? 0) + 1)
  viewRecord(state, state.view)
}

function hasRoomFor(state: CoreState, { authorIndex }: HeldBatch): boolean {
  const share = Math.floor(PENDING_BATCHES_MAX / state.electorate.seats.length)
  return (state.pendingOfAuthor.get(authorIndex) ?? 0) < share
}

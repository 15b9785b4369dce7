/**
 * Proposals: taking them in, and voting for those that stand on certified ground.
 *
 * A fresh proposal of view v stands on a block of view pv that is notarised or
 * final, with every view between nullified. What is missing is fetched, and the
 * proposal looked at again when it has come.
 *
 * @see SPEC.md §9.10 Judging a proposal
 * @module
 */

import type { Block } from '../blocks/block.ts'
import { toHex } from '../foundation/bytes.ts'
import type { BlockId, MemberIndex, View } from '../types.ts'
import { receiveCertificate } from './certificate-store.ts'
import {
  type BlockProgress,
  type CoreState,
  certificatesOf,
  type ViewRecord,
  viewRecord
} from './core-state.ts'
import type { Proposal } from './message.ts'
import { castVote, leaderOfView, othersAmong, setTimer, type Turn } from './turn.ts'
import type { Subject, Vote } from './vote.ts'
import { receiveVote } from './vote-tally.ts'
import { mayFinalise, mayNotarise } from './voting-rule.ts'

/** Proposals are kept up to this many views ahead: their justification may bring this node there. */
const PROPOSAL_VIEWS_AHEAD = 64
/** Most blocks above the committed one that are kept. */
const BLOCKS_MAX = 512

/** Takes in a proposal whose bytes were judged; only its view's leader may make one. */
export function receiveProposal(turn: Turn, from: MemberIndex, proposal: Proposal): void {
  const { state } = turn
  const { block, vote, justification } = proposal
  const { epoch, view, subject } = vote.vote
  if (epoch !== state.electorate.epoch || view < 1 || subject === null) return
  if (!isFresh(block, vote.vote) && !isRepeat(block, vote.vote)) {
    turn.effects.push({ kind: 'penalise', member: from, reason: 'proposal of another view' })
    return
  }
  if (leaderOfView(state, view) !== from) {
    turn.effects.push({ kind: 'penalise', member: from, reason: 'proposal out of turn' })
    return
  }
  for (const certificate of justification) receiveCertificate(turn, certificate, from)
  if (view <= state.finalView || view > state.view + PROPOSAL_VIEWS_AHEAD) return
  const record = viewRecord(state, view)
  record.isLeaderHeard = true
  if (isFarAbove(state, block)) return
  if (record.proposed === null) {
    record.proposed = { blockId: block.id, subject }
    keepBlock(turn, block, [from])
  }
  receiveVote(turn, vote)
}

/**
 * Whether a block claims a height that none of its view can have: every block above the final one
 * stands in a view of its own.
 */
function isFarAbove(state: CoreState, { header }: BlockProgress['block']): boolean {
  const { committed } = state
  return header.height - committed.height > header.view - committed.view
}

/** Whether a proposal is of a block that was made for its view. */
function isFresh({ header }: Block, { view, subject }: Vote): boolean {
  return view === header.view && subject?.parentView === header.parentView
}

/**
 * Whether a proposal says a sealing block again, in a later view: nothing else may stand on a seal in
 * its own epoch, so its leader proposes it until it is final.
 */
function isRepeat({ header }: Block, { view, subject }: Vote): boolean {
  if (header.seal === null || subject === null) return false
  return view > subject.parentView && subject.parentView >= header.view
}

/** Takes in a block that was asked for by its id, or that its own certificate brought. */
export function keepBlock(
  turn: Turn,
  block: BlockProgress['block'],
  from: readonly MemberIndex[]
): void {
  const { state } = turn
  state.fetchedAtMs.delete(block.id)
  if (block.header.height <= state.committed.height) return
  if (state.blocks.has(block.id) || state.blocks.size >= BLOCKS_MAX) return
  state.blocks.set(block.id, {
    block,
    isAvailable: false,
    isExecuting: false,
    isValid: null,
    isConfirmed: false,
    isSealDue: false
  })
  const authors = block.batches.map(({ authorIndex }) => authorIndex as MemberIndex)
  const sources = othersAmong(state, [...from, ...authors])
  turn.effects.push({ kind: 'obtain-batches', blockId: block.id, from: sources })
}

/** Asks for the execution of every block whose batches and parent's state are here. */
export function executeWhatCan(turn: Turn): void {
  const { state } = turn
  for (const progress of state.blocks.values()) {
    const { block, isAvailable, isExecuting, isValid } = progress
    if (!isAvailable || isExecuting || isValid !== null) continue
    if (!isParentReady(state, toHex(block.header.parentId) as BlockId)) continue
    progress.isExecuting = true
    turn.effects.push({ kind: 'execute-block', blockId: block.id })
  }
}

/** Votes NOTARISE for proposals that have become acceptable, in the present view and before. */
export function notariseWhatCan(turn: Turn): void {
  const { state } = turn
  for (const [view, record] of state.views) {
    if (view > state.view || record.proposed === null || !mayNotarise(state, view)) continue
    if (isAcceptable(turn, view, record))
      castVote(turn, 'notarise', { view, subject: record.proposed.subject })
  }
}

/** Votes FINALISE for notarised blocks that are valid here, also when the view has moved on. */
export function finaliseWhatCan(turn: Turn): void {
  const { state } = turn
  for (const [view, { notarisation }] of state.certificates) {
    const subject = notarisation?.vote.subject
    if (subject === undefined || subject === null || view <= state.finalView) continue
    const progress = state.blocks.get(subject.blockId)
    if (progress === undefined) fetchBlock(turn, subject.blockId)
    else if (progress.isValid === false) stopForDeterminism(turn, view)
    else {
      if (progress.isValid === true) confirm(turn, progress)
      if (mayFinalise(state, view, subject)) castVote(turn, 'finalise', { view, subject })
    }
  }
}

function confirm(turn: Turn, progress: BlockProgress): void {
  if (progress.isConfirmed) return
  progress.isConfirmed = true
  turn.effects.push({ kind: 'confirm-block', blockId: progress.block.id })
}

/** Whether a view's proposal turned out to be invalid here. */
export function isProposalInvalid(state: CoreState, view: View): boolean {
  const proposed = state.views.get(view)?.proposed
  if (proposed === undefined || proposed === null) return false
  return state.blocks.get(proposed.blockId)?.isValid === false
}

/** A quorum agreed on a block that is invalid here: this node computes otherwise, and must not vote. */
export function stopForDeterminism(turn: Turn, view: View): void {
  if (turn.state.isStopped) return
  turn.state.isStopped = true
  turn.effects.push({ kind: 'raise-alarm', code: 'DETERMINISM_FAULT', view })
}

/** Asks for a block by its id, again only after Δ0. */
function fetchBlock(turn: Turn, blockId: BlockId): void {
  const { state, nowMs } = turn
  const askedAtMs = state.fetchedAtMs.get(blockId)
  const { delta0Ms } = state.electorate.parameters
  if (askedAtMs !== undefined && nowMs - askedAtMs < delta0Ms) return
  state.fetchedAtMs.set(blockId, nowMs)
  const holders = othersAmong(state, holdersOf(state, blockId))
  turn.effects.push({ kind: 'fetch-block', blockId, from: holders })
}

/** The id of the final block that views above stand on. */
export function finalBlockId(state: CoreState): BlockId {
  const subject = certificatesOf(state, state.finalView).finalisation?.vote.subject
  return subject?.blockId ?? state.committed.blockId
}

/** Whether views after `low` and before `high` are all nullified. */
function isGapNullified(state: CoreState, low: View, high: View): boolean {
  for (let view = low + 1; view < high; view++)
    if (certificatesOf(state, view as View).nullification === null) return false
  return true
}

/** Whether a block's parent is committed, or executed and valid here. */
export function isParentReady(state: CoreState, parentId: BlockId): boolean {
  return parentId === state.committed.blockId || state.blocks.get(parentId)?.isValid === true
}

function isAcceptable(turn: Turn, view: View, record: ViewRecord): boolean {
  const { state, timeMs } = turn
  const proposed = record.proposed as { readonly blockId: BlockId; readonly subject: Subject }
  const progress = state.blocks.get(proposed.blockId)
  if (progress === undefined) return false
  const { header } = progress.block
  const { parentView } = proposed.subject
  if (header.view !== view) {
    // A seal said again: it was judged when it was made, and what it stands on is itself.
    const said = certificatesOf(state, parentView).notarisation?.vote.subject
    const isSame = parentView > state.finalView && said?.blockId === proposed.blockId
    return isSame && isGapNullified(state, parentView, view) && progress.isValid === true
  }
  const parentId = toHex(header.parentId) as BlockId
  if (!isGroundCertified(state, header.parentView, parentId)) return false
  if (!isGapNullified(state, header.parentView, view)) return false
  if (!state.blocks.has(parentId) && parentId !== state.committed.blockId) {
    if (header.parentView > state.finalView) fetchBlock(turn, parentId)
    return false
  }
  const { precisionMs, messageDelayMs } = state.electorate.parameters
  const earlyMs = header.timeMs - timeMs - precisionMs - messageDelayMs
  if (earlyMs > 0) {
    setTimer(turn, 'hold', view, earlyMs)
    return false
  }
  return progress.isValid === true
}

/** Whether a parent is what a quorum notarised or finalised in its view. */
function isGroundCertified(state: CoreState, parentView: View, parentId: BlockId): boolean {
  if (parentView < state.finalView) return false
  if (parentView === state.finalView) return parentId === finalBlockId(state)
  return certificatesOf(state, parentView).notarisation?.vote.subject?.blockId === parentId
}

/** Members that voted for a block and so hold it; everyone, when nobody is known to. */
function holdersOf(state: CoreState, blockId: BlockId): MemberIndex[] {
  const holders = new Set<MemberIndex>()
  for (const { notarisation, finalisation } of state.certificates.values())
    for (const certificate of [notarisation, finalisation])
      if (certificate?.vote.subject?.blockId === blockId)
        for (const { signer } of certificate.signatures) holders.add(signer)
  return holders.size > 0
    ? [...holders]
    : state.electorate.seats.map((_, index) => index as MemberIndex)
}

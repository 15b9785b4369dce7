/**
 * The tally: counts votes, and crosses each threshold once.
 *
 * Votes that say the same share a pool, by kind, view, parent view and block,
 * never by block alone. Signatures are checked lazily, together, when a pool
 * could be a quorum; one that is forged falls out and its sender answers for it.
 *
 * @see SPEC.md §9.8 Counting votes
 * @module
 */

import type { MemberIndex, View } from '../types.ts'
import { createCertificate } from './certificate.ts'
import { learnCertificate } from './certificate-store.ts'
import {
  type CoreState,
  certificatesOf,
  SETTLED_VIEWS,
  type ViewRecord,
  type VotePool,
  viewRecord
} from './core-state.ts'
import { sendCertificate, type Turn, weightOf } from './turn.ts'
import { isSameVote, type SignedVote, type Vote, type VoteKind } from './vote.ts'

/** Takes in a vote that its signer sent on its own stream. */
export function receiveVote(turn: Turn, signed: SignedVote): void {
  const { state } = turn
  const { vote, signer } = signed
  if (vote.epoch !== state.electorate.epoch || state.electorate.seats[signer] === undefined) return
  noteVoteSeen(state, signed)
  const isAnswered = vote.kind === 'nullify' && answerLateNullify(turn, signer, vote.view)
  if (vote.view <= state.finalView) compareLate(turn, signed)
  if (isAnswered || vote.view <= state.finalView || vote.view > state.view + 1) return
  const record = viewRecord(state, vote.view)
  if (!isFirst(turn, record.firstVotes, signed)) return
  const pool = poolOf(record, vote)
  pool.votes.set(signer, signed)
  considerPool(turn, pool, vote)
}

/** Counts a vote of this node's own, whose signature needs no check. */
export function countOwnVote(turn: Turn, signed: SignedVote): void {
  const { vote, signer } = signed
  if (vote.view <= turn.state.finalView) return
  const record = viewRecord(turn.state, vote.view)
  record.firstVotes.set(voteSlot(vote.kind, signer), signed)
  const pool = poolOf(record, vote)
  pool.votes.set(signer, signed)
  pool.genuine.add(signer)
  considerPool(turn, pool, vote)
}

/** Takes in the result of a check that was asked for. */
export function settleVotes(
  turn: Turn,
  votes: readonly SignedVote[],
  genuine: readonly boolean[]
): void {
  const [first] = votes
  if (first === undefined || first.vote.view <= turn.state.finalView) return
  if (first.vote.epoch !== turn.state.electorate.epoch) return
  const record = viewRecord(turn.state, first.vote.view)
  const pool = poolOf(record, first.vote)
  pool.isVerifying = false
  for (const [index, signed] of votes.entries()) {
    if (genuine[index] === true) pool.genuine.add(signed.signer)
    else dropForged(turn, record, { pool, signed })
  }
  considerPool(turn, pool, first.vote)
}

/** The weight that said NULLIFY in a view, whether checked or not. */
export function nullifyWeight(state: CoreState, view: View): number {
  const pool = state.views.get(view)?.pools.get(poolName({ kind: 'nullify', subject: null }))
  return pool === undefined ? 0 : weightOf(state, pool.votes.keys())
}

/** Whether a member said NULLIFY in a view. */
export function hasNullified(state: CoreState, view: View, member: MemberIndex): boolean {
  return state.views.get(view)?.firstVotes.has(voteSlot('nullify', member)) === true
}

/** Whether any other member voted or proposed in a view. */
export function isViewAlive(state: CoreState, view: View): boolean {
  const record = state.views.get(view)
  if (record === undefined) return false
  if (record.proposed !== null) return true
  for (const { signer } of record.firstVotes.values()) if (signer !== state.self) return true
  return false
}

function considerPool(turn: Turn, pool: VotePool, vote: Vote): void {
  const { state } = turn
  if (isCertified(state, vote) || pool.isVerifying) return
  const { quorumWeight } = state.electorate
  if (weightOf(state, pool.votes.keys()) < quorumWeight) return
  if (weightOf(state, pool.genuine) >= quorumWeight) {
    const genuine = [...pool.votes.values()].filter(({ signer }) => pool.genuine.has(signer))
    learnCertificate(turn, createCertificate(genuine))
    return
  }
  pool.isVerifying = true
  const votes = [...pool.votes.values()].filter(({ signer }) => !pool.genuine.has(signer))
  turn.effects.push({ kind: 'verify-votes', votes })
}

/** A vote of a view that is settled counts no more, but a lie that comes late is a lie. */
function compareLate(turn: Turn, signed: SignedVote): void {
  const { view } = signed.vote
  const { finalView, settledVotes } = turn.state
  if (view <= finalView - SETTLED_VIEWS) return
  const firstVotes = settledVotes.get(view) ?? new Map<string, SignedVote>()
  settledVotes.set(view, firstVotes)
  isFirst(turn, firstVotes, signed)
}

/** Keeps a member's first vote of a kind and compares the second: what differs is evidence. */
function isFirst(turn: Turn, firstVotes: Map<string, SignedVote>, signed: SignedVote): boolean {
  const { vote, signer } = signed
  const slot = voteSlot(vote.kind, signer)
  const before = firstVotes.get(slot)
  if (before !== undefined) {
    if (!isSameVote(before.vote, vote)) accuse(turn, before, signed)
    return false
  }
  firstVotes.set(slot, signed)
  const opposite = oppositeOf(vote.kind)
  const other = opposite === null ? undefined : firstVotes.get(voteSlot(opposite, signer))
  if (other !== undefined) accuse(turn, other, signed)
  return true
}

function accuse(turn: Turn, first: SignedVote, second: SignedVote): void {
  turn.state.equivocators.add(second.signer)
  turn.effects.push({ kind: 'report-evidence', first, second })
}

/** Somebody is behind: what it wants to nullify is settled here, and it is told how. */
function answerLateNullify(turn: Turn, from: MemberIndex, view: View): boolean {
  const { state } = turn
  if (from === state.self || view >= state.view) return false
  if (view <= state.finalView) {
    const { finalisation } = certificatesOf(state, state.finalView)
    if (finalisation !== null) sendCertificate(turn, finalisation, [from])
    return true
  }
  const { notarisation, nullification } = certificatesOf(state, view)
  const answer = notarisation ?? nullification
  if (answer !== null) sendCertificate(turn, answer, [from])
  return false
}

function dropForged(
  turn: Turn,
  record: ViewRecord,
  { pool, signed }: { readonly pool: VotePool; readonly signed: SignedVote }
): void {
  pool.votes.delete(signed.signer)
  record.firstVotes.delete(voteSlot(signed.vote.kind, signed.signer))
  turn.effects.push({ kind: 'penalise', member: signed.signer, reason: 'vote signature forged' })
}

function isCertified(state: CoreState, { kind, view }: Vote): boolean {
  const { notarisation, nullification, finalisation } = certificatesOf(state, view)
  if (kind === 'nullify') return nullification !== null
  return (kind === 'notarise' ? notarisation : finalisation) !== null
}

function noteVoteSeen(state: CoreState, signed: SignedVote): void {
  const { signer } = signed
  const { view } = signed.vote
  const latest = state.latestVoteSeen.get(signer)?.vote
  // Of one view the last word is kept: NULLIFY and FINALISE come after NOTARISE.
  if (
    latest === undefined ||
    view > latest.view ||
    (view === latest.view && latest.kind === 'notarise')
  )
    state.latestVoteSeen.set(signer, signed)
  // Who votes in a view has left the one before: it holds that one's certificate.
  if (view - 1 > (state.shownView.get(signer) ?? -1))
    state.shownView.set(signer, (view - 1) as View)
}

function poolOf(record: ViewRecord, vote: Vote): VotePool {
  const name = poolName(vote)
  let pool = record.pools.get(name)
  if (pool === undefined) {
    pool = { votes: new Map(), genuine: new Set(), isVerifying: false }
    record.pools.set(name, pool)
  }
  return pool
}

function poolName({ kind, subject }: Pick<Vote, 'kind' | 'subject'>): string {
  return subject === null ? kind : `${kind}/${subject.parentView}/${subject.blockId}`
}

function voteSlot(kind: VoteKind, member: MemberIndex): string {
  return `${kind}/${member}`
}

function oppositeOf(kind: VoteKind): VoteKind | null {
  if (kind === 'notarise') return null
  return kind === 'nullify' ? 'finalise' : 'nullify'
}

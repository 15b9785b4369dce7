/**
 * The certificates a node holds: they alone move the view.
 *
 * @see SPEC.md §9.9 Certificates at work
 * @module
 */

import { VIEWS_AHEAD_MAX } from '../foundation/limits.ts'
import type { MemberIndex, View } from '../types.ts'
import type { Certificate } from './certificate.ts'
import {
  type CoreState,
  certificatesOf,
  SETTLED_VIEWS,
  type ViewCertificates
} from './core-state.ts'
import { leaderOfView, othersAmong, sendCertificate, setTimer, type Turn } from './turn.ts'
import type { VoteKind } from './vote.ts'

/** Certificates that may be under verification at once: a flood of them waits for nothing. */
const VERIFYING_MAX = 256

const NAMES: { readonly [Kind in VoteKind]: keyof ViewCertificates } = {
  notarise: 'notarisation',
  nullify: 'nullification',
  finalise: 'finalisation'
}

/** Takes in a certificate from anyone: known ones are dropped, others verified once. */
export function receiveCertificate(
  turn: Turn,
  certificate: Certificate,
  from: MemberIndex | null
): void {
  const { state } = turn
  const { vote } = certificate
  if (vote.epoch !== state.electorate.epoch) return
  if (from !== null) {
    noteShown(state, from, vote.view)
    if (vote.kind === 'finalise') noteShownFinal(state, from, vote.view)
  }
  // A finalisation may lie any distance ahead: only one is kept. Of the others there would be many.
  if (vote.kind !== 'finalise' && vote.view > state.finalView + VIEWS_AHEAD_MAX) return
  if (vote.view <= state.finalView && !isLateFinalisation(state, certificate)) return
  const name = verificationName(certificate)
  if (isHeld(state, certificate) || state.verifying.has(name)) return
  if (state.verifying.size >= VERIFYING_MAX) return
  state.verifying.add(name)
  turn.effects.push({ kind: 'verify-certificate', certificate, from })
}

/** Takes in the result of a verification. */
export function settleCertificate(
  turn: Turn,
  certificate: Certificate,
  { from, isGenuine }: { readonly from: MemberIndex | null; readonly isGenuine: boolean }
): void {
  turn.state.verifying.delete(verificationName(certificate))
  if (certificate.vote.epoch !== turn.state.electorate.epoch) return
  if (isGenuine) learnCertificate(turn, certificate)
  else if (from !== null)
    turn.effects.push({ kind: 'penalise', member: from, reason: 'certificate forged' })
}

/** Stores a genuine certificate, moves the view, and tells those who may not have it. */
export function learnCertificate(turn: Turn, certificate: Certificate): void {
  const { state } = turn
  const { view, kind } = certificate.vote
  if (view <= state.finalView || isHeld(state, certificate)) {
    if (kind === 'finalise') learnLateFinalisation(turn, certificate)
    return
  }
  keepCertificate(state, certificate)
  state.unrecordedCertificates.push(certificate)
  if (kind === 'finalise') advanceFinality(turn, certificate)
  if (view + 1 > state.view) state.view = (view + 1) as View
  if (kind === 'nullify') noteSilence(state, view)
  const next = leaderOfView(state, (view + 1) as View)
  if (kind !== 'finalise' && next !== state.self && !hasShown(state, next, view))
    sendCertificate(turn, certificate, [next])
  setTimer(turn, 'forward', view, Math.floor(state.electorate.parameters.delta0Ms / 2))
}

/** Restores a certificate from the vote log, at a start. */
export function restoreCertificate(state: CoreState, certificate: Certificate): void {
  const { view, kind } = certificate.vote
  if (view < state.finalView || (view === state.finalView && kind !== 'finalise')) return
  keepCertificate(state, certificate)
  if (view === state.finalView) return
  if (kind === 'finalise') {
    state.finalView = view
    state.pendingFinalisation = certificate
  }
  if (view + 1 > state.view) state.view = (view + 1) as View
}

/** Half a Δ0 later: the certificates of a view go to whoever has not shown that it holds them. */
export function forwardCertificates(turn: Turn, view: View): void {
  const { state } = turn
  const { notarisation, nullification, finalisation } = certificatesOf(state, view)
  const others = othersAmong(
    state,
    state.electorate.seats.map((_, index) => index as MemberIndex)
  )
  const unaware = others.filter((member) => !hasShown(state, member, view))
  if (finalisation !== null) {
    if (view === state.finalView)
      sendCertificate(
        turn,
        finalisation,
        others.filter((member) => !hasShownFinal(state, member, view))
      )
    return
  }
  const certificate = notarisation ?? nullification
  if (certificate !== null) sendCertificate(turn, certificate, unaware)
}

/** Notes that a member holds what leads beyond a view. */
export function noteShown(state: CoreState, member: MemberIndex, view: View): void {
  if (view > (state.shownView.get(member) ?? -1)) state.shownView.set(member, view)
}

/** Notes how far a member's finality has come, as it told. */
export function noteShownFinal(state: CoreState, member: MemberIndex, view: View): void {
  if (view > (state.shownFinalView.get(member) ?? -1)) state.shownFinalView.set(member, view)
}

/** The views above the final one that have no certificate although later ones do. */
export function gapViews(state: CoreState): View[] {
  const gaps: View[] = []
  for (let view = state.finalView + 1; view < state.view && gaps.length < 64; view++) {
    const { notarisation, nullification } = certificatesOf(state, view as View)
    if (notarisation === null && nullification === null) gaps.push(view as View)
  }
  return gaps
}

function advanceFinality(turn: Turn, finalisation: Certificate): void {
  const { state } = turn
  const { view } = finalisation.vote
  if (view <= state.finalView) return
  state.finalView = view
  state.pendingFinalisation = finalisation
  state.standstillRounds = 0
  pruneBelowFinal(state)
}

/**
 * A finalisation that is not news for the view: a step on the way of catching up, or one that
 * contradicts the one held, and then the fault model does not hold.
 */
function learnLateFinalisation(turn: Turn, certificate: Certificate): void {
  const { state } = turn
  const { view } = certificate.vote
  if (isRivalFinalisation(state, certificate)) {
    state.isStopped = true
    turn.effects.push({ kind: 'raise-alarm', code: 'FORK_PROVED', view })
  } else if (view > state.committed.view) state.stagedFinalisation = certificate
}

/** Forgets everything below the final view; its own finalisation stays, to answer those behind. */
export function pruneBelowFinal(state: CoreState): void {
  const { finalView } = state
  settleViews(state)
  for (const map of [state.certificates, state.log, state.ownVotes])
    for (const view of map.keys()) if (view < finalView) map.delete(view)
  for (let index = state.unrecordedCertificates.length - 1; index >= 0; index--)
    if ((state.unrecordedCertificates[index] as Certificate).vote.view < finalView)
      state.unrecordedCertificates.splice(index, 1)
}

/** Closes the views up to the final one; of the latest the first votes stay, to compare later ones. */
function settleViews({ finalView, views, settledVotes }: CoreState): void {
  for (const [view, { firstVotes }] of views)
    if (view <= finalView) {
      settledVotes.set(view, firstVotes)
      views.delete(view)
    }
  for (const view of settledVotes.keys())
    if (view <= finalView - SETTLED_VIEWS) settledVotes.delete(view)
}

function keepCertificate(state: CoreState, certificate: Certificate): void {
  const { view, kind } = certificate.vote
  const held = state.certificates.get(view) ?? {
    notarisation: null,
    nullification: null,
    finalisation: null
  }
  held[NAMES[kind]] = certificate
  state.certificates.set(view, held)
  const { vote } = certificate
  for (const { signer, signature } of certificate.signatures) {
    const latest = state.latestVoteSeen.get(signer)?.vote
    const isLater = latest === undefined || view > latest.view
    // Of what was said in a view last, this one is sure to be genuine.
    if (isLater || (view === latest.view && (kind !== 'notarise' || latest.kind === 'notarise')))
      state.latestVoteSeen.set(signer, { vote, signer, signature })
  }
}

/** A view passed without a word of its leader: its next turn is not waited for. */
function noteSilence(state: CoreState, view: View): void {
  const leader = leaderOfView(state, view)
  if (leader === state.self || state.views.get(view)?.isLeaderHeard === true) return
  state.silentTurns.set(leader, (state.silentTurns.get(leader) ?? 0) + 1)
}

function isLateFinalisation(state: CoreState, certificate: Certificate): boolean {
  const { kind, view } = certificate.vote
  if (isRivalFinalisation(state, certificate)) return true
  return kind === 'finalise' && view > state.committed.view && view < state.finalView
}

function isRivalFinalisation(state: CoreState, { vote }: Certificate): boolean {
  const held = certificatesOf(state, vote.view).finalisation
  return (
    vote.kind === 'finalise' &&
    held !== null &&
    held.vote.subject?.blockId !== vote.subject?.blockId
  )
}

function isHeld(state: CoreState, { vote }: Certificate): boolean {
  return certificatesOf(state, vote.view)[NAMES[vote.kind]] !== null
}

function hasShown(state: CoreState, member: MemberIndex, view: View): boolean {
  return (state.shownView.get(member) ?? -1) >= view
}

function hasShownFinal(state: CoreState, member: MemberIndex, view: View): boolean {
  return (state.shownFinalView.get(member) ?? -1) >= view
}

function verificationName({ vote }: Certificate): string {
  return `${vote.kind}/${vote.view}/${vote.subject?.blockId ?? ''}`
}

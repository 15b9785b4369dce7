/**
 * Voting rules: may I sign this, given all that I have signed?
 *
 * These few lines are what safety rests on. In one view a member notarises one
 * block, and either nullifies or finalises, never both.
 *
 * @see SPEC.md §9.6 What a member may sign
 * @module
 */

import type { View } from '../types.ts'
import { type CoreState, certificatesOf } from './core-state.ts'
import { logEntry } from './own-log.ts'
import type { Subject } from './vote.ts'

/** Whether this node votes at all: seated, its log known to be whole, and never stopped. */
export function isVoter(state: CoreState): boolean {
  return state.self !== null && state.mayVote && !state.isStopped
}

/** NOTARISE: once in a view, above the final one, and not after a NULLIFY. */
export function mayNotarise(state: CoreState, view: View): boolean {
  const { notarise, isNullified } = logEntry(state, view)
  return isVoter(state) && view > state.finalView && notarise === null && !isNullified
}

/** NULLIFY: in a view that was reached, once, and not after a FINALISE. */
export function mayNullify(state: CoreState, view: View): boolean {
  const { isNullified, finalise } = logEntry(state, view)
  return (
    isVoter(state) &&
    view > state.finalView &&
    view <= state.view &&
    !isNullified &&
    finalise === null
  )
}

/** FINALISE: a block that is notarised and valid here, once, and not after a NULLIFY. */
export function mayFinalise(state: CoreState, view: View, subject: Subject): boolean {
  const { isNullified, finalise } = logEntry(state, view)
  if (!isVoter(state) || view <= state.finalView || isNullified || finalise !== null) return false
  const { notarisation } = certificatesOf(state, view)
  const certified = notarisation?.vote.subject
  const isNotarised =
    certified?.blockId === subject.blockId && certified.parentView === subject.parentView
  const leader = state.leaders[(view - 1) % state.leaders.length]
  const isHonestLeader = leader !== undefined && !state.equivocators.has(leader)
  return isNotarised && isHonestLeader && state.blocks.get(subject.blockId)?.isValid === true
}

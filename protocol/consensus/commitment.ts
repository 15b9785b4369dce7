/**
 * Commitment: a finalisation makes its block and all before it final, in order.
 *
 * @see SPEC.md §9.12 Committing
 * @module
 */

import type { Block } from '../blocks/block.ts'
import { toHex } from '../foundation/bytes.ts'
import type { BatchId, BlockId, View } from '../types.ts'
import type { Certificate } from './certificate.ts'
import type { CoreState } from './core-state.ts'
import { stopForDeterminism } from './proposal-rule.ts'
import { leaderOfView, setTimer, type Turn } from './turn.ts'

/** Commits up to a finalisation, once all of it is here and executed; else asks for what is missing. */
export function commitWhatCan(turn: Turn): void {
  const { state } = turn
  const { stagedFinalisation, pendingFinalisation } = state
  if (state.isCommitting || pendingFinalisation === null) return
  if (stagedFinalisation !== null && commitTo(turn, stagedFinalisation)) return
  if (commitTo(turn, pendingFinalisation)) return
  if (state.catchUpView === pendingFinalisation.vote.view) return
  state.catchUpView = pendingFinalisation.vote.view
  turn.effects.push({ kind: 'catch-up', finalisation: pendingFinalisation })
}

/** Commits if the chain is whole and executed; true unless a block of it is missing. */
function commitTo(turn: Turn, finalisation: Certificate): boolean {
  const { state } = turn
  const subject = finalisation.vote.subject
  const chain = subject === null ? undefined : chainTo(state, subject.blockId)
  if (chain === undefined) return false
  const progress = chain.map(({ id }) => state.blocks.get(id))
  if (progress.some((one) => one?.isValid === false)) {
    stopForDeterminism(turn, finalisation.vote.view)
    return true
  }
  if (!progress.every((one) => one?.isValid === true)) return true
  state.isCommitting = true
  turn.effects.push({ kind: 'commit-blocks', blockIds: chain.map(({ id }) => id), finalisation })
  return true
}

/** Takes in that blocks up to this one are durable: what they ordered no longer waits. */
export function settleCommit(turn: Turn, blockId: BlockId): void {
  const { state } = turn
  state.isCommitting = false
  const chain = chainTo(state, blockId)
  const last = chain?.[chain.length - 1]
  if (chain === undefined || last === undefined) return
  for (const { batches } of chain) for (const { id } of batches) dropPending(state, id)
  const { height, view } = last.header
  const isSealDue = state.blocks.get(blockId)?.isSealDue === true
  state.committed = { blockId, height, view, isSealDue }
  // Of a block that is no higher, or stands in a view that is over, nothing will come any more.
  for (const [id, { block }] of state.blocks)
    if (block.header.height <= height || block.header.view <= view) state.blocks.delete(id)
  state.fetchedAtMs.clear()
  if ((state.stagedFinalisation?.vote.view ?? view) <= view) state.stagedFinalisation = null
  const pendingView = state.pendingFinalisation?.vote.view
  if (pendingView !== undefined && pendingView <= view) state.pendingFinalisation = null
  state.catchUpView = null
  awaitHeartbeat(turn)
}

/**
 * From the last block on, silence is counted: its next leader ends it, then everybody may.
 *
 * Genesis has no certificate, and nothing can be proved on it: the first block comes at once.
 */
export function awaitHeartbeat(turn: Turn): void {
  const { state } = turn
  if (state.self === null) return
  const { heartbeatMs, delta0Ms } = state.electorate.parameters
  const view = (state.finalView + 1) as View
  const patienceMs = leaderOfView(state, view) === state.self ? 0 : 2 * delta0Ms
  const silenceMs = state.committed.height === 0 ? 0 : heartbeatMs
  setTimer(turn, 'heartbeat', 0 as View, silenceMs + patienceMs)
}

/** The blocks after the committed one up to `blockId`, lowest first; undefined while one is missing. */
function chainTo(state: CoreState, blockId: BlockId): Block[] | undefined {
  const chain: Block[] = []
  let id = blockId
  while (id !== state.committed.blockId) {
    const block = state.blocks.get(id)?.block
    if (block === undefined) return undefined
    chain.push(block)
    id = toHex(block.header.parentId) as BlockId
  }
  return chain.reverse()
}

function dropPending(state: CoreState, id: BatchId): void {
  const batch = state.pendingBatches.get(id)
  if (batch === undefined) return
  state.pendingBatches.delete(id)
  const left = (state.pendingOfAuthor.get(batch.authorIndex) ?? 1) - 1
  state.pendingOfAuthor.set(batch.authorIndex, left)
}

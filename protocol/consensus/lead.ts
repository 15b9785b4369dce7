/**
 * Leading: when the present view is this node's turn, what it proposes and when.
 *
 * @see SPEC.md §9.11 Proposing
 * @module
 */

import { type Block, laneBytesMax } from '../blocks/block.ts'
import { toHex } from '../foundation/bytes.ts'
import { BLOCK_BATCHES_MAX, UNFINALISED_MAX } from '../foundation/limits.ts'
import type { BatchId, BlockId, View } from '../types.ts'
import type { Certificate } from './certificate.ts'
import { type CoreState, certificatesOf, type PendingBatch, viewRecord } from './core-state.ts'
import { delayOfView, paceMs } from './delays.ts'
import { logEntry } from './own-log.ts'
import { finalBlockId, isParentReady } from './proposal-rule.ts'
import { selectBatches } from './selection.ts'
import { castVote, leaderOfView, setTimer, type Turn } from './turn.ts'
import { isVoter } from './voting-rule.ts'

/** What a proposal stands on. */
export interface Ground {
  readonly parentView: View
  readonly parentId: BlockId
  readonly certificates: readonly Certificate[]
}

/** Proposes for the present view if it is this node's turn and time. */
export function proposeWhenDue(turn: Turn): void {
  const { state } = turn
  const { view } = state
  if (!isVoter(state) || leaderOfView(state, view) !== state.self) return
  const record = viewRecord(state, view)
  const { notarise, isNullified } = logEntry(state, view)
  if (record.isBuilding || record.proposed !== null || notarise !== null || isNullified) return
  const ground = groundOf(state, view)
  if (ground === undefined || !isParentReady(state, ground.parentId)) return
  const { parentView, parentId } = ground
  if (isOpenSeal(state, parentId)) {
    repeatWhenDue(turn, ground)
    return
  }
  const ancestors = unfinalisedAncestors(state, parentId)
  const isSealDue = isSealDueOn(state, parentId)
  const isCrowded = isSealDue || ancestors.length >= UNFINALISED_MAX
  const candidates = isCrowded ? [] : proposable(state, ancestors)
  if (candidates.length > 0) {
    if (!isPaceKept(turn, candidates)) return
  } else if (!isSealDue && !isEmptyBlockDue(turn, view)) return
  record.isBuilding = true
  const batchIds = selectBatches(candidates, {
    blockBytesMax: state.electorate.parameters.blockBytesMax,
    laneBytesMax: laneBytesMax(state.electorate),
    batchesMax: BLOCK_BATCHES_MAX,
    view
  })
  turn.effects.push({ kind: 'build-block', view, parentView, parentId, batchIds })
}

/**
 * A seal that is notarised and not final is proposed again: no other block may stand on it. As an empty
 * block it waits for Δ, within which its finalisation may still come.
 */
function repeatWhenDue(turn: Turn, { parentView, parentId }: Ground): void {
  const { state } = turn
  const { view } = state
  if (!isEmptyBlockDue(turn, view)) return
  const record = viewRecord(state, view)
  const subject = { blockId: parentId, parentView }
  record.proposed = { blockId: parentId, subject }
  record.isLeaderHeard = true
  castVote(turn, 'notarise', { view, subject })
}

/** Whether a block seals this epoch and is not final yet. */
function isOpenSeal(state: CoreState, blockId: BlockId): boolean {
  const header = state.blocks.get(blockId)?.block.header
  return header !== undefined && header.seal !== null && header.epoch === state.electorate.epoch
}

/** Whether a block on top of this one must seal the epoch. */
function isSealDueOn({ committed, blocks }: CoreState, parentId: BlockId): boolean {
  if (parentId === committed.blockId) return committed.isSealDue
  return blocks.get(parentId)?.isSealDue === true
}

/** Takes in the block that was built; it is proposed once this node's own NOTARISE is recorded. */
export function settleBuilt(
  turn: Turn,
  {
    view,
    block,
    isSealDue
  }: { readonly view: View; readonly block: Block | null; readonly isSealDue: boolean }
): void {
  const { state } = turn
  const record = viewRecord(state, view)
  record.isBuilding = false
  if (block === null || view !== state.view || record.proposed !== null) return
  if (block.header.epoch !== state.electorate.epoch) return
  const { notarise, isNullified } = logEntry(state, view)
  const ground = groundOf(state, view)
  const isStill =
    isVoter(state) &&
    notarise === null &&
    !isNullified &&
    ground?.parentId === (toHex(block.header.parentId) as BlockId)
  if (!isStill) return
  const subject = { blockId: block.id, parentView: block.header.parentView }
  state.blocks.set(block.id, {
    block,
    isAvailable: true,
    isExecuting: false,
    isValid: true,
    isConfirmed: false,
    isSealDue
  })
  record.proposed = { blockId: block.id, subject }
  record.isLeaderHeard = true
  castVote(turn, 'notarise', { view, subject })
}

/**
 * What a proposal of a view must stand on: the highest view before it that is notarised or final,
 * with every view between nullified; undefined while a certificate is missing.
 */
export function groundOf(state: CoreState, view: View): Ground | undefined {
  const certificates: Certificate[] = []
  for (let below = view - 1; below >= state.finalView; below--) {
    const { notarisation, nullification, finalisation } = certificatesOf(state, below as View)
    if (below === state.finalView) {
      if (finalisation !== null) certificates.push(finalisation)
      return { parentView: state.finalView, parentId: finalBlockId(state), certificates }
    }
    const subject = notarisation?.vote.subject
    const isUsable = subject && (nullification === null || isParentReady(state, subject.blockId))
    if (notarisation && subject && isUsable) {
      certificates.push(notarisation)
      return { parentView: below as View, parentId: subject.blockId, certificates }
    }
    if (nullification === null) return undefined
    certificates.push(nullification)
  }
  return undefined
}

/** The blocks from `blockId` down to the committed one, which is left out. */
function unfinalisedAncestors(state: CoreState, blockId: BlockId): Block[] {
  const ancestors: Block[] = []
  let next = state.blocks.get(blockId)?.block
  while (next !== undefined && next.header.height > state.committed.height) {
    ancestors.push(next)
    next = state.blocks.get(toHex(next.header.parentId) as BlockId)?.block
  }
  return ancestors
}

function proposable(state: CoreState, ancestors: readonly Block[]): PendingBatch[] {
  const taken = new Set<BatchId>()
  for (const { batches } of ancestors) for (const { id } of batches) taken.add(id)
  return [...state.pendingBatches.values()].filter(({ id }) => !taken.has(id))
}

/** Under load a proposal waits until the oldest batch has waited long enough, or there is plenty. */
function isPaceKept(turn: Turn, candidates: readonly PendingBatch[]): boolean {
  const { state, nowMs } = turn
  const oldestAtMs = candidates.reduce((oldest, { heldAtMs }) => Math.min(oldest, heldAtMs), nowMs)
  const bytes = candidates.reduce((sum, batch) => sum + batch.bytes, 0)
  const waitMs = oldestAtMs + paceMs(state) - nowMs
  if (waitMs <= 0 || bytes >= state.pace.enoughBytes) return true
  setTimer(turn, 'pace', state.view, waitMs)
  return false
}

/**
 * An empty block helps finality on, but only after Δ of silence: one delay later the finalisation
 * itself may make it needless. It is also the heartbeat of a quiet ledger.
 */
function isEmptyBlockDue(turn: Turn, view: View): boolean {
  const { state, nowMs } = turn
  if (state.heartbeatView === view) return true
  const { armedAtMs } = viewRecord(state, view)
  return armedAtMs !== null && nowMs - armedAtMs >= delayOfView(state, view)
}

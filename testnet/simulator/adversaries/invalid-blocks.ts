/**
 * The maker of invalid blocks: what it proposes in its turn breaks one rule or another.
 *
 * One of them breaks none: a batch that stands in an ancestor already costs its
 * place and changes nothing. It is offered too, for nobody must stumble over it.
 *
 * @module
 */

import {
  type BatchReference,
  type Block,
  type BlockHeader,
  batchListRoot,
  createBlock,
  type Height,
  toHex,
  type View
} from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { coreOf, flipped, readOwn, remember } from './own-view.ts'
import { rawOf, rawProposalMessage } from './raw-message.ts'
import type { Hands, SentMessage, Vice } from './vice.ts'

/** Makes a block like another one, but for one thing; nothing where there is nothing to change. */
type Spoiling = (hands: Hands, block: Block) => Block | null | Promise<Block | null>

const HOUR_MS = 3_600_000
const VIEWS_MAX = 64
const FAR_HEIGHTS = [2, 1_000, Number.MAX_SAFE_INTEGER - 1_000_000] as const

const SPOILINGS: Readonly<Record<string, Spoiling>> = {
  'state-root': ({ dice }, block) =>
    changed(block, { stateRoot: flipped(dice, block.header.stateRoot) }),
  'receipts-root': ({ dice }, block) =>
    changed(block, { receiptsRoot: flipped(dice, block.header.receiptsRoot) }),
  'transaction-count': ({ dice }, block) =>
    changed(block, { transactionCount: block.header.transactionCount + dice.between(1, 9) }),
  'batch-order': (_, block) =>
    block.batches.length < 2 ? null : relisted(block, block.batches.toReversed()),
  'batch-list': ({ dice }, block) =>
    changed(block, { batchListRoot: flipped(dice, block.header.batchListRoot) }),
  'batch-twice': (_, block) =>
    block.batches.length === 0 ? null : relisted(block, [...block.batches, ...block.batches]),
  'batch-before': (hands, block) =>
    buildAnew(hands, block, { batches: batchesBefore(hands, block) }),
  height: ({ dice }, block) =>
    changed(block, { height: (block.header.height + dice.pick(FAR_HEIGHTS)) as Height }),
  'parent-view': (_, block) =>
    changed(block, { parentView: Math.max(0, block.header.parentView - 1) as View }),
  'time-before': (hands, block) => changed(block, { timeMs: parentTimeMs(hands, block) }),
  'time-ahead': (hands, block) => buildAnew(hands, block, { timeMs: block.header.timeMs + HOUR_MS })
}

const SPOILING_NAMES = Object.keys(SPOILINGS)

/** A fresh one. */
export function createInvalidBlocks(): Vice {
  const views = new Map<View, Uint8Array | null>()
  return { name: 'invalid-blocks', send: (hands, sent) => offer(hands, sent, views) }
}

/** Each view's proposal is spoilt once, and everybody is offered the same. */
function offer(
  hands: Hands,
  { message }: SentMessage,
  views: Map<View, Uint8Array | null>
): Outgoing {
  const read = readOwn(hands, message)
  if (read?.kind !== 'proposal') return [message]
  const { block } = read.proposal
  const { view } = block.header
  const before = views.get(view)
  if (before !== undefined) return before === null ? [] : [before]
  remember(views, [view, null], VIEWS_MAX)
  const name = hands.dice.pick(SPOILING_NAMES)
  const spoiling = SPOILINGS[name] as Spoiling
  void Promise.resolve(spoiling(hands, block)).then((spoilt) => {
    const offered = spoilt === null ? message : proposalOf(hands, spoilt, read)
    views.set(view, offered)
    if (spoilt !== null) hands.mark(name)
    for (const to of hands.others) hands.push('votes', to, offered)
  })
  return []
}

function proposalOf(
  hands: Hands,
  block: Block,
  { proposal, batches }: Extract<ReturnType<typeof readOwn>, { kind: 'proposal' }>
): Uint8Array {
  const { epoch, view, parentView } = block.header
  const subject = { parentView, blockId: block.id }
  const vote = hands.signVote({ kind: 'notarise', epoch, view, subject })
  return rawProposalMessage({ block, vote }, proposal.justification.map(rawOf), batches)
}

function changed({ header, batches }: Block, change: Partial<BlockHeader>): Block {
  return createBlock({ ...header, ...change }, batches)
}

/** The same block over another list, whose root fits but not what its execution gives. */
function relisted({ header }: Block, batches: readonly BatchReference[]): Block {
  return createBlock({ ...header, batchListRoot: batchListRoot(batches) }, batches)
}

/** A block on the same parent whose roots are right for what is changed. */
async function buildAnew(
  hands: Hands,
  { header, batches }: Block,
  change: { readonly batches?: readonly BatchReference[]; readonly timeMs?: number }
): Promise<Block | null> {
  if (change.batches?.length === 0) return null
  const { epoch, view, parentView, timeMs } = header
  const parentId = toHex(header.parentId) as Block['id']
  return await hands.replica().keeper.build({
    epoch,
    view,
    parentView,
    parentId,
    batches,
    timeMs,
    ...change
  })
}

function batchesBefore(hands: Hands, { header }: Block): readonly BatchReference[] {
  const { keeper, archive } = hands.replica()
  const parent =
    coreOf(hands).blocks.get(toHex(header.parentId) as Block['id'])?.block ??
    archive.block(keeper.tip.height)?.block
  return parent?.batches ?? []
}

function parentTimeMs(hands: Hands, { header }: Block): number {
  const { keeper } = hands.replica()
  const parent = keeper.entry(toHex(header.parentId) as Block['id'])?.block.header
  return parent?.timeMs ?? keeper.tip.timeMs
}

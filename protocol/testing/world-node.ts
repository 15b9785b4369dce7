/**
 * A simulated member, and what its hands may do in the world.
 *
 * @module
 */

import type { BatchReference, Block } from '../blocks/block.ts'
import type { Certificate } from '../consensus/certificate.ts'
import type { CoreState } from '../consensus/core-state.ts'
import type { HeldBatch, News } from '../consensus/event.ts'
import type { SignedVote } from '../consensus/vote.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { BatchId, BlockId, MemberIndex, View } from '../types.ts'

/** A batch of this world: it has a header and nothing in it. */
export interface WorldBatch extends HeldBatch {
  readonly reference: BatchReference
}

/** One simulated member: its core, its disk, and what it has committed. */
export interface WorldNode {
  readonly index: MemberIndex
  core: CoreState
  isUp: boolean
  incarnation: number
  timers: Map<string, number>
  readonly log: SignedVote[]
  readonly certificates: Certificate[]
  readonly bodies: Map<BlockId, Block>
  readonly batches: Map<BatchId, WorldBatch>
  readonly chain: { readonly id: BlockId; readonly view: View; readonly certificate: Certificate }[]
  readonly alarms: string[]
}

/** What effects need of the world. */
export interface WorldPorts {
  readonly electorate: Electorate
  readonly nodes: readonly WorldNode[]
  readonly nowMs: () => number
  /** A random integer below the bound. */
  readonly random: (bound: number) => number
  /** Runs something later; the answer is a number that no other entry has. */
  readonly later: (delayMs: number, run: () => void) => number
  /** Delivers over a link, if it holds. */
  readonly send: (from: WorldNode, to: WorldNode, deliver: () => void) => void
  readonly isCut: (from: WorldNode, to: WorldNode) => boolean
  readonly post: (node: WorldNode, news: News) => void
  readonly hold: (node: WorldNode, batch: WorldBatch) => void
  readonly onSigned: (signed: SignedVote) => void
  readonly onEvidence: (first: SignedVote, second: SignedVote) => void
}

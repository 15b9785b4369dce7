/**
 * The memory of a core over the test chain, for tests of single rules: written as a test wants it.
 *
 * @module
 */

import { type CoreState, createCore } from '../consensus/core-state.ts'
import type { MemberIndex, View } from '../types.ts'
import { buildTestChain } from './test-chain.ts'
import type { VectorChain } from './vector-chain.ts'

/** The chain that the memory is of. */
export const CHAIN: VectorChain = buildTestChain()

/** The memory of member 0 after genesis, allowed to vote, in view `view`. */
export function createTestCore(view: number, change: Partial<CoreState> = {}): CoreState {
  const { electorate, block0 } = CHAIN
  const state = createCore({
    electorate,
    pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
    instance: 1,
    self: 0 as MemberIndex,
    committed: { blockId: block0.id, height: 0, view: 0 as View, isSealDue: false },
    highestOwnVote: 0,
    ownVotes: [],
    certificates: [],
    blocks: [],
    nowMs: 0
  })
  return Object.assign(state, { view: view as View, mayVote: true }, change)
}

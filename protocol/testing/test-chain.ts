/**
 * The short chain of fixed seeds with inputs of its own: four members of different weights.
 *
 * @module
 */

import { buildVectorChain, type VectorChain } from './vector-chain.ts'
import type { VectorInputs } from './vector-inputs.ts'

/** What the chain of the tests is made of. */
const TEST_INPUTS: VectorInputs = {
  networkId: 'test-chain',
  genesisTimeMs: 1_700_000_000_000,
  blockTimesMs: [1_700_000_001_000, 1_700_000_002_000],
  members: [
    [10, 12, 1],
    [20, 22, 2],
    [30, 32, 3],
    [40, 42, 1]
  ],
  vendor: [50, 51]
}

/** Builds it: weights of 7 in all, 5 of which decide. */
export function buildTestChain(change: Partial<VectorInputs> = {}): VectorChain {
  return buildVectorChain({ ...TEST_INPUTS, ...change })
}

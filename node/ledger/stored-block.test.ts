import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  encodeBlock,
  genesisBlock,
  InvariantError,
  type Outcome,
  toHex
} from '../../protocol/index.ts'
import { certify } from '../testing/small-chain.ts'
import { GENESIS } from '../testing/small-network.ts'
import { decodeStoredBlock, encodeStoredBlock } from './stored-block.ts'

const test = suite('stored blocks')

const block = genesisBlock(GENESIS, new Uint8Array(32))
const blockBytes = encodeBlock(block)
const outcome: fc.Arbitrary<Outcome> = fc.record({
  outcome: fc.constantFrom('applied', 'void', 'duplicate', 'waits', 'refused'),
  code: fc.option(fc.constantFrom('QUOTA_EMPTY', 'SEQUENCE_USED', 'X'.repeat(64)))
})

test('a block comes back with what finalised it and every outcome in its place', () => {
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 300 }), fc.boolean(), (outcomes, isDirect) => {
      const finalisation = isDirect ? certify('finalise', block) : null
      const read = decodeStoredBlock(
        encodeStoredBlock({ block, blockBytes, finalisation, outcomes })
      )
      assert.equal(
        read.outcomes,
        outcomes.map((one) => ({ ...one }))
      )
      assert.equal(read.finalisation, finalisation)
      assert.is(read.block.id, block.id)
      assert.is(toHex(read.blockBytes), toHex(blockBytes))
    }),
    { numRuns: 50 }
  )
})

test('an ordinary outcome takes one byte', () => {
  const sizeOf = (count: number): number =>
    encodeStoredBlock({
      block,
      blockBytes,
      finalisation: null,
      outcomes: Array.from({ length: count }, () => ({ outcome: 'applied' as const, code: null }))
    }).length
  assert.is(sizeOf(20_000) - sizeOf(10_000), 10_000)
})

test('bytes that are no stored block are our own bug, for the database is checked beneath', () => {
  const encoded = encodeStoredBlock({ block, blockBytes, finalisation: null, outcomes: [] })
  for (const bytes of [new Uint8Array(0), encoded.subarray(1), encoded.subarray(0, 50)])
    assert.throws(
      () => decodeStoredBlock(bytes),
      (error: unknown) => error instanceof InvariantError
    )
})

test.run()

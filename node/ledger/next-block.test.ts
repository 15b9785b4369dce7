import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Block, Electorate, LedgerVersion } from '../../protocol/index.ts'
import { electorateOfEpoch, emptyBlock } from '../testing/epoch-blocks.ts'
import { ELECTORATE, signBatch } from '../testing/small-network.ts'
import { isOfEpoch } from './next-block.ts'

const test = suite('the next block')

const parentId = new Uint8Array(32)
const next = electorateOfEpoch(1)
const plain = emptyBlock(ELECTORATE, { parentId })
const sealing = emptyBlock(ELECTORATE, { parentId, seal: next.hash })

/** A parent, as far as it is asked for who is seated after it. */
function parentOf(electorate: Electorate, due: Electorate | null): LedgerVersion {
  return { electorate, nextEpoch: due && { electorate: due } } as LedgerVersion
}

function withBatch(block: Block): Block {
  return { ...block, batches: [signBatch([]).reference] }
}

const ordinary = parentOf(ELECTORATE, null)
const asking = parentOf(ELECTORATE, next)
const seal = parentOf(next, null)

test('a fresh child of a seal is invalid in the epoch of the seal, and stands in the next', () => {
  assert.ok(isOfEpoch(plain, ordinary))
  assert.not(isOfEpoch(plain, seal))
  assert.not(isOfEpoch(sealing, seal))
  assert.ok(isOfEpoch(emptyBlock(next, { parentId }), seal))
})

test('where the state asks for a seal only that very one is valid, and without batches', () => {
  assert.ok(isOfEpoch(sealing, asking))
  assert.not(isOfEpoch(plain, asking))
  assert.not(isOfEpoch(withBatch(sealing), asking))
  const other = electorateOfEpoch(1, [0]).hash
  assert.not(isOfEpoch(emptyBlock(ELECTORATE, { parentId, seal: other }), asking))
})

test('where the state asks for none a seal is invalid, and so is another electorate', () => {
  assert.not(isOfEpoch(sealing, ordinary))
  assert.not(isOfEpoch(emptyBlock(electorateOfEpoch(0, [0]), { parentId }), ordinary))
})

test.run()

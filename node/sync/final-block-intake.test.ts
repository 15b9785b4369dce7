import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Block,
  type Certificate,
  createCertificate,
  type Electorate,
  type Height
} from '../../protocol/index.ts'
import { electorateOfEpoch, emptyBlock, signAs } from '../testing/epoch-blocks.ts'
import { ELECTORATE, NETWORK_TAG } from '../testing/small-network.ts'
import { type FinalBlockIntakePorts, prepareFinalBlocks } from './final-block-intake.ts'

const test = suite('intake of final blocks')

const parent = { height: 0 as Height, blockIdBytes: new Uint8Array(32) }
const parentId = parent.blockIdBytes
/** The founder of seat 1 has lost its seat with the first epoch. */
const NEXT = electorateOfEpoch(1, [0])

/** What an observer judges by; of a run without batches nothing is stored. */
function observer(electorate: Electorate): FinalBlockIntakePorts {
  return { networkTag: NETWORK_TAG, electorate: () => electorate } as FinalBlockIntakePorts
}

/** A finalisation, by the founders that are named, in the names of the first seats. */
function finalise(block: Block, electorate: Electorate, by: readonly number[]): Certificate {
  const place = { electorate, blockId: block.id }
  return createCertificate(
    by.map((author, signer) => signAs(author, 'finalise', { ...place, signer }))
  )
}

const take = (block: Block, finalisation: Certificate, present: Electorate): Promise<string> =>
  prepareFinalBlocks([{ block, finalisation, batches: [] }], parent, observer(present))

test('an observer takes a block that those seated have finalised', async () => {
  const first = emptyBlock(ELECTORATE, { parentId })
  assert.is(await take(first, finalise(first, ELECTORATE, [0, 1]), ELECTORATE), 'taken')
  const block = emptyBlock(NEXT, { parentId })
  assert.is(await take(block, finalise(block, NEXT, [0]), NEXT), 'taken')
})

test('an observer refuses what a former member has finalised, in whatever seat it signs', async () => {
  const block = emptyBlock(NEXT, { parentId })
  assert.is(await take(block, finalise(block, NEXT, [1]), NEXT), 'forged')
  assert.is(await take(block, finalise(block, NEXT, [0, 1]), NEXT), 'forged')
})

test('a finalisation by the electorate of before makes nothing final in this epoch', async () => {
  const block = emptyBlock(NEXT, { parentId })
  assert.is(await take(block, finalise(block, ELECTORATE, [0, 1]), NEXT), 'forged')
  const old = emptyBlock(ELECTORATE, { parentId })
  assert.is(await take(old, finalise(old, ELECTORATE, [0, 1]), NEXT), 'ahead')
})

test.run()

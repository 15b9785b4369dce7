import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type BatchId,
  type Block,
  type BlockId,
  batchListRoot,
  type Certificate,
  createBlock,
  genesisBlock,
  type Height,
  invariant,
  type View
} from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'
import { certify } from '../testing/small-chain.ts'
import { GENESIS, NETWORK_TAG, signBatch } from '../testing/small-network.ts'
import { answerFetch, type FetchServerPorts } from './fetch-server.ts'
import {
  decodeBatchesAnswer,
  decodeBlockAnswer,
  decodeCertificatesAnswer,
  decodeOutcomesAnswer,
  decodeParcels,
  decodeStateValuesAnswer,
  encodeFetchRequest,
  type FetchRequest,
  type FinalBlockParcel
} from './sync-message.ts'

const test = suite('the fetch server')

const zero = new Uint8Array(32)
const genesis = genesisBlock(GENESIS, zero)
const batch = signBatch([createTestDevice(NETWORK_TAG, 3).message(1)])

/** A chain of final blocks, of which those at `direct` heights were finalised themselves. */
function chainOf(length: number, direct: (height: number) => boolean): StoredBlock[] {
  const blocks: Block[] = [genesis]
  for (let height = 1; height <= length; height++) {
    const parent = blocks[height - 1] as Block
    const references = [batch.reference]
    blocks.push(
      createBlock(
        {
          ...parent.header,
          height: height as Height,
          view: height as View,
          parentView: (height - 1) as View,
          parentId: parent.idBytes,
          batchListRoot: batchListRoot(references)
        },
        references
      )
    )
  }
  return blocks.map((block, height) => ({
    block,
    blockBytes: zero,
    finalisation: direct(height) ? certify('finalise', block) : null,
    outcomes: []
  }))
}

async function ask<Answer>(
  request: FetchRequest,
  ports: Partial<FetchServerPorts>,
  read: (answer: Uint8Array) => Answer
): Promise<Answer> {
  const answer = await answerFetch(encodeFetchRequest(request), {
    batchBytes: () => undefined,
    bodyOf: () => undefined,
    finalBlock: () => undefined,
    certificates: () => [],
    batchesFrom: () => 0,
    snapshots: async () => new Uint8Array(0),
    stateValue: () => undefined,
    seals: () => [],
    ...ports
  })
  invariant(answer !== undefined, 'a question is answered')
  return read(answer)
}

async function finalBlocks(
  chain: readonly StoredBlock[],
  from: number,
  count: number,
  batchBytes: FetchServerPorts['batchBytes'] = () => batch.bytes
): Promise<readonly FinalBlockParcel[]> {
  const ports = { finalBlock: (height: number) => chain[height], batchBytes }
  const parcels = await ask({ kind: 'final-blocks', from, count }, ports, decodeParcels)
  invariant(parcels !== undefined, 'the answer is well formed')
  return parcels
}

const heights = (parcels: readonly FinalBlockParcel[]): number[] =>
  parcels.map(({ block }) => block.header.height)

test('bytes that are no question are not answered', async () => {
  assert.is(await answerFetch(Uint8Array.of(0xff), {} as FetchServerPorts), undefined)
})

test('batches are answered in the order of the question, null for those that are not held', async () => {
  const ids = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32) as BatchId)
  const answer = await ask(
    { kind: 'batches', ids },
    { batchBytes: (id) => (id === ids[1] ? undefined : Uint8Array.of(1)) },
    decodeBatchesAnswer
  )
  assert.equal(
    answer?.map((bytes) => bytes?.length ?? null),
    [1, null, 1]
  )
})

test('an answer of batches stays within four mebibytes', async () => {
  const ids = Array.from(
    { length: 64 },
    (_, index) => index.toString(16).padStart(64, '0') as BatchId
  )
  const answer = await ask(
    { kind: 'batches', ids },
    { batchBytes: () => new Uint8Array(80_000) },
    decodeBatchesAnswer
  )
  const sent = answer?.filter((bytes) => bytes !== null) ?? []
  assert.is(sent.length, Math.floor((4 * 1024 * 1024) / 80_000))
})

test('values of the state are answered in the order of the question, within four mebibytes', async () => {
  const places = Array.from({ length: 64 }, (_, index) => ({ table: 1, key: Uint8Array.of(index) }))
  const stateValue = (table: number, key: Uint8Array): Uint8Array | undefined =>
    table === 1 && key[0] !== 3 ? new Uint8Array(80_000).fill(key[0] as number) : undefined
  const answer = await ask(
    { kind: 'state-values', places },
    { stateValue },
    decodeStateValuesAnswer
  )
  const sent = Math.floor((4 * 1024 * 1024) / 80_000)
  const expected = [...places.keys()].map((index) => (index === 3 || index > sent ? null : index))
  assert.equal(
    answer?.map((value) => (value === null ? null : value[0])),
    expected
  )
})

test('the outcomes of a final block are answered by its height', async () => {
  const chain = chainOf(2, () => true)
  const outcomes = [{ outcome: 'void' as const, code: 'QUOTA' }]
  const finalBlock = (height: number): StoredBlock | undefined => {
    const stored = chain[height]
    return stored && { ...stored, outcomes }
  }
  assert.equal(
    await ask({ kind: 'outcomes', height: 1 }, { finalBlock }, decodeOutcomesAnswer),
    outcomes
  )
  assert.is(
    await ask({ kind: 'outcomes', height: 9 }, { finalBlock }, decodeOutcomesAnswer),
    undefined
  )
})

test('a block is answered by its id', async () => {
  const id = genesis.id as BlockId
  const bodyOf = (wanted: BlockId): Block | undefined => (wanted === id ? genesis : undefined)
  assert.is((await ask({ kind: 'block', id }, { bodyOf }, decodeBlockAnswer))?.id, id)
  const other = 'ab'.repeat(32) as BlockId
  assert.is(await ask({ kind: 'block', id: other }, { bodyOf }, decodeBlockAnswer), undefined)
})

test('certificates are looked for in a bounded range of views only', async () => {
  const ranges: number[][] = []
  const certificates = (first: number, last: number): readonly Certificate[] => {
    ranges.push([first, last])
    return []
  }
  const request = { kind: 'certificates' as const, first: 5, last: Number.MAX_SAFE_INTEGER }
  await ask(request, { certificates }, decodeCertificatesAnswer)
  await ask({ ...request, last: 6 }, { certificates }, decodeCertificatesAnswer)
  assert.equal(ranges, [
    [5, 69],
    [5, 6]
  ])
})

test('a run of final blocks has as many as asked for, with their batches', async () => {
  const parcels = await finalBlocks(
    chainOf(10, () => true),
    3,
    4
  )
  assert.equal(heights(parcels), [3, 4, 5, 6])
  assert.ok(parcels.every(({ batches }) => batches.length === 1))
})

test('a run goes on until a block that was finalised itself', async () => {
  const chain = chainOf(20, (height) => height % 7 === 0)
  assert.equal(heights(await finalBlocks(chain, 3, 2)), [3, 4, 5, 6, 7])
  assert.equal(heights(await finalBlocks(chain, 7, 1)), [7])
  assert.ok((await finalBlocks(chain, 3, 2)).at(-1)?.finalisation)
})

test('a run ends at the last block that is proved final', async () => {
  const chain = chainOf(20, (height) => height === 7)
  assert.equal(heights(await finalBlocks(chain, 5, 10)), [5, 6, 7])
  assert.equal(heights(await finalBlocks(chain, 8, 10)), [])
  assert.equal(heights(await finalBlocks(chain, 21, 10)), [])
  assert.equal(heights(await finalBlocks(chain, Number.MAX_SAFE_INTEGER, 64)), [])
})

test('a run without a finalisation in reach is not looked for without end', async () => {
  let looked = 0
  const chain = chainOf(300, () => false)
  const ports = {
    finalBlock: (height: number): StoredBlock | undefined => {
      looked++
      return chain[height]
    }
  }
  assert.equal(await ask({ kind: 'final-blocks', from: 1, count: 1 }, ports, decodeParcels), [])
  assert.ok(looked <= 65)
})

test('a run that grows too large ends early, and leaves out batches that do not fit', async () => {
  const chain = chainOf(64, (height) => height % 64 === 0)
  const large = new Uint8Array(100_000)
  const parcels = await finalBlocks(chain, 1, 64, () => large)
  assert.is(parcels.length, 64)
  const sent = parcels.reduce((sum, { batches }) => sum + batches.length, 0)
  assert.is(sent, Math.floor((4 * 1024 * 1024) / large.length))
  const direct = await finalBlocks(
    chainOf(64, () => true),
    1,
    64,
    () => large
  )
  assert.is(direct.length, sent)
  assert.ok(direct.every(({ batches }) => batches.length === 1))
})

test('batches are left out from the first one that is not held', async () => {
  const parcels = await finalBlocks(
    chainOf(2, () => true),
    1,
    1,
    () => undefined
  )
  assert.equal(parcels[0]?.batches, [])
})

test('blocks whose batches were pruned are not sent: they help nobody onward', async () => {
  const chain = chainOf(10, () => true)
  const ports = {
    finalBlock: (height: number) => chain[height],
    batchBytes: () => batch.bytes,
    batchesFrom: () => 5
  }
  const from = (height: number): Promise<readonly FinalBlockParcel[] | undefined> =>
    ask({ kind: 'final-blocks', from: height, count: 2 }, ports, decodeParcels)
  assert.equal(await from(4), [])
  assert.equal(heights((await from(5)) ?? []), [5, 6])
})

test.run()

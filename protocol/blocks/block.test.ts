import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { toHex } from '../foundation/bytes.ts'
import { BATCH_SIZE_MAX_BYTES } from '../foundation/limits.ts'
import { createElectorate, type Electorate } from '../membership/electorate.ts'
import { buildTestChain } from '../testing/test-chain.ts'
import type { Epoch, Height, View } from '../types.ts'
import { encodeBatchHeader } from './batch.ts'
import {
  type BatchReference,
  type Block,
  type BlockHeader,
  batchListRoot,
  createBatchReference,
  createBlock,
  decodeBlock,
  decodeBlockHeader,
  encodeBlock,
  judgeBlock,
  laneBytesMax
} from './block.ts'

const test = suite('blocks')

const { networkTag, electorate, block0, block1, block2 } = buildTestChain()

/** A header that keeps its promises about the list, changed elsewhere. */
function blockOf(batches: readonly BatchReference[], change: Partial<BlockHeader> = {}): Block {
  return createBlock(
    { ...block1.header, batchListRoot: batchListRoot(batches), ...change },
    batches
  )
}

let sequence = 0
/** A batch of an author by its index, of so many bytes. */
function batchOf(author: number, bytes: number): BatchReference {
  const header = {
    author: electorate.seats[author]?.memberId ?? new Uint8Array(32),
    authorSequence: sequence++,
    priority: 2 as const,
    receivedAtMs: 0,
    height: 0,
    transactionsRoot: new Uint8Array(32),
    count: 1,
    bytes
  }
  const reference = createBatchReference(encodeBatchHeader(header), header, electorate)
  assert.ok(reference)
  return reference as BatchReference
}

function judge(block: Block, seats: Electorate = electorate): string {
  const judged = judgeBlock(block, networkTag, seats)
  return judged.ok ? 'good' : judged.fault
}

test('blocks of the chain are good, and come back from their bytes', () => {
  for (const block of [block1, block2]) {
    assert.is(judge(block), 'good')
    const read = decodeBlock(encodeBlock(block))
    assert.is(read?.id, block.id)
    assert.equal(read?.header, block.header)
    assert.is(read && toHex(encodeBlock(read)), toHex(encodeBlock(block)))
  }
})

const FAULTS: readonly (readonly [why: string, fault: string, change: Partial<BlockHeader>])[] = [
  ['another network', 'BLOCK_NETWORK_WRONG', { networkTag: new Uint8Array(32) }],
  ['another epoch', 'BLOCK_ELECTORATE_WRONG', { epoch: 1 as Epoch }],
  ['another electorate', 'BLOCK_ELECTORATE_WRONG', { electorateHash: new Uint8Array(32) }],
  ['view zero', 'BLOCK_SHAPE_WRONG', { view: 0 as View }],
  [
    'a view no later than its parent’s',
    'BLOCK_SHAPE_WRONG',
    { view: 4 as View, parentView: 4 as View }
  ],
  ['height zero', 'BLOCK_SHAPE_WRONG', { height: 0 as Height }],
  ['another list root', 'BLOCK_BATCH_LIST_WRONG', { batchListRoot: new Uint8Array(32) }],
  ['a seal', 'BLOCK_SEAL_WRONG', { seal: Uint8Array.of(1) }]
]

for (const [why, fault, change] of FAULTS)
  test(`a block with ${why} is refused: ${fault}`, () => {
    assert.is(judge(blockOf(block1.batches, change)), fault)
  })

test('genesis is no block that anyone may propose', () => {
  assert.is(judge(block0), 'BLOCK_SHAPE_WRONG')
})

test('a batch whose author sits elsewhere, or nowhere, is refused', () => {
  const [reference] = block1.batches as readonly [BatchReference]
  const elsewhere = { ...reference, authorIndex: (reference.authorIndex + 1) % 4 }
  assert.is(judge(blockOf([elsewhere])), 'BLOCK_AUTHOR_WRONG')
  assert.is(judge(blockOf([{ ...reference, authorIndex: 4 }])), 'BLOCK_AUTHOR_WRONG')
  const stranger = { ...reference.header, author: new Uint8Array(32) }
  assert.is(createBatchReference(encodeBatchHeader(stranger), stranger, electorate), undefined)
})

test('a list that is not the one of the root is refused', () => {
  assert.is(judge({ ...block1, batches: [] }), 'BLOCK_BATCH_LIST_WRONG')
  const two = [batchOf(0, 1), batchOf(1, 1)]
  const turned = { ...blockOf(two), batches: two.toReversed() }
  assert.is(judge(turned), 'BLOCK_BATCH_LIST_WRONG')
})

test('a batch that is listed twice is refused', () => {
  const batch = batchOf(0, 1)
  assert.is(judge(blockOf([batch, batchOf(1, 1), batch])), 'BLOCK_BATCH_LIST_WRONG')
})

test('a block is as large as it may be, and no larger', () => {
  const { blockBytesMax } = electorate.parameters
  const full = [0, 1, 2, 3].flatMap((author) =>
    Array.from({ length: 4 }, () => batchOf(author, BATCH_SIZE_MAX_BYTES))
  )
  assert.is(full.length * BATCH_SIZE_MAX_BYTES, blockBytesMax)
  assert.is(judge(blockOf(full)), 'good')
  assert.is(judge(blockOf([...full, batchOf(0, 1)])), 'BLOCK_TOO_LARGE')
})

test('one author fills half a block alone, and of a fuller one no more than its lane', () => {
  const laneMax = laneBytesMax(electorate)
  assert.is(laneMax, (3 * 1_048_576) / 8)
  const lane = (author: number, bytes: number): BatchReference[] => [
    ...Array.from({ length: Math.floor(bytes / BATCH_SIZE_MAX_BYTES) }, () =>
      batchOf(author, BATCH_SIZE_MAX_BYTES)
    ),
    ...(bytes % BATCH_SIZE_MAX_BYTES > 0 ? [batchOf(author, bytes % BATCH_SIZE_MAX_BYTES)] : [])
  ]
  const half = 1_048_576 / 2
  assert.is(judge(blockOf(lane(0, half))), 'good')
  assert.is(judge(blockOf([...lane(0, half), batchOf(1, 1)])), 'BLOCK_LANE_TOO_LARGE')
  assert.is(judge(blockOf([...lane(0, laneMax), ...lane(1, half)])), 'BLOCK_LANE_TOO_LARGE')
  assert.is(judge(blockOf([...lane(0, laneMax), ...lane(1, laneMax)])), 'good')
  assert.is(judge(blockOf([...lane(0, laneMax), ...lane(1, laneMax + 1)])), 'BLOCK_LANE_TOO_LARGE')
})

test('a lane holds a full batch however many members there are', () => {
  const crowd = createElectorate({
    ...electorate,
    seats: Array.from({ length: 200 }, (_, index) => ({
      ...(electorate.seats[0] as Electorate['seats'][number]),
      memberId: new Uint8Array(32).fill(index + 1)
    }))
  })
  assert.is(laneBytesMax(crowd), BATCH_SIZE_MAX_BYTES)
})

test('every field of the header is in the id', () => {
  const other = new Uint8Array(32).fill(0x77)
  const changes: readonly Partial<BlockHeader>[] = [
    { networkTag: other },
    { epoch: 9 as Epoch },
    { view: 9 as View },
    { parentId: other },
    { parentView: 1 as View },
    { height: 9 as Height },
    { timeMs: 9 },
    { batchListRoot: other },
    { stateRoot: other },
    { receiptsRoot: other },
    { transactionCount: 9 },
    { electorateHash: other },
    { seal: other }
  ]
  const headers = [block1.header, ...changes.map((change) => ({ ...block1.header, ...change }))]
  const ids = headers.map((header) => {
    const block = createBlock(header, [])
    assert.equal(decodeBlockHeader(block.headerBytes), header)
    return block.id
  })
  assert.is(new Set(ids).size, headers.length)
})

test('another format, a missing field or a surplus one is no header', () => {
  const fields = decodeCbor(block1.headerBytes) as readonly CborValue[]
  assert.ok(decodeBlockHeader(encodeCbor(fields)))
  assert.is(decodeBlockHeader(encodeCbor(fields.with(0, 2))), undefined)
  assert.is(decodeBlockHeader(encodeCbor(fields.with(0, 0))), undefined)
  assert.is(decodeBlockHeader(encodeCbor(fields.slice(0, -1))), undefined)
  assert.is(decodeBlockHeader(encodeCbor([...fields, null])), undefined)
  for (const position of fields.keys())
    assert.is(decodeBlockHeader(encodeCbor(fields.with(position, 'x'))), undefined)
})

test('changed bytes are no block, or another one, and never good', () => {
  const encoded = encodeBlock(block1)
  fc.assert(
    fc.property(
      fc.nat({ max: encoded.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, mask) => {
        const changed = encoded.slice()
        changed[at] = (changed[at] as number) ^ mask
        const read = decodeBlock(changed)
        if (read === undefined) return
        assert.is(toHex(encodeBlock(read)), toHex(changed))
        if (read.id === block1.id) assert.is.not(judge(read), 'good')
      }
    ),
    { numRuns: 500 }
  )
})

test.run()

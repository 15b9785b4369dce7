import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  BLOCK_FORMAT,
  type Block,
  batchListRoot,
  createBlock,
  decodeTransaction,
  type Epoch,
  encodeBatch,
  type Height,
  listRoot,
  transactionLeaf,
  type View
} from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import { BatchStore } from '../batches/batch-store.ts'
import { VerificationQueue } from '../batches/verifier.ts'
import { systemClock } from '../clock.ts'
import { create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { ELECTORATE, NETWORK_TAG, signBatch, type TestBatch } from '../testing/small-network.ts'
import { BatchFetcher } from './batch-fetcher.ts'
import { decodeFetchRequest, encodeBatchesAnswer } from './sync-message.ts'

const test = suite('the batch fetcher')

const verifier = new VerificationQueue(NETWORK_TAG, (error) => {
  throw error
})
test.after(async () => {
  await verifier.close()
})

const device = createTestDevice(NETWORK_TAG, 9)
const ZERO = new Uint8Array(32)

function blockOf(batches: readonly TestBatch[]): Block {
  const references = batches.map(({ reference }) => reference)
  return createBlock(
    {
      format: BLOCK_FORMAT,
      networkTag: NETWORK_TAG,
      epoch: 0 as Epoch,
      view: 1 as View,
      parentId: ZERO,
      parentView: 0 as View,
      height: 1 as Height,
      timeMs: 1,
      batchListRoot: batchListRoot(references),
      stateRoot: ZERO,
      receiptsRoot: ZERO,
      transactionCount: batches.length,
      electorateHash: ELECTORATE.hash,
      seal: null
    },
    references
  )
}

type Peer = (wanted: readonly string[]) => readonly (Uint8Array | null)[] | undefined

interface World {
  readonly store: BatchStore
  readonly fetcher: BatchFetcher
  readonly asked: string[]
  readonly penalised: string[]
  isWanted: boolean
}

function withFetcher(
  peers: Readonly<Record<string, Peer>>,
  run: (world: World) => Promise<void>
): () => Promise<void> {
  return withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const store = new BatchStore(
      { networkTag: NETWORK_TAG, electorate: () => ELECTORATE },
      { database, verifier, onHeld: () => undefined }
    )
    const asked: string[] = []
    const penalised: string[] = []
    const fetcher = new BatchFetcher({
      clock: systemClock,
      store,
      ask: async (peer, request) => {
        asked.push(peer)
        const question = decodeFetchRequest(request)
        const wanted = question?.kind === 'batches' ? question.ids : []
        const answer = peers[peer]?.(wanted)
        if (asked.length > 4) world.isWanted = false
        return await Promise.resolve(answer && encodeBatchesAnswer(answer))
      },
      peers: () => Object.keys(peers),
      penalise: (peer) => penalised.push(peer),
      isWanted: () => world.isWanted
    })
    const world: World = { store, fetcher, asked, penalised, isWanted: true }
    try {
      await run(world)
    } finally {
      await database.close()
    }
  })
}

const good = [1, 2].map((sequence) => signBatch([device.message(sequence)]))
const [one, two] = good as [TestBatch, TestBatch]
const holder: Peer = (wanted) =>
  wanted.map((id) => good.find((batch) => batch.id === id)?.bytes ?? null)

/** A batch whose author signed a transaction that is not sound. */
function faultyBatch(): TestBatch {
  const wire = device.message(3)
  const at = Buffer.from(wire).indexOf(Buffer.from('a0f65840', 'hex')) + 8
  wire[at] = (wire[at] as number) ^ 1
  const decoded = decodeTransaction(wire, NETWORK_TAG)
  const leaf = decoded.ok ? transactionLeaf(decoded.value) : ZERO
  return signBatch([wire], { author: 1, header: { transactionsRoot: listRoot([leaf]) } })
}
const faulty = faultyBatch()

/** A good header and signature over another transaction. */
function spoilt({ headerBytes, bytes }: TestBatch): Uint8Array {
  const signature = bytes.slice(3 + headerBytes.length + 9, 3 + headerBytes.length + 73)
  const wire = device.message(7)
  wire[wire.length - 30] = (wire[wire.length - 30] as number) ^ 1
  return encodeBatch({
    headerBytes,
    signature: { algorithm: 'Ed25519', signature },
    transactions: [wire]
  })
}

test(
  'a block whose batches are held is complete, and nobody is asked',
  withFetcher({ a: holder }, async ({ store, fetcher, asked }) => {
    for (const { bytes } of good) await store.take(bytes)
    assert.is(await fetcher.obtain(blockOf(good), ['a']), 'complete')
    assert.equal(asked, [])
  })
)

test(
  'what is missing is asked for, of the first who has it',
  withFetcher({ mute: () => undefined, none: () => [null, null], a: holder }, async (world) => {
    const { store, fetcher, asked, penalised } = world
    await store.take(one.bytes)
    assert.is(await fetcher.obtain(blockOf(good), ['mute', 'none', 'a', 'none']), 'complete')
    assert.ok(store.has(two.id))
    assert.equal(asked, ['mute', 'none', 'a'])
    assert.equal(penalised, [])
  })
)

test(
  'everybody is asked when the first ones have nothing',
  withFetcher({ a: holder }, async ({ fetcher, asked }) => {
    assert.is(await fetcher.obtain(blockOf(good), ['nobody']), 'complete')
    assert.equal(asked, ['nobody', 'nobody', 'a'])
  })
)

test(
  'a faulty batch of the block makes the block faulty, whoever sent it',
  withFetcher({ a: () => [faulty.bytes] }, async ({ fetcher, penalised }) => {
    assert.is(await fetcher.obtain(blockOf([faulty]), ['a']), 'faulty')
    assert.equal(penalised, ['a'])
  })
)

test(
  'a faulty batch that was not asked for says nothing about the block',
  withFetcher({ liar: () => [faulty.bytes], a: holder }, async ({ fetcher, penalised }) => {
    assert.is(await fetcher.obtain(blockOf([one]), ['liar', 'a']), 'complete')
    assert.equal(penalised, ['liar'])
  })
)

test(
  'a batch that was spoilt on its way says nothing about the block',
  withFetcher({ liar: () => [spoilt(one)], a: holder }, async ({ fetcher, penalised }) => {
    assert.is(await fetcher.obtain(blockOf([one]), ['liar', 'a']), 'complete')
    assert.equal(penalised, ['liar'])
  })
)

test(
  'a block that no longer matters is abandoned',
  withFetcher({ none: () => [null] }, async ({ fetcher }) => {
    assert.is(
      await fetcher.obtain(blockOf([one]), ['none', 'none', 'none', 'none', 'none']),
      'abandoned'
    )
  })
)

test(
  'two who want the same block share one fetch',
  withFetcher({ a: holder }, async ({ fetcher, asked }) => {
    const block = blockOf(good)
    const outcomes = await Promise.all([fetcher.obtain(block, ['a']), fetcher.obtain(block, ['a'])])
    assert.equal(outcomes, ['complete', 'complete'])
    assert.equal(asked, ['a'])
  })
)

test.run()

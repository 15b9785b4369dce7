import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Batch,
  decodeAcceptedReceipt,
  decodeBatch,
  invariant,
  isBatchSigned,
  judgeAcceptedReceipt,
  listLeafHash,
  type Priority,
  toHex,
  transactionLeaf
} from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import { systemClock } from '../clock.ts'
import { create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { ELECTORATE, founder, judgedTransaction, NETWORK_TAG } from '../testing/small-network.ts'
import { BatchStore } from './batch-store.ts'
import { Batcher, type BatcherOptions, type BatchItem } from './batcher.ts'
import { VerificationQueue } from './verifier.ts'

const test = suite('the batcher')

const verifier = new VerificationQueue(NETWORK_TAG, (error) => {
  throw error
})
test.after(async () => {
  await verifier.close()
})

const device = createTestDevice(NETWORK_TAG, 8)
const item = (sequence: number): BatchItem => {
  const transaction = judgedTransaction(device.message(sequence))
  return { transaction, leafHash: listLeafHash(transactionLeaf(transaction)) }
}

interface World {
  readonly batcher: Batcher
  readonly store: BatchStore
  readonly sent: Batch[]
  readonly closeDatabase: () => Promise<void>
}

function withBatcher(
  run: (world: World) => Promise<void>,
  options: Partial<BatcherOptions> = {}
): () => Promise<void> {
  return withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const store = new BatchStore(
      { networkTag: NETWORK_TAG, electorate: () => ELECTORATE },
      { database, verifier, onHeld: () => undefined }
    )
    const sent: Batch[] = []
    const { memberId, sign } = founder(0)
    const batcher = new Batcher(
      {
        networkTag: NETWORK_TAG,
        electorate: () => ELECTORATE,
        author: memberId,
        closeAfterMs: 10,
        closeAtBytes: 60_000,
        ...options
      },
      {
        store,
        clock: { ...systemClock, nowMs: () => 0, timeMs: () => 1_700_000_000_000 },
        height: () => 4,
        sign,
        disseminate: (bytes) => {
          const batch = decodeBatch(bytes)
          invariant(batch !== undefined, 'what is sent is a batch')
          sent.push(batch)
        }
      }
    )
    try {
      await run({ batcher, store, sent, closeDatabase: () => database.close() })
    } finally {
      await database.close()
    }
  })
}

test(
  'each transaction gets a receipt that proves its place in a batch that is held by then',
  withBatcher(async ({ batcher, store, sent }) => {
    const items = [1, 2, 3].map(item)
    const receipts = await Promise.all(items.map((one) => batcher.add(one, 2)))
    assert.is(sent.length, 1)
    const [batch] = sent as [Batch]
    assert.ok(isBatchSigned(NETWORK_TAG, batch))
    assert.ok(store.has(batch.id))
    assert.equal([batch.header.count, batch.header.priority, batch.header.height], [3, 2, 4])
    for (const [index, encoded] of receipts.entries()) {
      const receipt = decodeAcceptedReceipt(encoded)
      const { transaction } = items[index] as BatchItem
      assert.ok(receipt)
      const trusted = { networkTag: NETWORK_TAG, electorate: ELECTORATE }
      assert.ok(receipt && judgeAcceptedReceipt(receipt, transaction, trusted).ok)
    }
  })
)

test(
  'what this node made, the worker of another finds good',
  withBatcher(async ({ batcher, store, sent }) => {
    await Promise.all([1, 2, 3].map((sequence) => batcher.add(item(sequence), 2)))
    const bytes = store.bytesOf((sent[0] as Batch).id) ?? new Uint8Array(0)
    assert.is((await verifier.judgeBatch(bytes))?.fault, null)
  })
)

test(
  'priorities are never mixed',
  withBatcher(async ({ batcher, sent }) => {
    const priorities: readonly Priority[] = [2, 1, 2, 0]
    await Promise.all(priorities.map((priority, index) => batcher.add(item(index + 1), priority)))
    assert.equal(sent.map(({ header }) => [header.priority, header.count]).sort(), [
      [0, 1],
      [1, 1],
      [2, 2]
    ])
  })
)

test(
  'a batch closes at its size, and no transaction is lost or taken twice',
  withBatcher(
    async ({ batcher, sent }) => {
      const items = Array.from({ length: 20 }, (_, index) => item(index + 1))
      await Promise.all(items.map((one) => batcher.add(one, 2)))
      assert.ok(sent.length > 1)
      const inOrder = [...sent].sort((a, b) => a.header.authorSequence - b.header.authorSequence)
      const carried = inOrder.flatMap(({ transactions }) => transactions.map(toHex))
      assert.is(carried.join(), items.map(({ transaction }) => toHex(transaction.wire)).join())
    },
    { closeAtBytes: 1000 }
  )
)

test(
  'a batch never holds more than a batch may',
  withBatcher(
    async ({ batcher, sent }) => {
      const one = item(1)
      const count = Math.ceil((2.5 * 65_536) / one.transaction.wire.length)
      const added = Array.from({ length: count }, () => batcher.add(one, 2))
      batcher.flush()
      await Promise.all(added)
      assert.is(sent.length, 3)
      for (const { header } of sent) assert.ok(header.bytes <= 65_536 && header.count <= 1024)
      assert.is(
        sent.reduce((sum, { header }) => sum + header.count, 0),
        count
      )
    },
    { closeAtBytes: 1_000_000, closeAfterMs: 60_000 }
  )
)

test(
  'every batch has a sequence of its own, although the clock stands still',
  withBatcher(
    async ({ batcher, sent }) => {
      await Promise.all([1, 2, 3, 4].map((sequence) => batcher.add(item(sequence), 2)))
      const sequences = sent.map(({ header }) => header.authorSequence)
      assert.is(new Set(sequences).size, 4)
      assert.is(new Set(sent.map(({ id }) => id)).size, 4)
    },
    { closeAtBytes: 1 }
  )
)

test(
  'a flush closes what is open, and nothing when nothing is',
  withBatcher(
    async ({ batcher, sent }) => {
      batcher.flush()
      const added = batcher.add(item(1), 2)
      batcher.flush()
      batcher.flush()
      await added
      assert.is(sent.length, 1)
    },
    { closeAfterMs: 60_000 }
  )
)

test(
  'when the batch cannot be made durable nobody is told accepted, and nothing is sent',
  withBatcher(async ({ batcher, sent, closeDatabase }) => {
    await closeDatabase()
    const outcomes = await Promise.allSettled([1, 2].map((n) => batcher.add(item(n), 2)))
    assert.ok(outcomes.every(({ status }) => status === 'rejected'))
    assert.equal(sent, [])
  })
)

test.run()

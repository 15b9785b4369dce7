import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBatch, type HeldBatch, toHex } from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import { batchKey } from '../ledger/keyspace.ts'
import type { Database } from '../storage/database.ts'
import { create, reopen } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import {
  ELECTORATE,
  founder,
  judgedTransaction,
  NETWORK_TAG,
  signBatch,
  type TestBatch
} from '../testing/small-network.ts'
import { BatchStore } from './batch-store.ts'
import { type BatchFinding, VerificationQueue, type Verifier } from './verifier.ts'

const test = suite('the batch store')

const verifier = new VerificationQueue(NETWORK_TAG, (error) => {
  throw error
})
test.after(async () => {
  await verifier.close()
})

const device = createTestDevice(NETWORK_TAG, 6)
const wires = [1, 2].map((sequence) => device.message(sequence))
const OPTIONS = { networkTag: NETWORK_TAG, electorate: () => ELECTORATE }

interface World {
  readonly store: BatchStore
  readonly database: Database
  readonly held: HeldBatch[]
  /** How many batches the worker was asked about. */
  readonly judged: () => number
  /** The store over the same folder, after a restart. */
  readonly restart: () => Promise<BatchStore>
}

/** Runs a test on a store with a real database and the real worker, whose questions are counted. */
function withStore(
  run: (world: World) => Promise<void>,
  judgeBatch: Verifier['judgeBatch'] = (bytes) => verifier.judgeBatch(bytes)
): () => Promise<void> {
  return withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    let database = await create(path)
    const held: HeldBatch[] = []
    let judged = 0
    const counted: Verifier = {
      judgeBatch: (bytes): Promise<BatchFinding> | undefined => {
        judged++
        return judgeBatch(bytes)
      },
      judgeTransaction: (wire) => verifier.judgeTransaction(wire),
      close: () => Promise.resolve()
    }
    const open = (): BatchStore =>
      new BatchStore(OPTIONS, {
        database,
        verifier: counted,
        onHeld: (batch) => held.push(batch)
      })
    const restart = async (): Promise<BatchStore> => {
      await database.close()
      database = await reopen(path)
      return open()
    }
    try {
      await run({ store: open(), database, held, judged: () => judged, restart })
    } finally {
      await database.close()
    }
  })
}

/** The same header and signature over one other transaction of the same length. */
function spoiltCopy({ headerBytes, bytes }: TestBatch): Uint8Array {
  const signature = bytes.slice(3 + headerBytes.length + 9, 3 + headerBytes.length + 73)
  const transactions = [wires[0] as Uint8Array, device.message(9)]
  return encodeBatch({
    headerBytes,
    signature: { algorithm: 'Ed25519', signature },
    transactions
  })
}

test(
  'a good batch is held, told of, and opened again with its transactions',
  withStore(async ({ store, held }) => {
    const { bytes, id, reference } = signBatch(wires)
    const taking = await store.take(bytes)
    assert.is(taking.kind, 'held')
    assert.ok(store.has(id))
    assert.is(toHex(store.bytesOf(id) ?? new Uint8Array(0)), toHex(bytes))
    assert.equal(held, [
      {
        id,
        authorIndex: reference.authorIndex,
        priority: 2,
        bytes: reference.header.bytes,
        count: 2
      }
    ])
    const ids = store.transactionsOf(reference)?.map((transaction) => toHex(transaction.id))
    assert.equal(ids, [device.transactionId(1), device.transactionId(2)])
  })
)

test(
  'a batch that is held already is known, and not judged again',
  withStore(async ({ store, held, judged }) => {
    const { bytes } = signBatch(wires)
    await store.take(bytes)
    assert.equal(await store.take(bytes.slice()), { kind: 'known' })
    assert.is(judged(), 1)
    assert.is(held.length, 1)
  })
)

test(
  'two takes of the same bytes at once are judged once',
  withStore(async ({ store, held, judged }) => {
    const { bytes } = signBatch(wires)
    const takings = await Promise.all([store.take(bytes), store.take(bytes.slice())])
    assert.equal(
      takings.map(({ kind }) => kind),
      ['held', 'held']
    )
    assert.is(judged(), 1)
    assert.is(held.length, 1)
    const forged = signBatch(wires, { sign: founder(1).sign }).bytes
    const refused = await Promise.all([store.take(forged), store.take(forged.slice())])
    assert.ok(refused.every(({ kind }) => kind === 'faulty'))
    assert.is(judged(), 2)
  })
)

test(
  'a spoilt copy that comes first does not suppress the good one',
  withStore(async ({ store, held }) => {
    const batch = signBatch(wires)
    const spoilt = spoiltCopy(batch)
    assert.is(spoilt.length, batch.bytes.length)
    const [first, second, third] = await Promise.all([
      store.take(spoilt),
      store.take(batch.bytes),
      store.take(spoilt.slice())
    ])
    assert.equal(first, { kind: 'faulty', fault: 'BATCH_ROOT_WRONG' })
    assert.is(second.kind, 'held')
    assert.equal(third, first)
    assert.is(held.length, 1)
    assert.is(toHex(store.bytesOf(batch.id) ?? new Uint8Array(0)), toHex(batch.bytes))
  })
)

test(
  'faulty bytes and strangers are refused, and nothing is kept of them',
  withStore(async ({ store, held, judged }) => {
    assert.equal(await store.take(Uint8Array.of(1, 2, 3)), {
      kind: 'faulty',
      fault: 'BATCH_MALFORMED'
    })
    assert.equal(await store.take(new Uint8Array(100_000)), {
      kind: 'faulty',
      fault: 'BATCH_MALFORMED'
    })
    const stranger = signBatch(wires, { header: { author: new Uint8Array(32).fill(9) } })
    assert.equal(await store.take(stranger.bytes), { kind: 'unseated' })
    assert.is(judged(), 0)
    const wrong = signBatch(wires, { priority: 1 })
    assert.equal(await store.take(wrong.bytes), { kind: 'faulty', fault: 'BATCH_PRIORITY_WRONG' })
    assert.not(store.has(wrong.id))
    assert.is(store.transactionsOf(wrong.reference), undefined)
    assert.equal(held, [])
  })
)

test(
  'without room at the worker a batch is not taken, and may come again',
  withStore(
    async ({ store, held }) => {
      const { bytes, id } = signBatch(wires)
      assert.equal(await store.take(bytes), { kind: 'busy' })
      assert.not(store.has(id))
      assert.equal(held, [])
    },
    () => undefined
  )
)

test(
  'an own batch is kept without being judged',
  withStore(async ({ store, held, judged }) => {
    const { bytes, reference, id } = signBatch(wires)
    await store.keepOwn(bytes, reference, wires.map(judgedTransaction))
    assert.ok(store.has(id))
    assert.is(held.length, 1)
    assert.is(judged(), 0)
  })
)

test(
  'what is forgotten is read again from the database, ids and all',
  withStore(async ({ store }) => {
    const { bytes, reference, id } = signBatch(wires)
    await store.take(bytes)
    store.forget([id, 'ab'.repeat(32) as never])
    const again = store.transactionsOf(reference)
    assert.equal(
      again?.map((transaction) => toHex(transaction.id)),
      [device.transactionId(1), device.transactionId(2)]
    )
    assert.equal(store.referenceOf(id), reference)
  })
)

test(
  'after a restart the batches that are not final are found again',
  withStore(async ({ store, restart }) => {
    const batches = Array.from({ length: 8 }, (_, index) =>
      signBatch([wires[index % 2] as Uint8Array])
    )
    for (const { bytes } of batches) await store.take(bytes)
    const again = await restart()
    const closed = batches.map(({ id }) => id)
    assert.equal(
      (await again.pending()).map(({ id }) => id),
      closed
    )
    const carried = await again.pendingBytes()
    assert.equal(
      carried.map(({ reference }) => reference?.id),
      closed
    )
    for (const { id, bytes } of batches) {
      assert.ok(again.has(id))
      assert.equal(await again.take(bytes), { kind: 'known' })
    }
  })
)

test(
  'a batch that is let go is not held from the begin of that write on, and may come anew after it',
  withStore(async ({ store, database, held }) => {
    const { bytes, reference } = signBatch(wires)
    assert.is((await store.take(bytes)).kind, 'held')
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const releasing = store.release([reference.id], async () => {
      await gate
      const write = database.createBatch()
      write.delete(batchKey(reference.id))
      await write.write({ sync: false })
    })
    assert.not(store.has(reference.id))
    assert.is(store.bytesOf(reference.id), undefined)
    assert.is(store.transactionsOf(reference), undefined)
    const again = store.take(bytes)
    go()
    await releasing
    assert.is((await again).kind, 'held')
    assert.is(toHex(store.bytesOf(reference.id) ?? new Uint8Array(0)), toHex(bytes))
    assert.is(held.length, 2)
  })
)

test.run()

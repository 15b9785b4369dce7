import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Transaction } from '../../protocol/index.ts'
import { Pool, type PoolFault } from './pool.ts'
import type { BookEntry } from './transaction-book.ts'

const test = suite('the pool')

const id = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

function entry(body: Partial<Transaction['body']>): BookEntry {
  return {
    transaction: { body } as Transaction,
    takenAtMs: 0,
    status: { stage: 'pooled' },
    retries: 0
  } as unknown as BookEntry
}
const message = (device: number, sequence: number): BookEntry =>
  entry({ kind: 'device-message', deviceId: id(device), sequence } as never)
const lost = (device: number): BookEntry => entry({ kind: 'lost', deviceId: id(device) } as never)

function create(): { readonly pool: Pool; readonly dropped: [BookEntry, PoolFault][] } {
  const dropped: [BookEntry, PoolFault][] = []
  return { pool: new Pool({ nowMs: () => 0 }, (...one) => dropped.push(one)), dropped }
}

const GREEDY = { name: 'greedy', weight: 1 }
const MODEST = { name: 'modest', weight: 1 }

/** Fills the pool by devices of one share, 64 messages each. */
function fill(pool: Pool, count: number): void {
  for (let index = 0; index < count; index++)
    assert.is(pool.keep(message(Math.floor(index / 64), 1 + (index % 64)), GREEDY), undefined)
}

test('one device has 64 messages waiting, and each sequence once', () => {
  const { pool } = create()
  fill(pool, 64)
  assert.is(pool.keep(message(0, 65), GREEDY), 'DEVICE_POOL_FULL')
  assert.is(pool.keep(message(0, 7), GREEDY), 'DEVICE_POOL_FULL')
  assert.is(pool.keep(message(1, 1), GREEDY), undefined)
})

test('eight acts about one device wait, whoever signed them', () => {
  const { pool } = create()
  for (let count = 0; count < 8; count++) assert.is(pool.keep(lost(1), MODEST), undefined)
  assert.is(pool.keep(lost(1), MODEST), 'OWNER_POOL_FULL')
  assert.is(pool.keep(lost(2), MODEST), undefined)
})

test('of 2,000 the share that has most gives its last to another, and gets nothing more itself', () => {
  const { pool, dropped } = create()
  fill(pool, 2_000)
  assert.is(pool.keep(message(99, 1), GREEDY), 'SHARE_FULL')
  assert.equal(dropped, [])
  assert.is(pool.keep(message(200, 1), MODEST), undefined)
  assert.is(pool.size, 2_000)
  const [[gone, code]] = dropped as [[BookEntry, PoolFault]]
  assert.is(code, 'SHARE_FULL')
  assert.is((gone.transaction.body as { sequence: number }).sequence, 64)
})

test('shares of equal weight end with equal parts, however late one comes', () => {
  const { pool, dropped } = create()
  fill(pool, 2_000)
  let kept = 0
  for (let device = 100; device < 200; device++)
    for (let sequence = 1; sequence <= 64; sequence++)
      if (pool.keep(message(device, sequence), MODEST) === undefined) kept++
  assert.is(kept, dropped.length)
  assert.ok(Math.abs(kept - 1_000) <= 1)
})

test('a full pool takes no act', () => {
  const { pool } = create()
  fill(pool, 2_000)
  assert.is(pool.keep(lost(250), MODEST), 'POOL_FULL')
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Transaction } from '../../protocol/index.ts'
import { Retries } from './retries.ts'
import { type BookEntry, TransactionBook } from './transaction-book.ts'

const test = suite('retries')

let nowMs = 0
const clock = { nowMs: () => nowMs }
const LONG_AGO_MS = -1_000_000
const applied = {
  outcome: { outcome: 'applied', code: null },
  height: 1,
  timeMs: 1
} as const

test.before.each(() => {
  nowMs = 0
})

function enter(book: TransactionBook, number: number): BookEntry {
  const id = new Uint8Array(32).fill(number)
  // Only its id, its length and where it stands in its device's chain are looked at here.
  const body = { kind: 'device-message', sequence: number }
  const transaction = { id, wire: new Uint8Array(1), body } as Transaction
  return book.enter(transaction, id, nowMs)
}

function due(retries: Retries, takenBeforeMs: number = LONG_AGO_MS): readonly number[] {
  return retries.takeDue(takenBeforeMs).map(({ transaction }) => transaction.id[0] as number)
}

test('each pause is twice as long as the one before, up to a bound', () => {
  const [book, retries] = [new TransactionBook(), new Retries(clock)]
  const entry = enter(book, 1)
  for (const pauseMs of [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000]) {
    retries.add(entry)
    nowMs += pauseMs - 1
    assert.equal(due(retries), [])
    nowMs++
    assert.equal(due(retries), [1])
    assert.is(retries.size, 0)
  }
})

test('what a device said comes out in the order in which it was said', () => {
  const [book, retries] = [new TransactionBook(), new Retries(clock)]
  for (const number of [3, 1, 2]) retries.add(enter(book, number))
  nowMs = 250
  assert.equal(due(retries), [1, 2, 3])
})

test('what was taken in long ago comes out before it is due', () => {
  const [book, retries] = [new TransactionBook(), new Retries(clock)]
  retries.add(enter(book, 1))
  assert.equal(due(retries, nowMs), [])
  assert.equal(due(retries, nowMs + 1), [1])
})

test('what became final meanwhile is not tried again', () => {
  const [book, retries] = [new TransactionBook(), new Retries(clock)]
  const entry = enter(book, 1)
  retries.add(entry)
  book.advance(entry, 'final', applied)
  nowMs = 250
  assert.equal(due(retries), [])
  assert.is(retries.size, 0)
})

test.run()

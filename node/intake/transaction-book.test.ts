import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Transaction } from '../../protocol/index.ts'
import { TransactionBook } from './transaction-book.ts'

const test = suite('the book of transactions')

/** A transaction of which only the id and the length are looked at. */
function transaction(number: number): Transaction {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, number)
  return { id, wire: new Uint8Array(100) } as Transaction
}
const LEAF = new Uint8Array(32)
const BLOCK = { outcome: { outcome: 'applied' as const, code: null }, height: 4, timeMs: 5 }

test('a transaction is entered as pooled, and found by its id until it ends and after', () => {
  const book = new TransactionBook()
  const entry = book.enter(transaction(1), LEAF, 7)
  assert.is(book.get(transaction(1).id), entry)
  assert.equal([entry.status.stage, entry.takenAtMs, book.openCount], ['pooled', 7, 1])
  book.advance(entry, 'accepted')
  assert.is(book.openCount, 1)
  book.advance(entry, 'final', BLOCK)
  assert.is(book.openCount, 0)
  assert.equal(book.get(transaction(1).id)?.status, {
    transactionId: transaction(1).id,
    stage: 'final',
    outcome: 'applied',
    code: null,
    height: 4,
    timeMs: 5
  })
  assert.is(book.get(transaction(2).id), undefined)
})

test('bytes are counted while a transaction is under way, once, however often it is entered', () => {
  const book = new TransactionBook()
  const [one, two] = [1, 2].map((number) => book.enter(transaction(number), LEAF, 0))
  assert.ok(one && two)
  if (!(one && two)) return
  assert.is(book.openBytes, 200)
  const again = book.enter(transaction(1), LEAF, 0)
  assert.is(book.openBytes, 200)
  book.advance(again, 'final', BLOCK)
  book.advance(again, 'final', BLOCK)
  assert.is(book.openBytes, 100)
  book.advance(two, 'dropped')
  assert.is(book.openBytes, 0)
})

test('a dropped one may be entered again', () => {
  const book = new TransactionBook()
  book.advance(book.enter(transaction(1), LEAF, 1), 'dropped')
  assert.is(book.openCount, 0)
  const again = book.enter(transaction(1), LEAF, 2)
  assert.is(book.get(transaction(1).id), again)
  assert.is(book.openCount, 1)
})

test('who waits for a transaction hears every move of it, and of no other, until it leaves', () => {
  const book = new TransactionBook()
  const [one, two] = [1, 2].map((number) => book.enter(transaction(number), LEAF, 0))
  assert.ok(one && two)
  if (!(one && two)) return
  const heard: string[] = []
  const leave = book.onMove(transaction(1).id, ({ status }) => heard.push(`a ${status.stage}`))
  book.onMove(transaction(1).id, ({ status }) => heard.push(`b ${status.stage}`))
  book.advance(one, 'accepted')
  book.advance(two, 'accepted')
  leave()
  leave()
  book.advance(one, 'final', BLOCK)
  assert.equal(heard, ['a accepted', 'b accepted', 'b final'])
})

test('a listener may leave while it is told', () => {
  const book = new TransactionBook()
  const entry = book.enter(transaction(1), LEAF, 0)
  let heard = 0
  const leave = book.onMove(transaction(1).id, () => {
    heard++
    leave()
  })
  book.onMove(transaction(1).id, () => {
    heard++
  })
  book.advance(entry, 'accepted')
  book.advance(entry, 'confirmed')
  assert.is(heard, 3)
})

test('every end is told, whichever it is', () => {
  const book = new TransactionBook()
  const ends: string[] = []
  const leave = book.onEnd(({ status }) => ends.push(status.stage))
  const entries = [1, 2, 3].map((number) => book.enter(transaction(number), LEAF, 0))
  for (const entry of entries) book.advance(entry, 'confirmed')
  const [one, two, three] = entries
  if (one && two && three) {
    book.advance(one, 'final', BLOCK)
    book.advance(two, 'dropped')
    leave()
    book.advance(three, 'final', BLOCK)
  }
  assert.equal(ends, ['final', 'dropped'])
})

test('it has room for 20,000 under way, and remembers as many that ended', () => {
  const book = new TransactionBook()
  for (let number = 0; number < 20_000; number++) {
    assert.ok(book.hasRoom)
    book.enter(transaction(number), LEAF, 0)
  }
  assert.not(book.hasRoom)
  for (let number = 0; number < 20_001; number++) {
    const entry = book.get(transaction(number).id) ?? book.enter(transaction(number), LEAF, 0)
    book.advance(entry, 'final', BLOCK)
  }
  assert.ok(book.hasRoom)
  assert.is(book.get(transaction(0).id), undefined)
  assert.ok(book.get(transaction(1).id))
})

test.run()

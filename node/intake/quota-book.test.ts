import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  classHeads,
  classVersions,
  type LedgerVersion,
  networkTable,
  type Table
} from '../../protocol/index.ts'
import { type Purchase, QuotaBook } from './quota-book.ts'

const test = suite('the quota book')

const id = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const HOUR_MS = 3_600_000

/** A message of a device, where the ledger has its budgets full at time 0. */
function purchase(
  device: number,
  timeMs: number,
  { classRate = 600, rateBurst = 4, contentKind = 0 } = {}
): Purchase {
  const bucket = (tokens: number) => ({ tokens, filledAtMs: 0 })
  const records = new Map<Table<never>, unknown>([
    [classHeads as never, { rateUnitsPerHour: classRate, bucket: bucket(classRate / 60) }],
    [classVersions as never, { profile: { rateBurst, ratePerHour: 60 } }],
    [networkTable as never, { parameters: { controlBurst: 20, controlPerHour: 100 } }]
  ])
  const view = { read: (table: Table<never>) => records.get(table) }
  return {
    message: { deviceId: id(device), contentKind },
    transaction: { wire: new Uint8Array(300), signatures: [1] },
    device: {
      classId: id(99),
      classVersion: 1,
      telemetryBucket: bucket(rateBurst),
      controlBucket: bucket(20)
    },
    version: { view } as unknown as LedgerVersion,
    timeMs
  } as unknown as Purchase
}

test('what was batched counts before it is in a block', () => {
  const book = new QuotaBook()
  for (let count = 0; count < 2; count++) {
    assert.is(book.judge(purchase(1, 0)), 'enough')
    book.pay(purchase(1, 0))
  }
  assert.is(book.judge(purchase(1, 0)), 'device-empty')
  assert.is(book.judge(purchase(2, 0)), 'enough')
  assert.is(book.judge(purchase(1, 120_000)), 'enough')
})

test('an alarm is paid from a budget of its own', () => {
  const book = new QuotaBook()
  for (let count = 0; count < 2; count++) book.pay(purchase(1, 0))
  assert.is(book.judge(purchase(1, 0)), 'device-empty')
  assert.is(book.judge(purchase(1, 0, { contentKind: 1 })), 'enough')
})

test('the devices of a class share what it was granted', () => {
  const book = new QuotaBook()
  for (let device = 0; device < 5; device++) {
    assert.is(book.judge(purchase(device, 0)), 'enough')
    book.pay(purchase(device, 0))
  }
  assert.is(book.judge(purchase(9, 0)), 'class-empty')
})

test('of a message that did not count after all nothing stays spent for its device', () => {
  const book = new QuotaBook()
  for (let count = 0; count < 2; count++) book.pay(purchase(1, 0))
  book.forget(id(1))
  assert.is(book.judge(purchase(1, 0)), 'enough')
})

test('whoever asks, and when, a class never gets more than its burst and its rate', () => {
  const ask = fc.record({ device: fc.nat({ max: 20 }), waitMs: fc.nat({ max: 5_000 }) })
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 300 }), (asks) => {
      const book = new QuotaBook()
      let timeMs = 0
      let paid = 0
      for (const { device, waitMs } of asks) {
        timeMs += waitMs
        const one = purchase(device, timeMs, { rateBurst: 1_000_000 })
        if (book.judge(one) !== 'enough') continue
        book.pay(one)
        paid += 2
      }
      assert.ok(paid <= 10 + (600 * timeMs) / HOUR_MS)
    })
  )
})

test.run()

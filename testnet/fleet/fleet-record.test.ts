import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FleetRecord, quantile } from './fleet-record.ts'

const test = suite('fleet record')

test('a latency runs from the first submission to the word that it is final', () => {
  const record = new FleetRecord()
  record.submitted('a', 1000)
  record.submitted('b', 1100)
  record.becameFinal({ messageId: 'b', height: 2 }, 1400)
  record.becameFinal({ messageId: 'a', height: 3 }, 2000)
  assert.equal(record.latenciesSince(0), [300, 1000])
  assert.equal(record.latenciesSince(1500), [1000])
  assert.is(record.sentCount, 2)
  assert.is(record.finalCount, 2)
  assert.equal(
    [...record.finals()].map(({ messageId }) => messageId),
    ['b', 'a']
  )
})

test('messages of an earlier run count, but their latency is not known', () => {
  const record = new FleetRecord()
  record.resumed(2)
  record.provedFinal(1)
  record.becameFinal({ messageId: 'old', height: 9 }, 50)
  assert.is(record.sentCount, 2)
  assert.is(record.finalCount, 2)
  assert.equal(record.latenciesSince(0), [])
})

test('quantiles are values that were there', () => {
  assert.is(quantile([], 0.5), null)
  assert.is(quantile([7], 0.99), 7)
  assert.is(quantile([1, 2, 3, 4], 0.5), 3)
  assert.is(quantile([1, 2, 3, 4], 0.99), 4)
})

test.run()

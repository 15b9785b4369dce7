import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTopics } from './mqtt-topics.ts'

const test = suite('MQTT topics')
const topics = createTopics('net-1')
const DEVICE = 'ab'.repeat(32)

test('what is built is read back', () => {
  assert.is(topics.of(DEVICE, 'up'), `tm/net-1/d/${DEVICE}/up`)
  assert.is(topics.readUp(topics.of(DEVICE, 'up')), DEVICE)
  for (const channel of ['down', 'state'] as const) {
    assert.is(topics.readUp(topics.of(DEVICE, channel)), undefined)
    for (const filter of topics.filtersOf(DEVICE, channel))
      assert.is(topics.readFilter(filter)?.deviceId, DEVICE)
  }
})

test('no filter reaches beyond one device of this network', () => {
  const level = fc.constantFrom(
    'tm',
    'net-1',
    'd',
    DEVICE,
    '+',
    '#',
    '',
    '$SYS',
    'state',
    'up',
    'x'
  )
  fc.assert(
    fc.property(fc.array(level, { maxLength: 9 }), (levels) => {
      const read = topics.readFilter(levels.join('/'))
      if (read === undefined) return
      assert.equal(levels.slice(0, 4), ['tm', 'net-1', 'd', DEVICE])
      assert.ok(levels.length === 5 && levels[4] !== 'up')
    }),
    { numRuns: 2_000 }
  )
  assert.is(topics.readFilter(`tm/net-1/d/${DEVICE.toUpperCase()}/state`), undefined)
  assert.is(topics.readUp(`tm/net-1/d/${DEVICE}/up/`), undefined)
})

test.run()

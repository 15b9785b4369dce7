import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createOutbox, type OutboundMessage } from './mqtt-outbox.ts'

const test = suite('MQTT outbox')

function open(limits = { inFlightMax: 2, waitingMax: 3 }) {
  const sent: string[] = []
  const writes: (() => void)[] = []
  let cuts = 0
  const outbox = createOutbox(limits, {
    send: ({ payload }, done) => {
      sent.push(payload)
      writes.push(done)
    },
    cutOff: () => {
      cuts++
    }
  })
  return { outbox, sent, writes, cuts: () => cuts }
}

const receipt = (payload: string): OutboundMessage => ({
  topic: 'down',
  payload,
  qos: 1,
  isReplaceable: false
})
const state = (payload: string): OutboundMessage => ({
  topic: 'state',
  payload,
  qos: 0,
  isReplaceable: true
})

test('goes on when messages are both written and acknowledged', () => {
  const { outbox, sent, writes } = open()
  for (const payload of ['a', 'b', 'c', 'd']) outbox.offer(receipt(payload))
  assert.equal(sent, ['a', 'b'])
  writes.shift()?.()
  assert.equal(sent, ['a', 'b'])
  outbox.acknowledge()
  assert.equal(sent, ['a', 'b', 'c'])
  outbox.acknowledge()
  assert.equal(sent, ['a', 'b', 'c'])
  writes.shift()?.()
  assert.equal(sent, ['a', 'b', 'c', 'd'])
})

test('acknowledgements of nothing open no way around what is not written', () => {
  const { outbox, sent } = open()
  for (let number = 0; number < 9; number++) outbox.acknowledge()
  for (const payload of ['a', 'b', 'c', 'd']) outbox.offer(receipt(payload))
  for (let number = 0; number < 9; number++) outbox.acknowledge()
  assert.equal(sent, ['a', 'b'])
})

test('a newer state takes the place of one that waits', () => {
  const { outbox, sent, writes } = open({ inFlightMax: 1, waitingMax: 2 })
  outbox.offer(receipt('a'))
  for (const payload of ['1', '2', '3']) outbox.offer(state(payload))
  outbox.acknowledge()
  writes.shift()?.()
  assert.equal(sent, ['a', '3'])
})

test('a client that takes nothing is cut off once, and nothing is kept for it', () => {
  const { outbox, sent, writes, cuts } = open()
  for (let number = 0; number < 9; number++) outbox.offer(receipt(String(number)))
  assert.is(cuts(), 1)
  for (const done of writes) {
    done()
    outbox.acknowledge()
  }
  assert.equal(sent, ['0', '1'])
})

test.run()

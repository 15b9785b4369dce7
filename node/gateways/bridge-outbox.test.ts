import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { backOffMs } from './bridge-link.ts'
import { type BridgeMessage, createBridgeOutbox } from './bridge-outbox.ts'

const test = suite('bridge outbox')

function result(payload: string): BridgeMessage {
  return { topic: 'down', payload, isRetained: false }
}

test('while the other broker is away the newest wait, and of states the last one alone', async () => {
  const sent: string[] = []
  const outbox = createBridgeOutbox({ waitingMax: 3, inFlightMax: 2 }, async ({ payload }) => {
    sent.push(payload)
  })
  for (let number = 0; number < 5; number++) outbox.offer(result(`${number}`))
  for (const payload of ['old', 'new']) outbox.offer({ topic: 'state', payload, isRetained: true })
  assert.equal([outbox.waiting(), outbox.dropped(), sent.length], [3, 3, 0])
  outbox.setOpen(true)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(sent, ['3', '4', 'new'])
})

test('so many are under way and no more, and one that fails makes room', async () => {
  const pending: ((error?: Error) => void)[] = []
  const outbox = createBridgeOutbox(
    { waitingMax: 10, inFlightMax: 2 },
    () => new Promise((resolve, reject) => pending.push((e) => (e ? reject(e) : resolve())))
  )
  outbox.setOpen(true)
  for (let number = 0; number < 5; number++) outbox.offer(result(`${number}`))
  assert.equal([pending.length, outbox.waiting()], [2, 3])
  pending[0]?.(new Error('the connection is gone'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal([pending.length, outbox.waiting()], [3, 2])
})

test('the wait grows to a minute and stays there', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, drawn) => {
      const wait = backOffMs(attempt, drawn)
      assert.ok(wait >= 250 && wait <= 60_000)
      if (attempt > 8) assert.ok(wait >= 30_000)
    })
  )
})

test.run()

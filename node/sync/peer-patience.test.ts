import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PeerPatience } from './peer-patience.ts'

const test = suite('patience with peers')

test('patience with a peer ends for a while, longer each time, and comes back when it delivers', () => {
  let nowMs = 0
  const patience = new PeerPatience(() => nowMs)
  assert.ok(patience.isOpen('a'))
  patience.disappointed('a')
  assert.not(patience.isOpen('a'))
  nowMs = 2_000
  assert.ok(patience.isOpen('a'))
  patience.disappointed('a')
  nowMs = 5_000
  assert.not(patience.isOpen('a'))
  patience.satisfied('a')
  assert.ok(patience.isOpen('a'))
  for (let times = 0; times < 40; times++) patience.disappointed('a')
  nowMs += 60_000
  assert.ok(patience.isOpen('a'), 'nobody is given up for ever')
  patience.claimed('b', 10)
  patience.claimed('b', 12)
  assert.ok(patience.isOpen('b'))
  patience.claimed('b', 11)
  assert.not(patience.isOpen('b'))
  for (let number = 0; number < 300; number++) patience.disappointed(`peer ${number}`)
  assert.ok(patience.isOpen('b'), 'the table is bounded')
})

test.run()

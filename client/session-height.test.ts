import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SessionHeight } from './session-height.ts'

const test = suite('the height of a session')

test('what was seen anywhere is asked for everywhere, and never less', () => {
  const session = new SessionHeight()
  assert.is(session.token, 0)
  session.heard('a', 10)
  session.heard('b', 8)
  session.heard('a', 9)
  assert.is(session.token, 10)
})

test('a height that nobody reaches is given up, and whoever named it is heard no more', () => {
  const session = new SessionHeight()
  session.heard('honest', 10)
  session.heard('liar', 1_000_000)
  assert.is(session.token, 1_000_000)
  assert.ok(session.doubt())
  assert.is(session.token, 10)
  session.heard('liar', 2_000_000)
  assert.is(session.token, 10)
})

test('doubts end when nothing is left to doubt', () => {
  const session = new SessionHeight()
  session.heard('a', 1)
  assert.ok(session.doubt())
  assert.not(session.doubt())
})

test('what is no height is passed over, and so many nodes are remembered and no more', () => {
  const session = new SessionHeight()
  for (const wrong of [-1, 0.5, Number.NaN, Number.MAX_VALUE]) session.heard('a', wrong)
  assert.is(session.token, 0)
  for (let node = 0; node < 200; node++) session.heard(`n${node}`, node)
  assert.is(session.token, 63)
})

test.run()

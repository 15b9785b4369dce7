import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chosenPoints } from './crash-points.ts'

const test = suite('crash points')

test('all points are tried while they are few', () => {
  assert.equal(chosenPoints(3, 400), { stride: 1, chosen: [1, 2, 3] })
})

test('of many every n-th is tried, from the first on, and none beyond the last', () => {
  const { stride, chosen } = chosenPoints(1_000, 400)
  assert.is(stride, 3)
  assert.is(chosen.length, 334)
  assert.is(chosen[0], 1)
  assert.is(chosen.at(-1), 1_000)
})

test.run()

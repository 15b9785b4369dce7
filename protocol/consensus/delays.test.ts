import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestCore } from '../testing/core-state.ts'
import type { View } from '../types.ts'
import { countArrivals, delayOfView, paceMs } from './delays.ts'

const test = suite('delays')

const delay = (view: number, finalView = 0): number =>
  delayOfView(createTestCore(1, { finalView: finalView as View }), view as View)

test('the first view after a final one waits Δ0, and each one more three tenths longer', () => {
  // 500 · 1.3^k, by thousandths that are rounded down at each step.
  const expected = [500, 650, 845, 1098, 1428, 1856, 2412, 3136]
  assert.equal(
    expected.map((_, k) => delay(k + 1)),
    expected
  )
})

test('it grows without ever shrinking, up to Δmax, however far the views go', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.nat({ max: 100 }), (view, more) => {
      assert.ok(Number.isSafeInteger(delay(view)))
      assert.ok(delay(view) <= delay(view + more) && delay(view + more) <= 30_000)
    })
  )
  assert.is(delay(200), 30_000)
  assert.is(delay(2 ** 53 - 1), 30_000)
})

test('only a finalisation resets it', () => {
  assert.is(delay(11, 10), 500)
  assert.is(delay(12, 10), 650)
  assert.is(delay(5, 10), 500, 'a view gone by waits no less')
})

const pace = (current: number, previous: number): number =>
  paceMs(createTestCore(1, { arrivals: { secondStartMs: 0, current, previous } }))

test('under light load nothing is held back, and under load from 20 up to 50 milliseconds', () => {
  assert.is(pace(0, 0), 0)
  assert.is(pace(199, 0), 0)
  assert.is(pace(200, 0), 20)
  assert.is(pace(0, 200), 20)
  assert.is(pace(800, 100), 30)
  assert.is(pace(2000, 0), 50)
  assert.is(pace(1_000_000, 1_000_000), 50)
})

test('arrivals are counted second by second, and silence is forgotten', () => {
  const state = createTestCore(1)
  countArrivals(state, 300, 0)
  countArrivals(state, 200, 999)
  assert.equal(state.arrivals, { secondStartMs: 0, current: 500, previous: 0 })
  countArrivals(state, 10, 1000)
  assert.equal(state.arrivals, { secondStartMs: 1000, current: 10, previous: 500 })
  countArrivals(state, 5, 9000)
  assert.equal(state.arrivals, { secondStartMs: 9000, current: 5, previous: 0 })
})

test.run()

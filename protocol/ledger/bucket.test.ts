import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RATE_PER_HOUR_MAX } from '../foundation/limits.ts'
import {
  type Bucket,
  type BucketLimits,
  bucketToFields,
  fillBucket,
  fullBucket,
  payBucket,
  readBucket
} from './bucket.ts'

const test = suite('buckets')

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

// Worked out by hand: tokens, filled at; burst, rate; time; tokens and filled at afterwards.
const FILLS: readonly (readonly [
  why: string,
  before: readonly [number, number],
  limits: readonly [number, number],
  timeMs: number,
  after: readonly [number, number]
])[] = [
  ['no time, no tokens', [0, 1000], [10, 3600], 1000, [0, 1000]],
  ['one token a second', [0, 0], [10, 3600], 1000, [1, 1000]],
  ['not quite a second', [0, 0], [10, 3600], 999, [0, 0]],
  ['the rest of a second waits', [0, 0], [10, 3600], 2500, [2, 2000]],
  ['up to the brim', [8, 0], [10, 3600], 2000, [10, 2000]],
  ['never above the brim', [8, 0], [10, 3600], 60_000, [10, 60_000]],
  ['full stays full', [10, 0], [10, 3600], 7, [10, 7]],
  ['a tightened burst spills', [10, 0], [4, 3600], 0, [4, 0]],
  ['a tightened burst spills later too', [10, 0], [4, 3600], 5000, [4, 5000]],
  ['seven an hour: one token takes 514,286 ms', [0, 0], [10, 7], 514_285, [0, 0]],
  ['seven an hour: and is then there', [0, 0], [10, 7], 514_286, [1, 514_286]],
  ['seven an hour: three tokens', [0, 0], [10, 7], 1_600_000, [3, 1_542_858]],
  ['one an hour, two and a half hours', [0, 0], [10, 1], 9_000_000, [2, 7_200_000]],
  ['at most one day at once', [0, 0], [100, 1], 3 * DAY_MS, [24, DAY_MS]],
  ['the largest rate in one millisecond', [0, 0], [10_000_000, 10_000_000], 1, [2, 1]],
  ['the largest rate in a second', [0, 0], [10_000_000, 10_000_000], 1000, [2777, 1000]],
  ['the largest rate in a day', [0, 0], [10_000_000, 10_000_000], DAY_MS, [10_000_000, DAY_MS]],
  ['a rate of nothing', [3, 0], [10, 0], DAY_MS, [3, 0]],
  ['a time that lies before', [3, 5000], [10, 3600], 1000, [3, 5000]]
]

for (const [why, [tokens, filledAtMs], [burst, ratePerHour], timeMs, after] of FILLS)
  test(`filling: ${why}`, () => {
    const filled = fillBucket({ tokens, filledAtMs }, { burst, ratePerHour }, timeMs)
    assert.equal([filled.tokens, filled.filledAtMs], after)
  })

// The same, then paying: tokens, filled at; burst, rate; cost, time; what is left, or nothing.
const PAYMENTS: readonly (readonly [
  why: string,
  before: readonly [number, number],
  limits: readonly [number, number],
  bill: readonly [number, number],
  after: readonly [number, number] | undefined
])[] = [
  ['what is there', [5, 0], [10, 3600], [5, 0], [0, 0]],
  ['not what is not there', [5, 0], [10, 3600], [6, 0], undefined],
  ['what came in meanwhile', [5, 0], [10, 3600], [6, 1500], [0, 1000]],
  ['nothing at all', [0, 0], [10, 3600], [0, 0], [0, 0]],
  ['a cost above the burst takes the whole burst', [4, 0], [4, 3600], [9, 0], [0, 0]],
  ['a cost above the burst waits until it is full', [3, 0], [4, 3600], [9, 999], undefined],
  ['and is paid then', [3, 0], [4, 3600], [9, 1000], [0, 1000]],
  ['a tightened burst is all that is asked for', [10, 0], [2, 1], [5, 0], [0, 0]]
]

for (const [why, [tokens, filledAtMs], [burst, ratePerHour], [cost, timeMs], after] of PAYMENTS)
  test(`paying: ${why}`, () => {
    const paid = payBucket({ tokens, filledAtMs }, { burst, ratePerHour }, { cost, timeMs })
    assert.equal(paid === undefined ? undefined : [paid.tokens, paid.filledAtMs], after)
  })

const rate = fc.oneof(
  fc.integer({ min: 1, max: RATE_PER_HOUR_MAX }),
  fc.integer({ min: 1, max: 100 }),
  fc.constantFrom(1, 7, 3600, 3_600_000, 3_600_001, RATE_PER_HOUR_MAX)
)
const limits: fc.Arbitrary<BucketLimits> = fc.record({
  burst: fc.oneof(fc.integer({ min: 1, max: RATE_PER_HOUR_MAX }), fc.integer({ min: 1, max: 50 })),
  ratePerHour: rate
})
const start = fc.integer({ min: 0, max: 2_000_000_000_000 })
const elapsed = fc.oneof(fc.nat({ max: 10 }), fc.nat({ max: HOUR_MS }), fc.nat({ max: 3 * DAY_MS }))

interface Step {
  readonly afterMs: number
  readonly cost: number
}
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ afterMs: elapsed, cost: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 10_000_000 })) }),
  { minLength: 1, maxLength: 30 }
)

test('a bucket is never above its burst, never below nothing, and always of whole numbers', () => {
  fc.assert(
    fc.property(limits, start, steps, (bounds, startMs, list) => {
      let bucket: Bucket = fullBucket(bounds.burst, startMs)
      let timeMs = startMs
      for (const { afterMs, cost } of list) {
        timeMs += afterMs
        bucket = payBucket(bucket, bounds, { cost, timeMs }) ?? fillBucket(bucket, bounds, timeMs)
        assert.ok(Number.isSafeInteger(bucket.tokens) && Number.isSafeInteger(bucket.filledAtMs))
        assert.ok(bucket.tokens >= 0 && bucket.tokens <= bounds.burst)
        assert.ok(bucket.filledAtMs <= timeMs && bucket.filledAtMs >= startMs)
      }
    })
  )
})

test('what is taken is never more than the burst and what its rate brings in, however often', () => {
  fc.assert(
    fc.property(limits, start, steps, (bounds, startMs, list) => {
      let bucket: Bucket = fullBucket(bounds.burst, startMs)
      let timeMs = startMs
      let taken = 0n
      for (const { afterMs, cost } of list) {
        timeMs += afterMs
        const paid = payBucket(bucket, bounds, { cost, timeMs })
        if (paid !== undefined) taken += BigInt(Math.min(cost, bounds.burst))
        bucket = paid ?? fillBucket(bucket, bounds, timeMs)
      }
      const brought = BigInt(timeMs - startMs) * BigInt(bounds.ratePerHour)
      assert.ok((taken - BigInt(bounds.burst)) * BigInt(HOUR_MS) <= brought)
    }),
    { numRuns: 1_000 }
  )
})

test('filling in two steps brings no more tokens than filling in one', () => {
  fc.assert(
    fc.property(limits, start, elapsed, elapsed, (bounds, startMs, first, second) => {
      fc.pre(first + second <= DAY_MS)
      const empty = { tokens: 0, filledAtMs: startMs }
      const once = fillBucket(empty, bounds, startMs + first + second)
      const twice = fillBucket(
        fillBucket(empty, bounds, startMs + first),
        bounds,
        startMs + first + second
      )
      assert.ok(twice.tokens <= once.tokens)
    }),
    { numRuns: 1_000 }
  )
})

test('filling twice at the same time brings nothing more within a day', () => {
  fc.assert(
    fc.property(limits, start, fc.nat({ max: DAY_MS }), (bounds, startMs, elapsedMs) => {
      const timeMs = startMs + elapsedMs
      const once = fillBucket({ tokens: 0, filledAtMs: startMs }, bounds, timeMs)
      assert.equal(fillBucket(once, bounds, timeMs).tokens, once.tokens)
    }),
    { numRuns: 1_000 }
  )
})

test('time that has passed is never lost to whoever fills seldom', () => {
  fc.assert(
    fc.property(limits, start, fc.nat({ max: DAY_MS }), (bounds, startMs, elapsedMs) => {
      const { tokens } = fillBucket({ tokens: 0, filledAtMs: startMs }, bounds, startMs + elapsedMs)
      const exact = Number((BigInt(elapsedMs) * BigInt(bounds.ratePerHour)) / BigInt(HOUR_MS))
      assert.is(tokens, Math.min(bounds.burst, exact))
    })
  )
})

test('a full bucket pays any cost, so a limit can delay a message but never block it', () => {
  fc.assert(
    fc.property(limits, start, fc.nat(), (bounds, timeMs, cost) => {
      assert.ok(payBucket(fullBucket(bounds.burst, timeMs), bounds, { cost, timeMs }))
    })
  )
})

test('a bucket reads back from its wire form, and nothing else is one', () => {
  const bucket = { tokens: 3, filledAtMs: 1_700_000_000_000 }
  assert.equal(readBucket(bucketToFields(bucket)), bucket)
  for (const fields of [undefined, null, [], [1], [1, 2, 3], ['1', 2], [1, null]])
    assert.is(readBucket(fields), undefined)
})

test.run()

import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { concatBytes, toHex } from '../foundation/bytes.ts'
import { InvariantError } from '../foundation/invariant.ts'
import type { Epoch, View } from '../types.ts'
import { createElectorate, type Electorate } from './electorate.ts'
import { leaderOf, leaderOrder } from './leaders.ts'

const test = suite('leaders')

function electorateOf(weights: readonly number[], epoch = 0): Electorate {
  return createElectorate({
    epoch: epoch as Epoch,
    faultModel: 'byzantine',
    parameters: {
      delta0Ms: 500,
      deltaMaxMs: 30_000,
      heartbeatMs: 60_000,
      blockBytesMax: 1_048_576,
      messageDelayMs: 15_000,
      precisionMs: 505
    },
    seats: weights.map((weight, index) => ({
      memberId: new Uint8Array(32).fill(index + 1),
      voteKey: new Uint8Array(32).fill(index + 101),
      weight,
      operatorId: new Uint8Array(16),
      region: 'eu',
      endpoints: []
    }))
  })
}

const weightsOf = (max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max }), { minLength: 1, maxLength: 12 })

test('in W turns each leads as often as it has weight', () => {
  fc.assert(
    fc.property(weightsOf(40), (weights) => {
      const order = leaderOrder(electorateOf(weights))
      const counts = weights.map((_, index) => order.filter((leader) => leader === index).length)
      assert.equal(counts, weights)
    })
  )
})

test('turns are spread: after any number of them nobody is a whole round of members off its share', () => {
  fc.assert(
    fc.property(weightsOf(20), (weights) => {
      const order = leaderOrder(electorateOf(weights))
      const led = weights.map(() => 0)
      for (const [turn, leader] of order.entries()) {
        led[leader] = (led[leader] as number) + 1
        for (const [index, weight] of weights.entries()) {
          const share = ((turn + 1) * weight) / order.length
          assert.ok(Math.abs((led[index] as number) - share) < weights.length)
        }
      }
    })
  )
})

test('two members of equal weight take turns', () => {
  const order = leaderOrder(electorateOf([5, 5]))
  for (const [turn, leader] of order.entries()) if (turn > 0) assert.is.not(leader, order[turn - 1])
})

test('the known example of smooth round-robin comes out: five, one, one', () => {
  const electorate = electorateOf([5, 1, 1])
  const ranked = rankedIndices(electorate).filter((index) => index !== 0)
  const [first, second] = ranked
  assert.equal(leaderOrder(electorate), [0, 0, first, 0, second, 0, 0])
})

test('members of equal weight lead in the order of the hash of electorate and id', () => {
  const electorate = electorateOf([1, 1, 1, 1, 1, 1, 1])
  assert.equal(leaderOrder(electorate), rankedIndices(electorate))
})

test('another epoch has another order', () => {
  const orders = Array.from({ length: 8 }, (_, epoch) =>
    leaderOrder(electorateOf([1, 1, 1, 1, 1, 1, 1, 1], epoch)).join()
  )
  assert.ok(new Set(orders).size > 1)
})

test('the turns repeat, beginning with view 1', () => {
  const order = leaderOrder(electorateOf([2, 1, 1]))
  for (let view = 1; view <= 20; view++)
    assert.is(leaderOf(order, view as View), order[(view - 1) % 4])
  assert.is(leaderOf(order, (2 ** 53 - 1) as View), order[(2 ** 53 - 2) % 4])
})

test('asking for the leader of view 0 is our own bug', () => {
  assert.throws(
    () => leaderOf(leaderOrder(electorateOf([1])), 0 as View),
    (error: unknown) => error instanceof InvariantError
  )
})

function rankedIndices({ seats, hash }: Electorate): number[] {
  return seats
    .map(({ memberId }, index) => ({ index, rank: toHex(sha256(concatBytes(hash, memberId))) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ index }) => index)
}

test.run()

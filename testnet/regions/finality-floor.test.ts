import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { equalWeightQuorum, finalityFloor } from './finality-floor.ts'
import { planRegions } from './region-set.ts'

const test = suite('finality floor')

test('a quorum is more than two thirds', () => {
  assert.equal(
    [1, 2, 3, 4, 5, 6, 7, 10].map((memberCount) => equalWeightQuorum(memberCount)),
    [1, 2, 3, 3, 4, 5, 5, 7]
  )
})

test('one member alone is final at once', () => {
  assert.is(finalityFloor(1, () => 50).floorMs, 0)
})

test('of two members the leader sees final after two delays, the other after three', () => {
  // The leader hears the other's NOTARISE at 20 and its FINALISE, sent at 10, at 20 as well; the
  // other holds both NOTARISE at 10 and hears the leader's FINALISE, sent at 20, at 30.
  const { byLeader, floorMs } = finalityFloor(2, () => 10)
  assert.equal(byLeader[0], { leaderMs: 20, medianMs: 25, allMs: 30 })
  assert.is(floorMs, 25)
})

test('four members at one equal distance take three delays', () => {
  // Proposal at 10. A voter counts the leader's, its own and, at 20, a third NOTARISE; the leader
  // needs two from others, at 20. All finalise at 20, so all hear a quorum at 30.
  const { mean, floorMs } = finalityFloor(4, () => 10)
  assert.equal(mean, { leaderMs: 30, medianMs: 30, allMs: 30 })
  assert.is(floorMs, 30)
})

test('a member far from three near ones leads slowly and does not slow the others', () => {
  // Members 0, 1, 2 are 10 ms apart, member 3 is 100 ms from each; a quorum is three.
  const { byLeader } = finalityFloor(4, (from, to) => (from === 3 || to === 3 ? 100 : 10))
  // A near leader: proposal 10, third NOTARISE of 0, 1, 2 at 20, third FINALISE at 30; member 3
  // hears the NOTARISE at 110 and the FINALISE, sent at 20, at 120.
  assert.equal(byLeader[0], { leaderMs: 30, medianMs: 30, allMs: 120 })
  // The far leader: proposal 100, near NOTARISE at 100 exchanged by 110 (the leader's came along),
  // so with their own, one near vote suffices: notarised at 110, final at 120; back home at 210.
  assert.equal(byLeader[3], { leaderMs: 210, medianMs: 120, allMs: 210 })
})

test('nothing is final in fewer than two delays of the nearest pair or later than three of the farthest', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 8 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 64, maxLength: 64 }),
      (memberCount, distances) => {
        const oneWayMs = (from: number, to: number): number => distances[8 * from + to] as number
        const used = Array.from({ length: memberCount ** 2 }, (_, pair) => [
          Math.floor(pair / memberCount),
          pair % memberCount
        ])
          .filter(([from, to]) => from !== to)
          .map(([from, to]) => oneWayMs(from!, to!))
        const { byLeader } = finalityFloor(memberCount, oneWayMs)
        for (const { leaderMs, medianMs, allMs } of byLeader) {
          assert.ok(leaderMs >= 2 * Math.min(...used))
          assert.ok(medianMs <= allMs && leaderMs <= allMs)
          assert.ok(allMs <= 3 * Math.max(...used))
        }
      }
    )
  )
})

test('Europe is several times faster than the globe', () => {
  const globe = finalityFloor(7, planRegions('global', 7).oneWayMs).floorMs
  const europe = finalityFloor(7, planRegions('europe', 7).oneWayMs).floorMs
  assert.ok(europe * 5 < globe, `${europe} ms and ${globe} ms`)
})

test.run()

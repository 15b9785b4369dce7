import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { BatchId, MemberIndex, Priority } from '../types.ts'
import type { PendingBatch } from './core-state.ts'
import { type SelectionLimits, selectBatches } from './selection.ts'

const test = suite('selection')

const LIMITS: SelectionLimits = { blockBytesMax: 1000, laneBytesMax: 400, batchesMax: 10 }

function batch(name: string, change: Partial<PendingBatch> = {}): PendingBatch {
  return {
    id: name as BatchId,
    authorIndex: 0 as MemberIndex,
    priority: 2,
    bytes: 100,
    count: 1,
    heldAtMs: 0,
    ...change
  } as PendingBatch
}
const by = (author: number, priority = 2): Partial<PendingBatch> => ({
  authorIndex: author as MemberIndex,
  priority: priority as Priority
})

test('of nothing nothing is chosen', () => {
  assert.equal(selectBatches([], LIMITS), [])
})

test('governance comes before control, and control before telemetry', () => {
  const candidates = [batch('t', by(0, 2)), batch('c', by(1, 1)), batch('g', by(2, 0))]
  assert.equal(selectBatches(candidates, LIMITS), ['g', 'c', 't'])
})

test('the authors of one priority take turns', () => {
  const candidates = [
    batch('a1', by(0)),
    batch('a2', by(0)),
    batch('a3', by(0)),
    batch('b1', by(1)),
    batch('c1', by(2)),
    batch('c2', by(2))
  ]
  assert.equal(selectBatches(candidates, LIMITS), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
})

test('the oldest batch of an author comes first', () => {
  const candidates = [
    batch('young', { heldAtMs: 30 }),
    batch('old', { heldAtMs: 10 }),
    batch('middle', { heldAtMs: 20 })
  ]
  assert.equal(selectBatches(candidates, LIMITS), ['old', 'middle', 'young'])
})

test('a lane holds so much, over all priorities, and the others go on', () => {
  const candidates = [
    ...['g1', 'g2', 'g3'].map((name) => batch(name, by(0, 0))),
    ...['t1', 't2', 't3'].map((name) => batch(name, by(0, 2))),
    batch('other', by(1, 2))
  ]
  assert.equal(selectBatches(candidates, LIMITS), ['g1', 'g2', 'g3', 't1', 'other'])
})

test('a batch that does not fit is passed over for a smaller one', () => {
  const candidates = [
    batch('large', { bytes: 350, heldAtMs: 1 }),
    batch('larger', { bytes: 360, heldAtMs: 2 }),
    batch('small', { bytes: 50, heldAtMs: 3 })
  ]
  assert.equal(selectBatches(candidates, LIMITS), ['large', 'small'])
})

test('no more batches are chosen than a block lists', () => {
  const candidates = Array.from({ length: 30 }, (_, index) =>
    batch(`b${index}`, { ...by(index), bytes: 1 })
  )
  assert.is(selectBatches(candidates, LIMITS).length, 10)
})

const candidate = fc.record({
  authorIndex: fc.nat({ max: 5 }),
  priority: fc.constantFrom(0 as const, 1 as const, 2 as const),
  bytes: fc.integer({ min: 1, max: 450 }),
  heldAtMs: fc.nat({ max: 20 })
})

test('every limit holds, nothing is chosen twice, and whatever is left out does not fit', () => {
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 40 }), (drawn) => {
      const candidates = drawn.map((fields, index) => batch(`b${index}`, fields as never))
      const chosen = selectBatches(candidates, LIMITS)
      const picked = chosen.map((id) => candidates.find((one) => one.id === id) as PendingBatch)
      assert.is(new Set(chosen).size, chosen.length)
      assert.ok(chosen.length <= LIMITS.batchesMax)
      const sum = (batches: readonly PendingBatch[]): number =>
        batches.reduce((bytes, one) => bytes + one.bytes, 0)
      const laneOf = (author: number): number =>
        sum(picked.filter(({ authorIndex }) => authorIndex === author))
      assert.ok(sum(picked) <= LIMITS.blockBytesMax)
      for (let author = 0; author <= 5; author++) assert.ok(laneOf(author) <= LIMITS.laneBytesMax)
      const priorities = picked.map(({ priority }) => priority)
      assert.equal(priorities, [...priorities].sort())
      for (const one of candidates) {
        const fits =
          chosen.length < LIMITS.batchesMax &&
          sum(picked) + one.bytes <= LIMITS.blockBytesMax &&
          laneOf(one.authorIndex) + one.bytes <= LIMITS.laneBytesMax
        assert.ok(chosen.includes(one.id) || !fits)
      }
    })
  )
})

test.run()

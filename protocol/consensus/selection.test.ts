import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { BatchId, MemberIndex, Priority, View } from '../types.ts'
import type { PendingBatch } from './core-state.ts'
import { type SelectionLimits, selectBatches } from './selection.ts'

const test = suite('selection')

const LIMITS: SelectionLimits = {
  blockBytesMax: 1_048_576,
  laneBytesMax: 393_216,
  batchesMax: 512,
  view: 4 as View
}
const FULL = 65_536

function batch(name: string, author: number, priority: Priority, bytes = FULL): PendingBatch {
  return {
    id: name as BatchId,
    authorIndex: author as MemberIndex,
    priority,
    bytes,
    count: 1,
    heldAtMs: 0
  }
}

/** So many batches of one author, named by author, priority and number. */
function flood(count: number, author: number, priority: Priority, bytes = FULL): PendingBatch[] {
  return Array.from({ length: count }, (_, index) =>
    batch(`${author}/${priority}/${index}`, author, priority, bytes)
  )
}

/** The bytes that were chosen of the batches that a test picks. */
function bytesOf(
  candidates: readonly PendingBatch[],
  chosen: readonly BatchId[],
  isMeant: (one: PendingBatch) => boolean
): number {
  const ids = new Set(chosen)
  return candidates
    .filter((one) => ids.has(one.id) && isMeant(one))
    .reduce((sum, { bytes }) => sum + bytes, 0)
}

test('of nothing nothing is chosen', () => {
  assert.equal(selectBatches([], LIMITS), [])
})

test('what is chosen stands in the order of priorities', () => {
  const candidates = [batch('t', 0, 2), batch('c', 1, 1), batch('g', 2, 0)]
  assert.equal(selectBatches(candidates, LIMITS), ['g', 'c', 't'])
})

test('with demand for all of them governance and control have their parts, and readings the rest', () => {
  const priorities: readonly Priority[] = [0, 1, 2]
  const candidates = [0, 1, 2, 3].flatMap((author) =>
    priorities.flatMap((priority) => flood(64, author, priority, 8_192))
  )
  const chosen = selectBatches(candidates, LIMITS)
  const part = (priority: Priority): number =>
    bytesOf(candidates, chosen, (one) => one.priority === priority) / LIMITS.blockBytesMax
  assert.ok(part(0) >= 0.05 && part(0) < 0.06)
  assert.ok(part(1) >= 0.25 && part(1) < 0.27)
  assert.ok(part(2) > 0.66)
})

test('what governance and control leave flows down, and what readings leave flows up', () => {
  const readings = [0, 1, 2, 3].flatMap((author) => flood(10, author, 2))
  assert.is(selectBatches(readings, LIMITS).length, 16)
  const acts = [0, 1, 2, 3].flatMap((author) => flood(10, author, 0))
  assert.is(selectBatches(acts, LIMITS).length, 16)
})

test('a batch that is larger than the part of its priority is taken all the same', () => {
  const candidates = [...[0, 1, 2, 3].flatMap((author) => flood(20, author, 2)), batch('g', 3, 0)]
  assert.is(selectBatches(candidates, LIMITS)[0], 'g')
})

test('lanes share by bytes: many small batches get as much as a few large ones', () => {
  const candidates = [
    ...flood(64, 0, 2, 4_096),
    ...flood(30, 1, 2),
    ...flood(30, 2, 2),
    ...flood(30, 3, 2)
  ]
  const limits = { ...LIMITS, blockBytesMax: 524_288 }
  const chosen = selectBatches(candidates, limits)
  for (const author of [0, 1, 2, 3]) {
    const bytes = bytesOf(candidates, chosen, ({ authorIndex }) => authorIndex === author)
    assert.ok(Math.abs(bytes - 131_072) <= FULL, `${author}: ${bytes}`)
  }
})

test('where only one fits each lane has its turn in another view', () => {
  const candidates = [0, 1, 2].map((author) => batch(`${author}`, author, 2))
  const limits = { ...LIMITS, blockBytesMax: FULL }
  const first = [6, 7, 8].map((view) =>
    selectBatches(candidates, { ...limits, view: view as View })
  )
  assert.equal(first, [['0'], ['1'], ['2']])
})

test('what does not fit is not overtaken by what its author said later', () => {
  const candidates = [batch('a', 0, 2, 300_000), batch('b', 0, 2, 300_000), batch('c', 0, 2, 1)]
  assert.equal(selectBatches(candidates, LIMITS), ['a'])
})

test('the oldest batch of an author comes first', () => {
  const candidates = [30, 10, 20].map((heldAtMs) => ({ ...batch(`${heldAtMs}`, 0, 2), heldAtMs }))
  assert.equal(selectBatches(candidates, LIMITS), ['10', '20', '30'])
})

test('no more batches are chosen than a block lists, and no more than 64 of one author', () => {
  const many = Array.from({ length: 12 }, (_, author) => flood(60, author, 2, 1)).flat()
  assert.is(selectBatches(many, LIMITS).length, 512)
  assert.is(selectBatches(flood(100, 0, 2, 1), LIMITS).length, 64)
})

const candidate = fc.record({
  author: fc.nat({ max: 5 }),
  priority: fc.constantFrom<Priority[]>(0, 1, 2),
  bytes: fc.integer({ min: 1, max: FULL })
})
const views = fc.nat({ max: 1_000 })

test('every limit holds, no lane is overtaken within itself, and a lane is stopped by a limit alone', () => {
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 120 }), views, (drawn, view) => {
      const candidates = drawn.map(({ author, priority, bytes }, index) =>
        batch(`b${index}`, author, priority, bytes)
      )
      const chosen = selectBatches(candidates, { ...LIMITS, view: view as View })
      assert.is(new Set(chosen).size, chosen.length)
      assert.ok(bytesOf(candidates, chosen, () => true) <= LIMITS.blockBytesMax)
      for (let author = 0; author <= 5; author++) {
        const own = bytesOf(candidates, chosen, ({ authorIndex }) => authorIndex === author)
        assert.ok(own <= LIMITS.laneBytesMax)
        for (const priority of [0, 1, 2]) {
          const lane = candidates.filter(
            (one) => one.authorIndex === author && one.priority === priority
          )
          const taken = chosen.filter((id) => lane.some((one) => one.id === id))
          assert.equal(
            taken,
            lane.slice(0, taken.length).map(({ id }) => id)
          )
          const next = lane[taken.length]
          const fits =
            next !== undefined &&
            own + next.bytes <= LIMITS.laneBytesMax &&
            bytesOf(candidates, chosen, () => true) + next.bytes <= LIMITS.blockBytesMax
          assert.not(fits)
        }
      }
    })
  )
})

test('whatever the lanes ask for, none gets less than its equal part while it asks for more', () => {
  const lane = fc.record({
    count: fc.integer({ min: 1, max: 64 }),
    bytes: fc.integer({ min: 512, max: FULL })
  })
  fc.assert(
    fc.property(fc.array(lane, { minLength: 2, maxLength: 6 }), views, (lanes, view) => {
      const candidates = lanes.flatMap(({ count, bytes }, author) => flood(count, author, 2, bytes))
      const chosen = selectBatches(candidates, { ...LIMITS, view: view as View })
      const part = Math.min(LIMITS.blockBytesMax / lanes.length, LIMITS.laneBytesMax)
      for (const [author, { count, bytes }] of lanes.entries()) {
        const own = bytesOf(candidates, chosen, ({ authorIndex }) => authorIndex === author)
        assert.ok(own >= Math.min(count * bytes, part - 2 * FULL))
      }
    })
  )
})

test.run()

import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Priority } from '../../protocol/index.ts'
import { FairQueue, type Place } from './fair-queue.ts'
import type { Share } from './share.ts'

const test = suite('the fair queue')

/** Pushes so many equal ones. */
function pushAll(queue: FairQueue<number>, count: number, one: Place<number>): void {
  for (let index = 0; index < count; index++) queue.push({ ...one })
}

/** Takes out so many, and counts them by their item. */
function serve(queue: FairQueue<number>, count: number, served: number[]): void {
  for (const { item } of take(queue, count)) served[item] = (served[item] as number) + 1
}

const share = (name: string, change: Partial<Share> = {}): Share => ({
  priority: 2,
  name,
  source: name,
  weight: 1,
  cost: 1,
  ...change
})
const place = (one: Share, item = 0): Place<number> => ({ share: one, item })

/** Takes out so many of a priority. */
function take(queue: FairQueue<number>, count: number, priority: Priority = 2): Place<number>[] {
  return Array.from({ length: count }, () => queue.shift(priority)).filter(
    (one) => one !== undefined
  )
}

/** Jain's index: 1 where all have the same, 1 ÷ n where one has everything. */
function jain(values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0)
  const squares = values.reduce((all, value) => all + value * value, 0)
  return (sum * sum) / (values.length * squares)
}

test('shares are served by their weight, however much each has waiting', () => {
  const queue = new FairQueue<number>(10_000)
  for (let count = 0; count < 1_000; count++) {
    queue.push(place(share('one', { weight: 1 })))
    queue.push(place(share('three', { weight: 3 })))
  }
  const served = take(queue, 400)
  assert.is(served.filter(({ share: { name } }) => name === 'three').length, 300)
})

test('a dear one counts for what it costs', () => {
  const queue = new FairQueue<number>(10_000)
  for (let count = 0; count < 1_000; count++) {
    queue.push(place(share('dear', { cost: 4 })))
    queue.push(place(share('cheap')))
  }
  const served = take(queue, 500)
  assert.is(served.filter(({ share: { name } }) => name === 'cheap').length, 400)
})

test('inside a share whoever was served least recently is next', () => {
  const queue = new FairQueue<number>(100)
  const by = (source: string): Share => share('class', { source })
  for (const source of ['a', 'b', 'c']) queue.noteServed(by(source))
  for (const source of ['c', 'a', 'b', 'new', 'a']) queue.push(place(by(source)))
  const order = take(queue, 9).map(({ share: { source } }) => source)
  assert.equal(order, ['new', 'a', 'b', 'c', 'a'])
})

test('when it is full the share that is longest for its weight loses its last, or who comes', () => {
  const queue = new FairQueue<number>(4)
  for (let item = 0; item < 3; item++) assert.is(queue.push(place(share('long'), item)), undefined)
  queue.push(place(share('heavy', { weight: 100 }), 9))
  assert.is(queue.push(place(share('other'), 8))?.item, 2)
  assert.is(queue.push(place(share('long'), 7))?.item, 7)
  assert.is(queue.size, 4)
})

test('readings lose their places to alarms, and alarms never to readings', () => {
  const queue = new FairQueue<number>(2)
  const alarm = share('alarm', { priority: 1 })
  queue.push(place(alarm, 1))
  queue.push(place(share('reading'), 2))
  assert.is(queue.push(place(alarm, 3))?.item, 2)
  assert.is(queue.push(place(share('reading'), 4))?.item, 4)
  assert.equal(
    take(queue, 3, 1).map(({ item }) => item),
    [1, 3]
  )
})

test('a share that was idle has saved nothing, and one that comes back has forgotten no debt', () => {
  const queue = new FairQueue<number>(1_000)
  for (let count = 0; count < 100; count++) queue.push(place(share('busy')))
  take(queue, 50)
  for (let count = 0; count < 50; count++) queue.push(place(share('late')))
  const served = take(queue, 20).filter(({ share: { name } }) => name === 'late').length
  assert.ok(served >= 9 && served <= 11)
})

const drawn = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  source: fc.nat({ max: 3 }),
  priority: fc.constantFrom<Priority[]>(0, 1, 2),
  cost: fc.integer({ min: 1, max: 64 }),
  act: fc.constantFrom('push', 'push', 'push', 'shift', 'remove')
})
const WEIGHTS: Readonly<Record<string, number>> = { a: 1, b: 5, c: 1_000, d: 10_000_000 }

/** A queue, and what is expected to wait in it. */
class Watched {
  readonly queue = new FairQueue<number>(20)
  readonly waiting = new Set<Place<number>>()
  readonly #lastOf = new Map<string, number>()

  push(one: Place<number>): void {
    this.waiting.add(one)
    const loser = this.queue.push(one)
    if (loser !== undefined) assert.ok(this.waiting.delete(loser))
  }

  /** Serves one, which must wait and be later than what its source said before. */
  shift(priority: Priority): boolean {
    const one = this.queue.shift(priority)
    if (one === undefined) return false
    assert.ok(this.waiting.delete(one))
    const source = `${one.share.source} ${priority}`
    assert.ok(one.item > (this.#lastOf.get(source) ?? -1))
    this.#lastOf.set(source, one.item)
    return true
  }

  removeFirst(): void {
    const [first] = this.waiting
    if (first === undefined) return
    this.queue.remove(first)
    this.waiting.delete(first)
  }
}

test('nothing is lost or served twice, and what one source says keeps its order', () => {
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 200 }), (acts) => {
      const watched = new Watched()
      for (const [item, { act, name, source, priority, cost }] of acts.entries()) {
        const weight = WEIGHTS[name] as number
        const one = place(share(name, { source: `${name}${source}`, priority, cost, weight }), item)
        if (act === 'push') watched.push(one)
        else if (act === 'shift') watched.shift(priority)
        else watched.removeFirst()
        assert.is(watched.queue.size, watched.waiting.size)
        assert.ok(watched.queue.size <= 20)
      }
      for (const priority of [0, 1, 2] as const) while (watched.shift(priority));
      assert.is(watched.waiting.size, 0)
      assert.is(watched.queue.size, 0)
    })
  )
})

test('whatever is asked for, backlogged shares get equal parts for their weight, and nobody starves', () => {
  const demand = fc.record({
    weight: fc.integer({ min: 1, max: 50 }),
    sources: fc.integer({ min: 1, max: 5 }),
    greed: fc.integer({ min: 2, max: 100 })
  })
  fc.assert(
    fc.property(fc.array(demand, { minLength: 2, maxLength: 8 }), (demands) => {
      const queue = new FairQueue<number>(4_096)
      const served = demands.map(() => 0)
      const total = demands.reduce((sum, { weight }) => sum + weight, 0)
      for (let round = 0; round < 60; round++) {
        for (const [index, { weight, sources, greed }] of demands.entries())
          for (let source = 0; source < sources; source++)
            pushAll(
              queue,
              Math.min(100, Math.ceil((weight * greed) / sources)),
              place(share(`s${index}`, { source: `${index} ${source}`, weight }), index)
            )
        serve(queue, total, served)
      }
      const parts = served.map((count, index) => count / (demands[index]?.weight as number))
      assert.ok(jain(parts) > 0.95, `${jain(parts)}`)
      assert.ok(Math.min(...served) > 0)
    }),
    { numRuns: 25 }
  )
})

test('inside a share a source that floods leaves the others their equal parts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 100 }), (greed) => {
      const queue = new FairQueue<number>(4_096)
      const served = Array.from({ length: 10 }, () => 0)
      for (let round = 0; round < 100; round++) {
        for (let source = 0; source < 10; source++)
          pushAll(
            queue,
            source === 0 ? greed : 1,
            place(share('class', { source: `${source}` }), source)
          )
        serve(queue, 10, served)
      }
      assert.ok(jain(served) > 0.95)
    }),
    { numRuns: 30 }
  )
})

test.run()

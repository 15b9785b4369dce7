import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { IntakeGate } from './intake-gate.ts'

const test = suite('the gate of the intake')

/** A gate with its book and clock in the test's hands. */
function create(): {
  readonly gate: IntakeGate
  readonly world: { openCount: number; openBytes: number; nowMs: number; isOrdering: boolean }
  readonly enterAll: (count: number) => (Promise<boolean> | true)[]
  /** Lets everybody's time run out. */
  readonly passTime: () => void
} {
  const timers = new Set<() => void>()
  const world = { openCount: 0, openBytes: 0, nowMs: 0, isOrdering: true }
  const gate = new IntakeGate({
    book: world,
    isOrdering: () => world.isOrdering,
    clock: {
      nowMs: () => world.nowMs,
      later: (_delayMs, run) => {
        timers.add(run)
        return () => timers.delete(run)
      }
    }
  })
  const enterAll = (count: number): (Promise<boolean> | true)[] =>
    Array.from({ length: count }, () => gate.enter())
  const passTime = (): void => {
    for (const run of [...timers]) run()
  }
  return { gate, world, enterAll, passTime }
}

const WINDOW_MIN = 512

test('a slow ledger still lets a few hundred in at once, and makes the next one wait', async () => {
  const { gate, enterAll } = create()
  assert.ok(enterAll(WINDOW_MIN).every((entry) => entry === true))
  const waiting = gate.enter()
  assert.is.not(waiting, true)
  gate.leave()
  assert.is(await waiting, true)
})

test('what the book holds counts like what is just coming in', async () => {
  const { gate, world } = create()
  world.openCount = WINDOW_MIN
  const waiting = gate.enter()
  assert.is.not(waiting, true)
  world.openCount = WINDOW_MIN - 1
  gate.finalised(1)
  assert.is(await waiting, true)
})

test('who waits is let in in the order of coming', async () => {
  const { gate, enterAll } = create()
  void enterAll(WINDOW_MIN)
  const order: number[] = []
  const waits = [1, 2, 3].map(async (number) => {
    await gate.enter()
    order.push(number)
  })
  for (let count = 0; count < 3; count++) gate.leave()
  await Promise.all(waits)
  assert.equal(order, [1, 2, 3])
})

test('a quick ledger opens the gate wider, and a slow second does not shut it', () => {
  const { gate, world, enterAll } = create()
  world.nowMs = 1000
  gate.finalised(4000)
  assert.ok(enterAll(4000).every((entry) => entry === true))
  for (let count = 0; count < 4000; count++) gate.leave()
  world.nowMs = 2000
  gate.finalised(0)
  assert.ok(enterAll(3000).every((entry) => entry === true))
})

test('however quick the ledger is, the window has an end', () => {
  const { gate, world, enterAll } = create()
  world.nowMs = 1000
  gate.finalised(10_000_000)
  const entries = enterAll(16_385)
  assert.is(entries.filter((entry) => entry === true).length, 16_384)
  gate.leave()
})

test('more than may wait are told at once that there is no room', async () => {
  const { gate, enterAll } = create()
  void enterAll(WINDOW_MIN)
  const waiting = enterAll(4096)
  assert.is(await gate.enter(), false)
  for (let count = 0; count < 4096; count++) gate.leave()
  assert.ok((await Promise.all(waiting)).every((isAdmitted) => isAdmitted))
})

test('who waits for too long is told so, and leaves its place', async () => {
  const { gate, enterAll, passTime } = create()
  void enterAll(WINDOW_MIN)
  const waiting = gate.enter()
  passTime()
  assert.is(await waiting, false)
  gate.leave()
  assert.is(gate.enter(), true)
})

test('while nothing is ordered a fixed room is filled, and who comes after is told at once', async () => {
  const { gate, world, enterAll } = create()
  world.isOrdering = false
  assert.ok(enterAll(16_384).every((entry) => entry === true))
  assert.is(await gate.enter(), false)
  gate.leave()
  assert.is(gate.enter(), true)
})

test('the bytes of what is taken in while nothing is ordered are bounded too', async () => {
  const { gate, world } = create()
  world.isOrdering = false
  world.openBytes = 32 * 1024 * 1024 - 1
  assert.is(gate.enter(), true)
  world.openBytes++
  assert.is(await gate.enter(), false)
})

test('who waits for a window that is full is let in when members go missing, and none after they are back', async () => {
  const { gate, world, enterAll } = create()
  void enterAll(WINDOW_MIN)
  const waiting = gate.enter()
  world.isOrdering = false
  gate.look()
  assert.is(await waiting, true)
  world.isOrdering = true
  assert.is.not(gate.enter(), true)
})

test.run()

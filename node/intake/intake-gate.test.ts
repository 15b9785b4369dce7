import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../clock.ts'
import { IntakeGate } from './intake-gate.ts'

const test = suite('the gate of the intake')

/** A gate with its book and clock in the test's hands. */
function create(): {
  readonly gate: IntakeGate
  readonly world: { openCount: number; nowMs: number }
  readonly enterAll: (count: number) => (Promise<boolean> | true)[]
} {
  const world = { openCount: 0, nowMs: 0 }
  const gate = new IntakeGate({
    openCount: () => world.openCount,
    clock: { ...systemClock, nowMs: () => world.nowMs }
  })
  const enterAll = (count: number): (Promise<boolean> | true)[] =>
    Array.from({ length: count }, () => gate.enter())
  return { gate, world, enterAll }
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
  const { gate, enterAll } = create()
  void enterAll(WINDOW_MIN)
  assert.is(await gate.enter(), false)
  gate.leave()
  assert.is(gate.enter(), true)
})

test.run()

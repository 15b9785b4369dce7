import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Admission, IntakeGate } from './intake-gate.ts'
import type { Share } from './share.ts'

const test = suite('the gate of the intake')

type Entry = Promise<Admission> | 'admitted'
const READING: Share = { priority: 2, name: 'a class', source: 'a device', weight: 1, cost: 1 }
const ALARM: Share = { ...READING, priority: 1 }

/** A gate with its book and clock in the test's hands. */
function create(): {
  readonly gate: IntakeGate
  readonly world: {
    openCount: number
    pooledCount: number
    openBytes: number
    nowMs: number
    isOrdering: boolean
  }
  readonly enterAll: (count: number, share?: Share) => Entry[]
  /** Lets everybody's time run out. */
  readonly passTime: () => void
} {
  const timers = new Set<() => void>()
  const world = { openCount: 0, pooledCount: 0, openBytes: 0, nowMs: 0, isOrdering: true }
  const gate = new IntakeGate({
    book: world,
    pooledCount: () => world.pooledCount,
    isOrdering: () => world.isOrdering,
    clock: {
      nowMs: () => world.nowMs,
      later: (_delayMs, run) => {
        timers.add(run)
        return () => timers.delete(run)
      }
    }
  })
  const enterAll = (count: number, share: Share = READING): Entry[] =>
    Array.from({ length: count }, () => gate.enter(share))
  const passTime = (): void => {
    for (const run of [...timers]) run()
  }
  return { gate, world, enterAll, passTime }
}

const WINDOW_MIN = 512

test('a slow ledger still lets a few hundred in at once, and makes the next one wait', async () => {
  const { gate, enterAll } = create()
  assert.ok(enterAll(WINDOW_MIN).every((entry) => entry === 'admitted'))
  const waiting = gate.enter(READING)
  assert.is.not(waiting, 'admitted')
  gate.leave()
  assert.is(await waiting, 'admitted')
})

test('what the book holds counts like what is just coming in', async () => {
  const { gate, world } = create()
  world.openCount = WINDOW_MIN
  const waiting = gate.enter(READING)
  assert.is.not(waiting, 'admitted')
  world.openCount = WINDOW_MIN - 1
  gate.finalised(1)
  assert.is(await waiting, 'admitted')
})

test('who waits is let in in the order of coming', async () => {
  const { gate, enterAll } = create()
  void enterAll(WINDOW_MIN)
  const order: number[] = []
  const waits = [1, 2, 3].map(async (number) => {
    await gate.enter(READING)
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
  assert.ok(enterAll(4000).every((entry) => entry === 'admitted'))
  for (let count = 0; count < 4000; count++) gate.leave()
  world.nowMs = 2000
  gate.finalised(0)
  assert.ok(enterAll(3000).every((entry) => entry === 'admitted'))
})

test('however quick the ledger is, the window has an end', () => {
  const { gate, world, enterAll } = create()
  world.nowMs = 1000
  gate.finalised(10_000_000)
  const entries = enterAll(16_385)
  assert.is(entries.filter((entry) => entry === 'admitted').length, 16_384)
  gate.leave()
})

test('more than may wait are told at once that there is no room', async () => {
  const { gate, enterAll } = create()
  void enterAll(WINDOW_MIN)
  const waiting = enterAll(4096)
  assert.is(await gate.enter(READING), 'SHARE_FULL')
  for (let count = 0; count < 4096; count++) gate.leave()
  assert.ok((await Promise.all(waiting)).every((admission) => admission === 'admitted'))
})

test('who waits for too long is told so, and leaves its place', async () => {
  const { gate, enterAll, passTime } = create()
  void enterAll(WINDOW_MIN)
  const waiting = gate.enter(READING)
  passTime()
  assert.is(await waiting, 'LEDGER_BUSY')
  gate.leave()
  assert.is(gate.enter(READING), 'admitted')
})

test('while nothing is ordered a fixed room is filled, and who comes after is told at once', async () => {
  const { gate, world, enterAll } = create()
  world.isOrdering = false
  assert.ok(enterAll(16_384).every((entry) => entry === 'admitted'))
  assert.is(await gate.enter(READING), 'PAUSED_ROOM_FULL')
  gate.leave()
  assert.is(gate.enter(READING), 'admitted')
})

test('the bytes of what is taken in while nothing is ordered are bounded too', async () => {
  const { gate, world } = create()
  world.isOrdering = false
  world.openBytes = 32 * 1024 * 1024 - 1
  assert.is(gate.enter(READING), 'admitted')
  world.openBytes++
  assert.is(await gate.enter(READING), 'PAUSED_ROOM_FULL')
})

test('who waits for a window that is full is let in when members go missing, and none after they are back', async () => {
  const { gate, world, enterAll } = create()
  void enterAll(WINDOW_MIN)
  const waiting = gate.enter(READING)
  world.isOrdering = false
  gate.look()
  assert.is(await waiting, 'admitted')
  world.isOrdering = true
  assert.is.not(gate.enter(READING), 'admitted')
})

test('what waits for its turn or its quota takes nobody else’s room', () => {
  const { gate, world } = create()
  world.openCount = WINDOW_MIN + 1_500
  world.pooledCount = 1_500
  assert.is.not(gate.enter(READING), 'admitted')
  world.pooledCount = 1_501
  assert.is(gate.enter(READING), 'admitted')
})

test('an alarm finds room where readings find none, and goes before all that wait', async () => {
  const { gate, enterAll } = create()
  void enterAll(WINDOW_MIN)
  const order: string[] = []
  const reading = Promise.resolve(gate.enter(READING)).then(() => order.push('reading'))
  const alarms = enterAll(100, ALARM)
  assert.ok(alarms.filter((one) => one === 'admitted').length >= 75)
  const alarm = Promise.resolve(alarms.at(-1)).then(() => order.push('alarm'))
  for (let count = 0; count < 200; count++) gate.leave()
  await Promise.all([reading, alarm])
  assert.equal(order, ['alarm', 'reading'])
})

test('however many readings of one share wait, an alarm and a reading of another share find a place', async () => {
  const { gate, enterAll } = create()
  void enterAll(WINDOW_MIN)
  void enterAll(4_096)
  void enterAll(100, ALARM)
  const other = gate.enter({ ...READING, name: 'another class', source: 'another device' })
  gate.leave()
  for (let count = 0; count < 200; count++) gate.leave()
  assert.is(await other, 'admitted')
})

test.run()

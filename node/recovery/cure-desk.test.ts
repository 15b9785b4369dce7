import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NodeError } from '../errors.ts'
import { blockKey } from '../ledger/keyspace.ts'
import { CureDesk, type CureOutcome } from './cure-desk.ts'

const test = suite('the cure desk')

interface World {
  readonly desk: CureDesk
  /** What is asked of the cure, and how it is answered. */
  readonly asked: number[]
  readonly hopeless: NodeError[]
  outcome: CureOutcome
  /** Lets time pass, and everything due in it happen. */
  readonly pass: (ms: number) => Promise<void>
}

function createWorld(): World {
  let nowMs = 0
  const due = new Map<() => void, number>()
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const asked: number[] = []
  const hopeless: NodeError[] = []
  const desk = new CureDesk(
    { path: '/ledger' },
    {
      clock: {
        nowMs: () => nowMs,
        later: (delayMs, run) => {
          due.set(run, nowMs + delayMs)
          return () => void due.delete(run)
        }
      },
      cure: async (key) => {
        asked.push(key.at(-1) as number)
        return world.outcome
      },
      log: { warn: () => undefined, info: () => undefined },
      count: () => undefined,
      onHopeless: (error) => void hopeless.push(error),
      onFailure: (error) => {
        throw error
      }
    }
  )
  const pass = async (ms: number): Promise<void> => {
    const endMs = nowMs + ms
    for (;;) {
      await settle()
      const [next] = [...due].sort(([, a], [, b]) => a - b)
      if (next === undefined || next[1] > endMs) break
      nowMs = next[1]
      due.delete(next[0])
      next[0]()
    }
    nowMs = endMs
  }
  const world: World = { desk, asked, hopeless, outcome: 'cured', pass }
  return world
}

test('a record is cured once, however often it is reported', async () => {
  const { desk, asked, pass } = createWorld()
  for (let time = 0; time < 3; time++) desk.report(blockKey(1))
  assert.equal(desk.counts, { damagedRecords: 1, repairedRecords: 0 })
  await pass(0)
  assert.equal(asked, [1])
  assert.equal(desk.counts, { damagedRecords: 0, repairedRecords: 1 })
})

test('what cannot be cured now is tried again with growing pauses', async () => {
  const world = createWorld()
  world.outcome = 'unobtainable'
  world.desk.report(blockKey(1))
  await world.pass(499)
  assert.is(world.asked.length, 1)
  await world.pass(1)
  assert.is(world.asked.length, 2)
  await world.pass(999)
  assert.is(world.asked.length, 2)
  await world.pass(600_000)
  const { length } = world.asked
  assert.ok(length > 10 && length < 30, `${length} times`)
  world.outcome = 'cured'
  await world.pass(60_000)
  assert.equal(world.desk.counts, { damagedRecords: 0, repairedRecords: 1 })
})

test('who waits is told as soon as it is cured, or when the time is over', async () => {
  const world = createWorld()
  assert.ok(await world.desk.awaitCure(blockKey(9), 0), 'nothing is wrong with it')
  world.outcome = 'unobtainable'
  world.desk.report(blockKey(1))
  await world.pass(0)
  const vain = world.desk.awaitCure(blockKey(1), 100)
  await world.pass(100)
  assert.is(await vain, false)
  world.outcome = 'cured'
  const waiting = world.desk.awaitCure(blockKey(1), 100)
  await world.pass(0)
  assert.is(await waiting, true, 'whoever waits is not made to wait for the pause')
})

test('who is to end is not kept waiting for what nobody can cure', async () => {
  const world = createWorld()
  world.outcome = 'unobtainable'
  world.desk.report(blockKey(1))
  await world.pass(0)
  const before = world.desk.awaitCure(blockKey(1), 60_000)
  world.desk.letGo()
  assert.is(await before, false, 'who waits already')
  assert.is(await world.desk.awaitCure(blockKey(1), 60_000), false, 'who would wait from now on')
  assert.is(await world.desk.awaitCure(blockKey(2), 60_000), true, 'nothing is wrong with it')
})

test('nobody is kept waiting for what the others have long replaced', async () => {
  const world = createWorld()
  world.outcome = 'outdated'
  world.desk.report(blockKey(1))
  await world.pass(0)
  const waiting = world.desk.awaitCure(blockKey(1), 60_000)
  await world.pass(10_000)
  assert.is(await waiting, false)
  assert.ok(world.asked.length < 8, 'it is asked for with pauses')
  assert.is(world.desk.counts.damagedRecords, 1, 'it is damaged still')
})

test('when far too much is damaged the node is told to stop', async () => {
  const world = createWorld()
  world.outcome = 'unobtainable'
  for (let height = 0; height <= 4_096; height++) world.desk.report(blockKey(height))
  assert.is(world.desk.counts.damagedRecords, 4_096)
  assert.is(world.hopeless[0]?.exitCode, 65)
  await world.desk.stop()
})

test('once stopped it takes and cures nothing more', async () => {
  const world = createWorld()
  await world.desk.stop()
  world.desk.report(blockKey(1))
  await world.pass(1_000)
  assert.equal(world.asked, [])
  assert.is(world.desk.counts.damagedRecords, 0)
})

test.run()

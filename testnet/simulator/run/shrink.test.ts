import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../run-plan.ts'
import type { Plan } from '../world/plan.ts'
import { shrinkPlan } from './shrink.ts'

const test = suite('shrinking')

const plan: Plan = {
  seed: 1,
  weights: [1, 1, 1, 1],
  faultModel: 'byzantine',
  vices: [{ node: 2, vice: 'mute' }],
  baseMs: [1, 10],
  tailMs: 0,
  clockOffsetsMs: [5, 0, 0, 0],
  driftsPpm: [0, 0, 9, 0],
  devices: 4,
  pauseMs: 1_000,
  churnMs: 0,
  snapshots: null,
  things: null,
  healMs: 50_000,
  endMs: 120_000,
  faults: [
    { kind: 'crash', atMs: 4_000, node: 1, ending: 'kill', downMs: 9_000, atPoint: 0 },
    { kind: 'full-disk', atMs: 5_000, node: 0, forMs: 9_000 },
    { kind: 'clock-jump', atMs: 6_000, node: 3, byMs: 100 }
  ]
}

test('keeps what the failure needs, and nothing else', async () => {
  const run = async (tried: Plan): Promise<Failure | null> =>
    tried.faults.some(({ kind }) => kind === 'full-disk') && tried.devices >= 2
      ? { invariant: 'I1', message: 'fork', atMs: 7_000 }
      : null
  const found = { invariant: 'I1', message: 'fork', atMs: 7_000 }
  const shrunk = await shrinkPlan(plan, found, { run, hasTime: () => true })
  assert.equal(
    shrunk.plan.faults.map(({ kind }) => kind),
    ['full-disk']
  )
  assert.is(shrunk.plan.devices, 2)
  assert.equal(shrunk.plan.vices, [])
  assert.ok(shrunk.plan.endMs <= 8_000)
})

test('does not take another failure for the same', async () => {
  const run = async (): Promise<Failure> => ({ invariant: 'L1', message: 'stuck', atMs: 1 })
  const found = { invariant: 'I1', message: 'fork', atMs: 7_000 }
  const shrunk = await shrinkPlan(plan, found, { run, hasTime: () => true })
  assert.equal(shrunk.plan, plan)
})

test('ends when its time is over', async () => {
  let runs = 0
  const run = async (): Promise<Failure> => {
    runs++
    return { invariant: 'I1', message: 'fork', atMs: 7_000 }
  }
  const found = { invariant: 'I1', message: 'fork', atMs: 7_000 }
  const shrunk = await shrinkPlan(plan, found, { run, hasTime: () => runs < 3 })
  assert.is(shrunk.runs, 3)
})

test.run()

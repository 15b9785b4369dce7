import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runPlan } from '../run-plan.ts'
import type { Plan } from '../world/plan.ts'
import { createVice, VICE_NAMES } from './vices.ts'

const SINNER = 1
/** Long enough for ten heights among four, for every one of them has turns. */
const END_MS = 20_000

function planOf(vice: string): Plan {
  return {
    seed: 5,
    weights: [1, 1, 1, 1],
    faultModel: 'byzantine',
    vices: [{ node: SINNER, vice }],
    baseMs: [1, 10],
    tailMs: 2,
    clockOffsetsMs: [0, 40, -40, 10],
    driftsPpm: [0, 50, -50, 100],
    devices: 3,
    pauseMs: 600,
    churnMs: 0,
    snapshots: null,
    things: null,
    healMs: 1_000,
    endMs: END_MS,
    faults: []
  }
}

const test = suite('vices')

test('every vice is known by its own name', () => {
  for (const name of VICE_NAMES) assert.is(createVice(name).name, name)
})

for (const vice of VICE_NAMES)
  test(`a member that is a ${vice} bites, and breaks no promise`, async () => {
    const { failure, marks } = await runPlan(planOf(vice))
    assert.is(failure, null)
    assert.ok((marks[`vice:${vice}`] ?? 0) > 0)
  })

test('a run with a vice is the same each time', async () => {
  const [one, other] = [await runPlan(planOf('flooder')), await runPlan(planOf('flooder'))]
  assert.is(one.hash, other.hash)
})

test.run()

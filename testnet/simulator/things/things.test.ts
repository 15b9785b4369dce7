import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runPlan } from '../run-plan.ts'
import { drawThings, STORY_NAMES } from '../world/draw-things.ts'
import type { Plan, StoryName } from '../world/plan.ts'

const HEAL_MS = 25_000
const END_MS = 95_000

/** What must have happened in a story for it to be told. */
const POINTS: Readonly<Record<StoryName, readonly string[]>> = {
  honest: ['begun'],
  'key-thief': ['jumped', 'device-fork'],
  'clone-first': ['clone-spoke-first', 'device-fork', 'ordered/recover'],
  'clone-late': ['clone-spoke-late', 'device-fork', 'ordered/recover'],
  'clone-jumps': ['cloned', 'jumped', 'device-fork'],
  'double-sale': ['offered-twice', 'sold', 'begun-anew', 'sold-again'],
  'forked-sale': ['offered-by-two', 'owner-fork'],
  'double-restore': ['restored-twice', 'two-wallets-act', 'owner-fork']
}

/** Four honest members in fair weather, and one device with its story. */
function planOf(name: StoryName): Plan {
  const ratchetEvery = name === 'key-thief' || name === 'clone-jumps' ? 4_294_967_295 : 1
  return {
    seed: 11,
    weights: [1, 1, 1, 1],
    faultModel: 'byzantine',
    vices: [],
    baseMs: [1, 5],
    tailMs: 2,
    clockOffsetsMs: [0, 0, 0, 0],
    driftsPpm: [0, 0, 0, 0],
    devices: 1,
    pauseMs: 8_000,
    churnMs: 0,
    snapshots: null,
    things: {
      beatMs: 3_000,
      stories: [{ name, number: 0, stopsOnFork: true, ratchetEvery, illMs: 15_000 }]
    },
    healMs: HEAL_MS,
    endMs: END_MS,
    faults: []
  }
}

const test = suite('things')

for (const name of STORY_NAMES)
  test(`the story of ${name} comes to its point, and no promise is broken`, async () => {
    const { failure, marks } = await runPlan(planOf(name))
    assert.is(failure, null)
    const missing = POINTS[name].filter((point) => (marks[`things:${point}`] ?? 0) === 0)
    assert.equal(missing, [])
  })

test('a run with thieves is the same each time', async () => {
  const [one, other] = [await runPlan(planOf('clone-first')), await runPlan(planOf('clone-first'))]
  assert.is(one.hash, other.hash)
})

test('every run has an honest device, and somebody who means another one ill', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { stories } = drawThings(seed, { healMs: HEAL_MS, endMs: END_MS })
    assert.equal(
      stories.map(({ name }) => name === 'honest'),
      [true, false]
    )
  }
})

test.run()

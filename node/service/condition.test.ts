import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeState, describeWayBack, type StateFacts, stalenessOf } from './condition.ts'

const test = suite('the condition of the ledger')

const FACTS: StateFacts = {
  alarms: [],
  condition: { isStopped: false, isAdmitted: true, blocksBehind: 0 },
  sync: null,
  isMember: true,
  members: 4,
  missing: [],
  reachableWeight: 4,
  quorumWeight: 3,
  faultWeight: 1,
  height: 7,
  finalAtMs: Date.UTC(2026, 0, 2, 12, 4, 0),
  nowMs: Date.UTC(2026, 0, 2, 12, 4, 1)
}
const missing = (count: number): StateFacts['missing'] =>
  Array.from({ length: count }, (_, index) => ({
    memberId: `${index}`.repeat(64),
    region: `r${index}`,
    weight: 1,
    lastHeardAtMs: index === 0 ? Date.UTC(2026, 0, 2, 12, 3, 0) : null
  }))

const ROWS: readonly (readonly [
  why: string,
  change: Partial<StateFacts>,
  state: string,
  sentence: string
])[] = [
  ['all is well', {}, 'ready', 'All 4 members are present. Last block 1.0 s ago, height 7.'],
  [
    'the chain is quiet',
    { nowMs: FACTS.finalAtMs + 60_000 },
    'ready',
    'All 4 members are present. Quiet since 12:04:00 UTC, height 7.'
  ],
  [
    'the clock went back',
    { nowMs: FACTS.finalAtMs - 60_000 },
    'ready',
    'All 4 members are present. Last block 0.0 s ago, height 7.'
  ],
  ['there is no block yet', { height: 0 }, 'ready', 'All 4 members are present. No block yet.'],
  [
    'there is one member',
    { members: 1, reachableWeight: 1, quorumWeight: 1, faultWeight: 0 },
    'ready',
    'The only member is present. Last block 1.0 s ago, height 7.'
  ],
  [
    'one member is silent',
    { missing: missing(1), reachableWeight: 3 },
    'ready',
    '3 of 4 members are present, 1 silent. One more silent member stops the ledger. Last block 1.0 s ago, height 7.'
  ],
  [
    'too many are silent',
    { missing: missing(2), reachableWeight: 2 },
    'paused',
    'Paused, nothing lost: 2 of 4 members are present and the moot needs 1 more vote. Missing: r0 (00000000) since 12:03:00 UTC, r1 (11111111) since before this node started. It goes on with any 1 of these 2 back.'
  ],
  [
    'it is behind',
    { condition: { ...FACTS.condition, blocksBehind: 3 } },
    'catching-up',
    'Catching up: 3 blocks behind.'
  ],
  [
    'it takes blocks',
    {
      condition: { ...FACTS.condition, blocksBehind: 28_800 },
      sync: { kind: 'blocks', done: 1200, total: 30_000, blocksPerSecond: 640, leftMs: 45_000 }
    },
    'catching-up',
    'Catching up: block 1,200 of 30,000, 640 blocks/s, about 45 s left.'
  ],
  [
    'it takes a snapshot',
    {
      condition: { ...FACTS.condition, blocksBehind: 28_800 },
      sync: { kind: 'snapshot', done: 43e6, total: 100e6, bytesPerSecond: 12e6, leftMs: 19_500 }
    },
    'catching-up',
    'Catching up by snapshot: 43 %, 12 MB/s, about 20 s left.'
  ],
  [
    'it is hardly behind',
    { condition: { ...FACTS.condition, blocksBehind: 2 } },
    'ready',
    'All 4 members are present. Last block 1.0 s ago, height 7.'
  ],
  [
    'it may not vote yet',
    { condition: { ...FACTS.condition, isAdmitted: false } },
    'joining',
    'Joining: asking the other members about this node’s votes.'
  ],
  [
    'it must not vote any more, whatever else there is',
    { condition: { isStopped: true, isAdmitted: false, blocksBehind: 9 }, reachableWeight: 0 },
    'stopped',
    'This node must not vote: see its alarms. It follows the others as an observer.'
  ],
  [
    'it observes',
    { isMember: false, missing: missing(2), reachableWeight: 0 },
    'ready',
    'Observer: follows the ledger through 2 of 4 members. Last block 1.0 s ago, height 7.'
  ],
  [
    'it observes and reaches nobody',
    { isMember: false, missing: missing(4) },
    'joining',
    'Observer: no member is reached yet, reads may be stale.'
  ],
  [
    'it observes and is behind',
    { isMember: false, condition: { ...FACTS.condition, blocksBehind: 100 } },
    'catching-up',
    'Catching up: 100 blocks behind.'
  ]
]

test('when its key must not vote any more it says which, why and what now', () => {
  const condition = { ...FACTS.condition, isStopped: true }
  for (const [code, words] of [
    ['VOTE_LOG_LOST', /vote log was lost.*never votes again.*join anew/],
    ['VOTE_LOG_STALE', /Other members hold votes of this node.*old copy.*Stop any other node/]
  ] as const) {
    const { state, sentence } = describeState({ ...FACTS, condition, alarms: [code] })
    assert.is(state, 'stopped')
    assert.match(sentence, words)
  }
})

for (const [why, change, state, sentence] of ROWS)
  test(`when ${why} it says so: ${state}`, () => {
    assert.equal(describeState({ ...FACTS, ...change }), { state, sentence })
  })

test('what brings a paused ledger back is said while it is paused, and not by observers', () => {
  const paused = { ...FACTS, missing: missing(2), reachableWeight: 2 }
  assert.is(describeWayBack(paused), 'It goes on with any 1 of these 2 back.')
  assert.is(describeWayBack({ ...FACTS, missing: missing(1), reachableWeight: 3 }), null)
  assert.is(describeWayBack({ ...paused, isMember: false }), null)
})

test('reads are stale below the quorum, out of reach of all members, and far behind', () => {
  const behind = { ...FACTS.condition, blocksBehind: 3 }
  const isMember = false
  assert.is(stalenessOf(FACTS), null)
  assert.is(stalenessOf({ ...FACTS, condition: behind }), 'behind')
  const paused = { ...FACTS, missing: missing(2), reachableWeight: 2 }
  assert.is(stalenessOf({ ...paused, condition: behind }), 'quorum-lost')
  assert.is(stalenessOf({ ...paused, isMember }), null)
  assert.is(stalenessOf({ ...paused, isMember, missing: missing(4) }), 'no-member-reached')
})

test.run()

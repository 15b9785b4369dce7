import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { idOf } from '../../testing/governance-keys.ts'
import {
  ANY_HASH,
  ANY_VENDOR,
  answer,
  ask,
  motionOf,
  parameterMotion,
  removeMotion,
  reweighMotion,
  upgradeMotion
} from '../../testing/governance-motions.ts'
import { GENESIS_TIME_MS, GovernanceWorld } from '../../testing/governance-world.ts'
import type { Motion } from '../../transactions/motion.ts'
import { MOTION_STATUS } from '../records/motion-record.ts'

const test = suite('motion rules')

const WEEK_MS = 7 * 86_400_000
const YEAR_MS = 365 * 86_400_000
const motionStatus = (world: GovernanceWorld, id: Uint8Array): number => motionOf(world, id).status

test('a motion that is opened stands in the book with its question, its time and no ballot', () => {
  const motion = removeMotion(3)
  const { world, id } = ask(motion)
  assert.equal(motionOf(world, id), {
    motion,
    openedBy: idOf(0),
    openedAtMs: world.version.timeMs,
    notAfterMs: GENESIS_TIME_MS + WEEK_MS,
    status: MOTION_STATUS.open,
    ballots: [],
    settledAtMs: 0
  })
  assert.equal(world.governance.openMotions, [id])
  assert.is(world.version.nextEpoch, null)
})

const FORBIDDEN: readonly (readonly [why: string, motion: Motion])[] = [
  ['admits by a second motion of an application', { type: 'admit', applicationId: ANY_HASH }],
  ['removes somebody who has no seat', removeMotion(9)],
  ['removes somebody below the minimum', removeMotion(3)],
  ['gives a third of the weight to one', reweighMotion([[0, 2]])],
  [
    'changes more than a third',
    reweighMotion([
      [0, 2],
      [1, 2]
    ])
  ],
  ['weighs somebody without a seat', reweighMotion([[9, 1]])],
  ['weighs everybody as they are', reweighMotion([[0, 1]])],
  ['names a parameter that there is not', { type: 'change-parameter', number: 255, value: 1 }],
  ['sets a parameter to what it is', parameterMotion('memberBurst', 1_000_000)],
  ['sets a parameter below its range', parameterMotion('heartbeatMs', 1)],
  ['sets a parameter above its range', parameterMotion('heartbeatMs', YEAR_MS)],
  ['lets two parameters contradict each other', parameterMotion('delta0Ms', 30_000 + 1)],
  ['resizes the ring of anchors', parameterMotion('anchorWindowBlocks', 1024)],
  ['keeps the fault model', { type: 'change-fault-model', faultModel: 'byzantine' }],
  ['goes back to an earlier version', upgradeMotion(1, 1000)],
  ['upgrades at a height that is past', upgradeMotion(2, 1)],
  ['removes a maker that there is not', { type: 'vendor-remove', vendorId: ANY_VENDOR }]
]

for (const [why, motion] of FORBIDDEN)
  test(`no motion is opened that ${why}`, () => {
    const world = new GovernanceWorld({ parameters: { membersMin: 4, deltaMaxMs: 30_000 } })
    assert.equal(world.block([world.acts.open(0, motion)]), ['refused MOTION_FORBIDDEN'])
    assert.equal(world.governance.openMotions, [])
    assert.is(world.member(0).memberSequence, 0)
  })

test('a motion may run up to its longest life, and not a moment longer', () => {
  const world = new GovernanceWorld()
  const nextMs = world.version.timeMs + 1000
  const open = (notAfterMs: number): readonly string[] =>
    world.block([world.acts.open(0, removeMotion(3), { notAfterMs })], { stepMs: 0 })
  world.block()
  assert.equal(open(nextMs + WEEK_MS + 1), ['refused MOTION_TIME_WRONG'])
  assert.equal(open(nextMs), ['refused MOTION_TIME_WRONG'])
  assert.equal(open(nextMs + WEEK_MS), ['applied'])
  assert.equal(open(nextMs + 1), ['applied'])
})

test('one member has two motions open at most, and settled ones do not count', () => {
  const world = new GovernanceWorld()
  const [first, second, third] = [1, 2, 3].map((who) => world.acts.open(0, removeMotion(who)))
  assert.ok(first && second && third)
  assert.equal(world.block([first, second]), ['applied', 'applied'])
  assert.equal(world.block([third]), ['refused MOTIONS_FULL'])
  assert.equal(world.block([world.acts.withdraw(0, first.id)]), ['applied'])
  assert.equal(world.block([world.acts.open(0, removeMotion(3))]), ['applied'])
})

test('the book holds thirty-two motions, and applications take none of these places', () => {
  const world = new GovernanceWorld({ weights: Array.from({ length: 18 }, () => 1) })
  assert.equal(world.block([world.acts.apply(40)]), ['applied'])
  const motion = parameterMotion('membersMin', 2)
  for (let who = 0; who < 16; who++)
    assert.equal(world.block([world.acts.open(who, motion), world.acts.open(who, motion)]), [
      'applied',
      'applied'
    ])
  assert.equal(world.block([world.acts.open(16, motion)]), ['refused MOTIONS_FULL'])
  assert.is(world.governance.openMotions.length, 33)
})

test('only the seated act, each sequence once and in order', () => {
  const { world, id } = ask(removeMotion(3))
  assert.equal(world.block([world.acts.ballot(9, id, 1)]), ['refused MEMBER_UNKNOWN'])
  assert.equal(world.block([world.acts.open(9, removeMotion(3))]), ['refused MEMBER_UNKNOWN'])
  assert.equal(world.block([world.acts.withdraw(9, id)]), ['refused MEMBER_UNKNOWN'])
  const ballot = world.acts.ballot(1, id, 1, { sequence: 50 })
  assert.equal(world.block([ballot]), ['applied'])
  assert.equal(world.block([ballot]), ['refused MEMBER_SEQUENCE_USED'])
  const lower = world.acts.ballot(1, id, 0, { sequence: 49 })
  assert.equal(world.block([lower]), ['refused MEMBER_SEQUENCE_USED'])
  const gap = world.acts.ballot(1, id, 0, { sequence: 5_000_000 })
  assert.equal(world.block([gap]), ['applied'])
})

test('whose budget is used up waits, and uses no sequence', () => {
  const world = new GovernanceWorld({ parameters: { memberBurst: 2, memberPerHour: 3600 } })
  const { id } = ask(removeMotion(3), world)
  const before = world.member(1)
  const acts = [0, 1, 0].map((choice) => world.acts.ballot(1, id, choice))
  assert.equal(world.block(acts), ['applied', 'applied', 'waits QUOTA_EMPTY'])
  assert.is(world.member(1).memberSequence, before.memberSequence + 3)
  assert.equal(world.block(acts.slice(2)), ['applied'])
})

test('a ballot replaces the one before, and none takes it back', () => {
  const question = ask(removeMotion(3))
  const { world, id } = question
  answer(question, [1, 1], [2, 1])
  assert.equal(motionOf(world, id).ballots, [
    { memberId: idOf(1), choice: 1 },
    { memberId: idOf(2), choice: 1 }
  ])
  answer(question, [1, 0])
  assert.equal(motionOf(world, id).ballots, [
    { memberId: idOf(2), choice: 1 },
    { memberId: idOf(1), choice: 0 }
  ])
  answer(question, [2, 2], [1, 2])
  assert.equal(motionOf(world, id).ballots, [])
})

test('a motion that is carried takes no more ballots, and leaves the list of open ones', () => {
  const question = ask(removeMotion(3))
  const { world, id } = question
  answer(question, [0, 1], [1, 1], [2, 1])
  assert.equal(world.governance.openMotions, [])
  assert.equal(world.governance.carried, [id])
  assert.is(motionOf(world, id).settledAtMs, world.version.timeMs)
  world.settle()
  assert.is(motionStatus(world, id), MOTION_STATUS.executed)
  assert.equal(world.block([world.acts.ballot(0, id, 0)]), ['refused MOTION_CLOSED'])
  assert.equal(world.block([world.acts.ballot(0, ANY_HASH, 1)]), ['refused MOTION_CLOSED'])
})

test('who opened a motion withdraws it; nobody else does, and not twice', () => {
  const { world, id } = ask(removeMotion(3))
  assert.equal(world.block([world.acts.withdraw(1, id)]), ['refused MOTION_NOT_OWN'])
  assert.equal(world.block([world.acts.withdraw(0, ANY_HASH)]), ['refused MOTION_CLOSED'])
  assert.equal(world.block([world.acts.withdraw(0, id)]), ['applied'])
  assert.is(motionStatus(world, id), MOTION_STATUS.withdrawn)
  assert.equal(world.governance.openMotions, [])
  assert.equal(world.block([world.acts.withdraw(0, id)]), ['refused MOTION_CLOSED'])
  assert.equal(world.block([world.acts.ballot(0, id, 1)]), ['refused MOTION_CLOSED'])
})

test('an application belongs to nobody who could withdraw it', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  world.block([apply])
  assert.equal(world.block([world.acts.withdraw(0, apply.id)]), ['refused MOTION_NOT_OWN'])
})

test('no member closes an application by a second motion about it', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  world.block([apply])
  const second = world.acts.open(0, { type: 'admit', applicationId: apply.id })
  assert.equal(world.block([second]), ['refused MOTION_FORBIDDEN'])
})

test.run()

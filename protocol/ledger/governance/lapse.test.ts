import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { idOf } from '../../testing/governance-keys.ts'
import { parameterMotion } from '../../testing/governance-motions.ts'
import { type GovernanceOptions, GovernanceWorld } from '../../testing/governance-world.ts'
import { certificateNamed, certifiedKey } from '../../testing/trust-certificates.ts'
import { plainTrustPolicy } from '../../transactions/trust-policy.ts'
import { MEMBER_STATUS } from '../records/member-record.ts'
import { awakeMsAt } from './awake-time.ts'

const test = suite('lapse of membership')

const HEARTBEAT_MS = 60_000
const STEP_MS = 2 * HEARTBEAT_MS
const MEMBERSHIP_MS = 10 * STEP_MS
const YEAR_MS = 365 * 86_400_000
const SEVEN = { weights: [1, 1, 1, 1, 1, 1, 1] } as const

const worldOf = (options: GovernanceOptions = {}): GovernanceWorld =>
  new GovernanceWorld({
    ...options,
    parameters: { heartbeatMs: HEARTBEAT_MS, membershipMs: MEMBERSHIP_MS, ...options.parameters }
  })

/** Lets a membership go by while only some renew theirs, and seals whatever that leads to. */
function passMembership(world: GovernanceWorld, alive: readonly number[]): void {
  for (let step = 0; step <= MEMBERSHIP_MS / STEP_MS; step++) {
    world.settle()
    const renewals = alive.filter((who) => world.seated.includes(who))
    world.block(
      renewals.map((who) => world.acts.renew(who)),
      { stepMs: STEP_MS }
    )
  }
  world.settle()
}

test('who has not renewed for a membership of awake time lapses, one moment later', () => {
  const world = worldOf()
  const alive = [0, 1, 2]
  for (let step = 0; step < MEMBERSHIP_MS / STEP_MS; step++)
    world.block(
      alive.map((who) => world.acts.renew(who)),
      { stepMs: STEP_MS }
    )
  assert.is(awakeMsAt(world.state, world.version), MEMBERSHIP_MS)
  assert.is(world.version.nextEpoch, null)
  world.block([], { stepMs: 1 })
  assert.equal(world.version.nextEpoch?.lapsed, [idOf(3)])
  assert.is(world.settle(), 1)
  assert.equal(world.seated, alive)
  assert.is(world.member(3).status, MEMBER_STATUS.former)
  assert.is(world.governance.lapsedWeight, 1)
})

test('who renews in time stays for another membership', () => {
  const world = worldOf()
  passMembership(world, [0, 1, 2, 3])
  passMembership(world, [0, 1, 2, 3])
  assert.equal(world.seated, [0, 1, 2, 3])
})

test('an outage of a year lapses nobody: a silence counts two heartbeats', () => {
  const world = worldOf()
  world.block([], { stepMs: YEAR_MS })
  assert.is(awakeMsAt(world.state, world.version), 2 * HEARTBEAT_MS)
  assert.is(world.version.nextEpoch, null)
  assert.is(world.settle(), 0)
})

test('a shorter silence counts as it is', () => {
  const world = worldOf()
  world.block([], { stepMs: 2 * HEARTBEAT_MS - 1 })
  world.block([], { stepMs: 1 })
  world.block([], { stepMs: 0 })
  assert.is(awakeMsAt(world.state, world.version), 2 * HEARTBEAT_MS)
})

test('no more weight lapses than the electorate of the last ballots could bear', () => {
  const world = worldOf(SEVEN)
  assert.is(world.governance.lapsableWeight, 2)
  passMembership(world, [0, 1, 2, 3])
  passMembership(world, [0, 1, 2, 3])
  // Of three silent ones two lapse, and the quorum never falls below four of five.
  assert.is(world.seated.length, 5)
  assert.is(world.governance.lapsedWeight, 2)
  assert.is(world.version.electorate.quorumWeight, 4)
  assert.is(world.settle(), 0)
})

test('weight that would go beyond the limit stays, and a lighter one may lapse in its stead', () => {
  const world = worldOf({ weights: [3, 3, 2, 2, 2] })
  // Of twelve nine decide: three may lapse.
  assert.is(world.governance.lapsableWeight, 3)
  passMembership(world, [1, 2])
  assert.ok(world.governance.lapsedWeight <= 3)
  const gone = [0, 3, 4].filter((who) => !world.seated.includes(who))
  assert.is(gone.length, 1)
})

test('ballots that make another electorate let the lapse be counted anew', () => {
  const world = worldOf(SEVEN)
  passMembership(world, [0, 1, 2, 3])
  assert.is(world.seated.length, 5)
  world.carry(parameterMotion('membersMin', 2), [0, 1, 2, 3])
  assert.is(world.settle(), 2)
  assert.equal(world.seated, [0, 1, 2, 3])
  assert.is(world.governance.lapsedWeight, 1)
  assert.is(world.governance.lapsableWeight, 1)
})

test('a newcomer by certificate, without any ballot, does not let it be counted anew', () => {
  const world = worldOf({
    ...SEVEN,
    trust: {
      model: 'hybrid',
      ways: [['anchored'], ['open-vote']],
      roots: [{ key: certifiedKey('rootEd'), quota: 5 }]
    }
  })
  passMembership(world, [0, 1, 2, 3])
  assert.is(world.seated.length, 5)
  world.block([world.acts.apply(9, { proofs: [certificateNamed('memberByEd')] })])
  world.block([world.acts.ready(9)])
  assert.is(world.settle(), 1)
  assert.is(world.seated.length, 6)
  assert.is(world.governance.lapsedWeight, 2)
  assert.is(world.governance.lapsableWeight, 2)
})

test('among those who only crash less than half may lapse', () => {
  const world = worldOf({ ...SEVEN, faultModel: 'crash' })
  assert.is(world.governance.lapsableWeight, 3)
  passMembership(world, [0, 1])
  passMembership(world, [0, 1])
  assert.is(world.seated.length, 4)
})

test('the only member never lapses', () => {
  const world = worldOf({ weights: [1] })
  passMembership(world, [])
  assert.equal(world.seated, [0])
})

test('a newcomer’s membership begins when it is admitted', () => {
  const world = worldOf()
  passMembership(world, [0, 1, 2, 3])
  world.admit(9)
  passMembership(world, [0, 1, 2, 3, 9])
  assert.equal(world.seated, [0, 1, 2, 3, 9])
})

test('who lapsed may ask for a seat again', () => {
  const world = worldOf()
  passMembership(world, [0, 1, 2])
  world.admit(3)
  assert.equal(world.seated, [0, 1, 2, 3])
})

const ROOTS = [{ key: certifiedKey('rootEd'), quota: 5 }]

test('founders owe no certificate, whatever genesis asks of those who come', () => {
  const world = worldOf({ trust: plainTrustPolicy('anchored', ROOTS) })
  assert.is(world.version.nextEpoch, null)
  passMembership(world, [0, 1, 2, 3])
  assert.equal(world.seated, [0, 1, 2, 3])
})

test('who does not satisfy a new trust model lapses after the time it was given, within the limit', () => {
  const world = worldOf()
  world.admit(9)
  const alive = [0, 1, 2, 3, 9]
  const renewByMs = world.version.timeMs + 4 * STEP_MS
  const policy = plainTrustPolicy('anchored', ROOTS)
  world.carry({ type: 'change-trust-model', subject: 'members', policy, renewByMs })
  world.settle()
  const renewal = world.acts.renew(9, { proofs: [certificateNamed('memberByEd')] })
  assert.equal(world.block([renewal]), ['applied'])
  assert.equal(world.member(9).trustRoot, certifiedKey('rootEd'))
  world.block([], { stepMs: renewByMs - world.version.timeMs })
  assert.is(world.version.nextEpoch, null)
  world.block([], { stepMs: 1 })
  world.settle()
  // Of five four decide: one founder lapses, and the newcomer does not.
  assert.is(world.seated.length, 4)
  assert.ok(world.seated.includes(9))
  passMembership(world, alive)
  assert.is(world.seated.length, 4)
})

test('a renewal shows certificates that lead to a root with room, and keeps those shown before', () => {
  const policy = plainTrustPolicy('anchored', [{ key: certifiedKey('rootEd'), quota: 1 }])
  const world = worldOf()
  world.admit(9)
  world.admit(10)
  world.carry({
    type: 'change-trust-model',
    subject: 'members',
    policy,
    renewByMs: world.version.timeMs + YEAR_MS
  })
  world.settle()
  const renew = (who: number, ...names: readonly string[]): readonly string[] =>
    world.block([world.acts.renew(who, { proofs: names.map(certificateNamed) })])
  assert.equal(renew(9, 'memberByForeign'), ['refused ANCHOR_ROOT_UNKNOWN'])
  assert.equal(renew(9, 'secondByEd'), ['refused ANCHOR_SUBJECT_WRONG'])
  assert.equal(renew(9, 'memberByEd'), ['applied'])
  assert.equal(renew(9, 'memberByEd'), ['applied'], 'its own place is no other')
  assert.equal(renew(9), ['applied'])
  assert.equal(world.member(9).trustRoot, certifiedKey('rootEd'))
  assert.equal(renew(10, 'secondByEd'), ['refused ANCHOR_QUOTA_FULL'])
})

test.run()

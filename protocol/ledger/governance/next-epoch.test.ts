import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { publicKeyOf } from '../../crypto/signing.ts'
import { toHex } from '../../foundation/bytes.ts'
import { convict } from '../../testing/governance-evidence.ts'
import { numberOf, voteKeyOf } from '../../testing/governance-keys.ts'
import {
  motionOf,
  parameterMotion,
  removeMotion,
  reweighMotion
} from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import { plainTrustPolicy } from '../../transactions/trust-policy.ts'
import { NETWORK_KEY, type NetworkRecord, networkTable } from '../records/chain-record.ts'
import { MEMBER_STATUS } from '../records/member-record.ts'
import { MOTION_STATUS } from '../records/motion-record.ts'

const test = suite('the next epoch')

const SIX = { weights: [1, 1, 1, 1, 1, 1] } as const
const epochOf = (world: GovernanceWorld): number => world.version.electorate.epoch
const networkOf = (world: GovernanceWorld): NetworkRecord =>
  world.state.read(networkTable, NETWORK_KEY) as NetworkRecord
const weightsOf = (world: GovernanceWorld): Readonly<Record<number, number>> =>
  Object.fromEntries(
    world.version.electorate.seats.map(({ memberId, weight }) => [numberOf(memberId), weight])
  )
const named = (ids: readonly Uint8Array[] | undefined): readonly string[] => (ids ?? []).map(toHex)
const voteKeyAt = (world: GovernanceWorld, who: number): Uint8Array | undefined =>
  world.version.electorate.seats.find(({ memberId }) => numberOf(memberId) === who)?.voteKey

/** Opens motions in one block, each by another member, and carries them in another, in this order. */
function carryAll(
  world: GovernanceWorld,
  motions: Parameters<GovernanceWorld['carry']>[0][]
): Uint8Array[] {
  const opened = motions.map((motion, who) => world.acts.open(who, motion))
  assert.equal(
    world.block(opened),
    motions.map(() => 'applied')
  )
  const ids = opened.map(({ id }) => id)
  const ballots = ids.flatMap((id) => world.seated.map((who) => world.acts.ballot(who, id, 1)))
  world.block(ballots)
  for (const id of ids) assert.is.not(motionOf(world, id).status, MOTION_STATUS.open)
  return ids
}

test('nothing is due where nothing was decided', () => {
  const world = new GovernanceWorld()
  assert.is(world.version.nextEpoch, null)
  world.block([world.acts.ready(0), world.acts.renew(1)])
  assert.is(world.version.nextEpoch, null)
})

test('whoever is admitted and ready is seated by a seal, with the weight of one', () => {
  const world = new GovernanceWorld({ weights: [5, 5, 5, 5] })
  const apply = world.acts.apply(9)
  world.block([apply])
  world.agree(apply.id)
  assert.is(world.version.nextEpoch, null)
  world.block([world.acts.ready(9)])
  assert.equal(named(world.version.nextEpoch?.executed), named([apply.id]))
  assert.equal(world.seated, [0, 1, 2, 3])
  assert.is(world.settle(), 1)
  assert.is(epochOf(world), 1)
  assert.equal(weightsOf(world), { 0: 5, 1: 5, 2: 5, 3: 5, 9: 1 })
  const { status, weight, seatedSinceEpoch, ready } = world.member(9)
  assert.equal([status, weight, seatedSinceEpoch, ready], [MEMBER_STATUS.seated, 1, 1, null])
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.executed)
  assert.equal(world.governance.openApplications, [])
  assert.equal(world.governance.carried, [])
})

test('a newcomer that is not ready waits, and holds nobody up', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  world.block([apply])
  world.agree(apply.id)
  world.carry(parameterMotion('membersMin', 2))
  assert.is(world.settle(), 1)
  assert.equal(world.seated, [0, 1, 2, 3])
  assert.equal(named(world.governance.carried), named([apply.id]))
  world.block([world.acts.ready(9)])
  world.settle()
  assert.equal(world.seated, [0, 1, 2, 3, 9])
})

test('a newcomer that was ready for an epoch it did not come into is seated in a later one', () => {
  const world = new GovernanceWorld()
  const applies = [9, 10].map((who) => world.acts.apply(who))
  world.block(applies)
  for (const { id } of applies) world.agree(id)
  world.block([world.acts.ready(9), world.acts.ready(10)])
  // Of four equals one changes in an epoch.
  assert.is(world.version.nextEpoch?.executed.length, 1)
  assert.is(world.settle(), 2)
  assert.equal(world.seated, [0, 1, 2, 3, 9, 10])
  assert.is(world.member(9).seatedSinceEpoch, 1)
  assert.is(world.member(10).seatedSinceEpoch, 2)
})

test('motions are executed in the order in which they were carried, not opened', () => {
  const world = new GovernanceWorld({ weights: [1, 1, 1] })
  const [first, second] = [world.acts.open(0, removeMotion(2)), world.acts.open(1, removeMotion(1))]
  world.block([first, second])
  // Three say yes to the second before anybody does to the first; below four one goes in an epoch.
  world.block([
    ...[0, 1, 2].map((who) => world.acts.ballot(who, second.id, 1)),
    ...[0, 1, 2].map((who) => world.acts.ballot(who, first.id, 1))
  ])
  assert.equal(named(world.governance.carried), named([second.id, first.id]))
  assert.equal(named(world.version.nextEpoch?.executed), named([second.id]))
  world.block()
  assert.equal(world.seated, [0, 2])
  assert.equal(named(world.governance.carried), named([first.id]))
  world.settle()
  assert.equal(world.seated, [0])
})

test('two motions carried in one block are executed by one seal', () => {
  const world = new GovernanceWorld(SIX)
  const ids = carryAll(world, [removeMotion(5), parameterMotion('membersMin', 2)])
  assert.equal(named(world.version.nextEpoch?.executed), named(ids))
  assert.is(world.settle(), 1)
  assert.equal(world.seated, [0, 1, 2, 3, 4])
  assert.is(networkOf(world).parameters.membersMin, 2)
})

test('what a guard forbids in this epoch waits for the next, and others pass it by', () => {
  const world = new GovernanceWorld(SIX)
  const ids = carryAll(world, [
    removeMotion(5),
    removeMotion(4),
    removeMotion(3),
    parameterMotion('membersMin', 2)
  ])
  const [first, second, third, fourth] = ids as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  // A third of six is two.
  assert.equal(named(world.version.nextEpoch?.executed), named([first, second, fourth]))
  world.block()
  assert.equal(world.seated, [0, 1, 2, 3])
  assert.equal(named(world.governance.carried), named([third]))
  assert.equal(named(world.version.nextEpoch?.executed), named([third]))
  world.settle()
  assert.equal(world.seated, [0, 1, 2])
})

test('a motion that became pointless waits until it lapses', () => {
  const world = new GovernanceWorld(SIX)
  const [, second] = carryAll(world, [removeMotion(5), removeMotion(5)]) as [Uint8Array, Uint8Array]
  assert.is(world.settle(), 1)
  assert.equal(named(world.governance.carried), named([second]))
  assert.is(world.version.nextEpoch, null)
})

test('who is convicted goes whatever the guards say', () => {
  const world = new GovernanceWorld({ parameters: { membersMin: 4 } })
  world.block([convict(world, 2), convict(world, 3)])
  assert.equal(world.version.nextEpoch?.removed.map(numberOf).sort(), [2, 3])
  world.settle()
  assert.equal(world.seated, [0, 1])
  assert.equal(world.governance.removals, [])
})

test('a removal by proof and motions are one step, measured without who is convicted', () => {
  const world = new GovernanceWorld(SIX)
  const motion = world.acts.open(0, removeMotion(4))
  world.block([motion])
  world.block([
    ...[0, 1, 2, 3, 4].map((who) => world.acts.ballot(who, motion.id, 1)),
    convict(world, 5)
  ])
  assert.is(world.settle(), 1)
  assert.equal(world.seated, [0, 1, 2, 3])
})

test('an electorate is never empty: the last stay, whatever they did', () => {
  const world = new GovernanceWorld({ weights: [1, 1] })
  world.block([convict(world, 0), convict(world, 1)])
  assert.is(world.version.nextEpoch, null)
  assert.equal(world.seated, [0, 1])
  const alone = new GovernanceWorld({ weights: [1] })
  alone.block([convict(alone, 0), alone.acts.leave(0)])
  assert.is(alone.version.nextEpoch, null)
  assert.equal(alone.seated, [0])
})

test('whoever gives its seat up goes, and of all who do one stays', () => {
  const world = new GovernanceWorld({ parameters: { membersMin: 4 } })
  world.block([world.acts.leave(1), world.acts.leaveByRecovery(2)])
  assert.equal(world.version.nextEpoch?.left.map(numberOf).sort(), [1, 2])
  world.settle()
  assert.equal(world.seated, [0, 3])
  world.block([world.acts.leave(0), world.acts.leave(3)])
  assert.is(world.settle(), 1)
  assert.is(world.seated.length, 1)
  assert.is(world.version.nextEpoch, null)
})

test('whoever stayed as the last goes as soon as another is there', () => {
  const world = new GovernanceWorld({ weights: [1] })
  world.block([world.acts.leave(0)])
  assert.is(world.settle(), 0)
  world.admit(9)
  assert.equal(world.seated, [9])
})

test('weights change by a seal', () => {
  const world = new GovernanceWorld({ weights: [3, 3, 3, 3] })
  world.carry(
    reweighMotion([
      [0, 4],
      [1, 4]
    ])
  )
  world.settle()
  assert.equal(weightsOf(world), { 0: 4, 1: 4, 2: 3, 3: 3 })
  assert.is(world.member(0).weight, 4)
  assert.is(world.version.electorate.quorumWeight, 10)
  world.carry(reweighMotion([[0, 20]], true))
  world.settle()
  assert.equal(weightsOf(world), { 0: 20, 1: 4, 2: 3, 3: 3 })
})

test('a parameter changes by a seal, and with it what the electorate says of consensus', () => {
  const world = new GovernanceWorld()
  const id = world.carry(parameterMotion('heartbeatMs', 90_000))
  assert.is(networkOf(world).parameters.heartbeatMs, 60_000)
  assert.is(world.version.electorate.parameters.heartbeatMs, 60_000)
  world.settle()
  assert.is(networkOf(world).parameters.heartbeatMs, 90_000)
  assert.is(world.version.electorate.parameters.heartbeatMs, 90_000)
  assert.is(motionOf(world, id).status, MOTION_STATUS.executed)
})

test('the fault model changes by a seal, and with it the quorum', () => {
  const world = new GovernanceWorld()
  assert.is(world.version.electorate.quorumWeight, 3)
  world.carry({ type: 'change-fault-model', faultModel: 'crash' })
  world.settle()
  assert.is(world.version.electorate.faultModel, 'crash')
  assert.is(world.version.electorate.quorumWeight, 3)
  assert.is(world.governance.lapsableWeight, 1)
  world.admit(9)
  assert.is(world.version.electorate.quorumWeight, 3)
  assert.is(world.governance.lapsableWeight, 2)
  world.carry({ type: 'change-fault-model', faultModel: 'byzantine' })
  world.settle()
  assert.is(world.version.electorate.quorumWeight, 4)
})

test('trust models change by a seal, those of members and of makers apart', () => {
  const world = new GovernanceWorld()
  const policy = plainTrustPolicy('vouch')
  const renewByMs = world.version.timeMs + 1_000_000
  world.carry({ type: 'change-trust-model', subject: 'vendors', policy, renewByMs })
  world.settle()
  assert.is(networkOf(world).vendorTrust.model, 'vouch')
  assert.is(networkOf(world).trust.model, 'open-vote')
  assert.is(world.governance.renewByMs, 0)
  world.carry({ type: 'change-trust-model', subject: 'members', policy, renewByMs })
  world.settle()
  assert.is(networkOf(world).trust.model, 'vouch')
  assert.is(world.governance.renewByMs, renewByMs)
})

test('a key that was shown is in force from the seal on; who showed none keeps its own', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.ready(0), world.acts.ready(1)])
  assert.equal(voteKeyAt(world, 0), publicKeyOf(voteKeyOf(0, 0)))
  world.carry(parameterMotion('membersMin', 2))
  world.settle()
  assert.equal(voteKeyAt(world, 0), publicKeyOf(voteKeyOf(0, 1)))
  assert.equal(voteKeyAt(world, 1), publicKeyOf(voteKeyOf(1, 1)))
  assert.equal(voteKeyAt(world, 2), publicKeyOf(voteKeyOf(2, 0)))
  assert.equal(world.member(0).voteKey, publicKeyOf(voteKeyOf(0, 1)))
  assert.is(world.member(0).ready, null)
  world.block([world.acts.ready(0)])
  world.carry(parameterMotion('membersMin', 1))
  world.settle()
  assert.equal(voteKeyAt(world, 0), publicKeyOf(voteKeyOf(0, 2)))
  assert.equal(voteKeyAt(world, 1), publicKeyOf(voteKeyOf(1, 1)))
})

test.run()

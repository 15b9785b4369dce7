import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyHash } from '../../crypto/hash.ts'
import { publicKeyOf } from '../../crypto/signing.ts'
import { idOf, recoveryOf, voteKeyOf } from '../../testing/governance-keys.ts'
import { parameterMotion, removeMotion } from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import { awakeMsAt } from '../governance/awake-time.ts'
import { voteKeys } from '../records/governance-record.ts'
import { MEMBER_STATUS } from '../records/member-record.ts'

const test = suite('member rules')

/** A ledger on which member 9 is admitted and not yet seated. */
function withIncoming(): GovernanceWorld {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  assert.equal(world.block([apply]), ['applied'])
  world.agree(apply.id)
  assert.is(world.member(9).status, MEMBER_STATUS.incoming)
  return world
}

test('a seated member shows the key that it committed to, and it waits for the next seal', () => {
  const world = new GovernanceWorld()
  assert.equal(world.block([world.acts.ready(0)]), ['applied'])
  const { ready, voteKey } = world.member(0)
  assert.equal(ready, {
    epoch: 1,
    voteKey: publicKeyOf(voteKeyOf(0, 1)),
    nextVoteKeyHash: keyHash(publicKeyOf(voteKeyOf(0, 2)))
  })
  assert.equal(voteKey, publicKeyOf(voteKeyOf(0, 0)))
  assert.is(world.version.nextEpoch, null)
  assert.equal(world.state.read(voteKeys, publicKeyOf(voteKeyOf(0, 1))), { memberId: idOf(0) })
})

test('a key that nobody committed to is not taken, nor the one in use', () => {
  const world = new GovernanceWorld()
  const wrong = world.acts.ready(0, { turn: 2 })
  const old = world.acts.ready(0, { turn: 0 })
  assert.equal(world.block([wrong, old]), ['refused VOTE_KEY_WRONG', 'refused VOTE_KEY_WRONG'])
  assert.is(world.member(0).ready, null)
  assert.is(world.member(0).memberSequence, 0)
})

test('a key that was ever shown is never shown again, even where it was committed to', () => {
  const world = new GovernanceWorld()
  // The member commits to the key that it already has.
  assert.equal(world.block([world.acts.ready(0, { nextTurn: 0 })]), ['applied'])
  world.carry(parameterMotion('membersMin', 2))
  world.settle()
  assert.equal(world.block([world.acts.ready(0, { turn: 0 })]), ['refused VOTE_KEY_REUSED'])
})

test('the epoch of a key is the coming one', () => {
  const world = new GovernanceWorld()
  const acts = [0, 2].map((epoch) => world.acts.ready(0, { epoch }))
  assert.equal(world.block(acts), ['refused EPOCH_WRONG', 'refused EPOCH_WRONG'])
  world.carry(parameterMotion('membersMin', 2))
  world.settle()
  assert.equal(world.block([world.acts.ready(0, { epoch: 1 })]), ['refused EPOCH_WRONG'])
  assert.equal(world.block([world.acts.ready(0, { epoch: 2 })]), ['applied'])
})

test('the same key may be shown twice for an epoch, and commits to what was said last', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.ready(0)])
  const again = world.acts.ready(0, { turn: 1, nextTurn: 7 })
  assert.equal(world.block([again]), ['applied'])
  assert.equal(world.member(0).ready?.nextVoteKeyHash, keyHash(publicKeyOf(voteKeyOf(0, 7))))
})

test('a newcomer begins with the key of its application', () => {
  const world = withIncoming()
  assert.equal(world.block([world.acts.ready(9, { turn: 3 })]), ['refused VOTE_KEY_WRONG'])
  assert.equal(world.block([world.acts.ready(9)]), ['applied'])
  assert.equal(world.member(9).ready?.voteKey, publicKeyOf(voteKeyOf(9, 0)))
})

test('a newcomer that committed to a further key already may begin with that', () => {
  const world = withIncoming()
  assert.equal(world.block([world.acts.ready(9, { turn: 1 })]), ['applied'])
  world.settle()
  assert.equal(world.member(9).voteKey, publicKeyOf(voteKeyOf(9, 1)))
})

test('who is not even admitted shows no key', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.apply(9)])
  assert.equal(world.block([world.acts.ready(9)]), ['refused MEMBER_UNKNOWN'])
})

test('who is admitted and not seated neither votes, renews nor leaves', () => {
  const world = withIncoming()
  const motion = world.acts.open(0, removeMotion(3))
  world.block([motion])
  const acts = [
    world.acts.open(9, removeMotion(3)),
    world.acts.ballot(9, motion.id, 1),
    world.acts.renew(9),
    world.acts.leave(9),
    world.acts.leaveByRecovery(9)
  ]
  assert.equal(
    world.block(acts),
    acts.map(() => 'refused MEMBER_UNKNOWN')
  )
})

test('a renewal says where a member is and what it runs, and counts from the awake time of its block', () => {
  const world = new GovernanceWorld()
  world.block([], { stepMs: 5000 })
  assert.equal(world.block([world.acts.renew(2)]), ['applied'])
  const { region, endpoints, softwareHash, renewedAtAwakeMs } = world.member(2)
  assert.equal([region, endpoints], ['us', ['/dns4/new.example/tcp/4001']])
  assert.equal(softwareHash, new Uint8Array(32).fill(8))
  assert.is(renewedAtAwakeMs, 6000)
  assert.is(awakeMsAt(world.state, world.version), 6000)
  assert.is(
    world.version.electorate.seats.find(({ region: one }) => one === 'us'),
    undefined
  )
})

test('a renewal reaches the electorate with the next seal', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.renew(2)])
  world.carry(parameterMotion('membersMin', 2))
  world.settle()
  const moved = world.version.electorate.seats.filter(({ region }) => region === 'us')
  assert.equal(
    moved.map(({ memberId }) => memberId),
    [idOf(2)]
  )
})

test('a renewal names a region of the network', () => {
  const world = new GovernanceWorld()
  const act = world.acts.renew(2, { region: 'moon' })
  assert.equal(world.block([act]), ['refused REGION_UNKNOWN'])
})

test('every act of a member uses a sequence, and none twice', () => {
  const world = new GovernanceWorld()
  const acts = [world.acts.renew(2, { sequence: 9 }), world.acts.ready(2, { sequence: 10 })]
  assert.equal(world.block(acts), ['applied', 'applied'])
  const used = [
    world.acts.renew(2, { sequence: 10 }),
    world.acts.ready(2, { sequence: 9 }),
    world.acts.leave(2, { sequence: 10 })
  ]
  assert.equal(
    world.block(used),
    used.map(() => 'refused MEMBER_SEQUENCE_USED')
  )
})

test('a member without budget waits', () => {
  const world = new GovernanceWorld({ parameters: { memberBurst: 2, memberPerHour: 1 } })
  const acts = [world.acts.renew(2), world.acts.renew(2), world.acts.leave(2)]
  assert.equal(world.block(acts), ['applied', 'applied', 'waits QUOTA_EMPTY'])
  assert.is(world.member(2).leaving, 0)
})

test('a member gives its seat up by its own key', () => {
  const world = new GovernanceWorld()
  assert.equal(world.block([world.acts.leave(2)]), ['applied'])
  assert.is(world.member(2).leaving, 1)
  assert.is(world.settle(), 1)
  assert.equal(world.seated, [0, 1, 3])
  assert.is(world.member(2).status, MEMBER_STATUS.former)
  assert.is(world.member(2).leaving, 0)
  assert.equal(world.block([world.acts.leave(2)]), ['refused MEMBER_UNKNOWN'])
})

test('an operator gives a seat up by its recovery key, whatever the sequence and the budget', () => {
  const world = new GovernanceWorld({ parameters: { memberBurst: 1, memberPerHour: 1 } })
  world.block([world.acts.renew(2, { sequence: 1_000_000 })])
  assert.equal(world.block([world.acts.leaveByRecovery(2)]), ['applied'])
  world.settle()
  assert.equal(world.seated, [0, 1, 3])
})

test('a seat that was given up by its recovery key is never given up by it again', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.leaveByRecovery(2)])
  world.settle()
  assert.equal(world.block([world.acts.apply(2)]), ['refused RECOVERY_KEY_REUSED'])
})

test('a recovery key opens no other seat', () => {
  const world = new GovernanceWorld()
  const act = world.acts.leaveByRecovery(2, recoveryOf(1))
  assert.equal(world.block([act]), ['refused RECOVERY_KEY_WRONG'])
  assert.equal(world.block([world.acts.leaveByRecovery(9)]), ['refused MEMBER_UNKNOWN'])
})

test.run()

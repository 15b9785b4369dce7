import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ANY_VENDOR,
  motionOf,
  removeMotion,
  upgradeMotion,
  VENDOR_MOTION
} from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import { NETWORK_KEY, networkTable } from '../records/chain-record.ts'
import { MOTION_STATUS } from '../records/motion-record.ts'
import { vendors } from '../records/vendor-record.ts'

const test = suite('the book of motions')

const WEEK_MS = 7 * 86_400_000
const motionStatus = (world: GovernanceWorld, id: Uint8Array): number => motionOf(world, id).status

test('an open motion lapses by header time, at its moment and not before', () => {
  const world = new GovernanceWorld()
  const notAfterMs = world.version.timeMs + 10_000
  const { id, ...open } = world.acts.open(0, removeMotion(3), { notAfterMs })
  assert.equal(world.block([{ id, ...open }]), ['applied'])
  world.block([], { stepMs: 8_999 })
  assert.equal(world.block([world.acts.ballot(0, id, 1)], { stepMs: 0 }), ['applied'])
  assert.is(motionStatus(world, id), MOTION_STATUS.open)
  assert.equal(world.block([world.acts.ballot(0, id, 0)], { stepMs: 1 }), ['refused MOTION_CLOSED'])
  assert.is(motionStatus(world, id), MOTION_STATUS.lapsed)
  assert.is(motionOf(world, id).settledAtMs, notAfterMs)
  assert.equal(world.governance.openMotions, [])
})

test('what was carried and cannot be executed lapses a motion-life after it was carried', () => {
  const world = new GovernanceWorld({ weights: [1, 1, 1], parameters: { membersMin: 2 } })
  const first = world.acts.open(0, removeMotion(2))
  const second = world.acts.open(1, removeMotion(1))
  world.block([first, second])
  world.agree(first.id)
  world.settle()
  world.agree(second.id)
  const carriedAtMs = world.version.timeMs
  assert.is(world.settle(), 0)
  assert.is(motionStatus(world, second.id), MOTION_STATUS.carried)
  world.block([], { stepMs: WEEK_MS - 1 })
  assert.equal(world.governance.carried, [second.id])
  world.block([], { stepMs: 1 })
  assert.is(motionStatus(world, second.id), MOTION_STATUS.lapsed)
  assert.is(motionOf(world, second.id).settledAtMs, carriedAtMs + WEEK_MS)
  assert.equal(world.governance.carried, [])
})

test('an upgrade that is carried needs no seal, and is in force at its height', () => {
  const world = new GovernanceWorld()
  const id = world.carry(upgradeMotion(2, world.version.height + 8))
  const network = () => world.state.read(networkTable, NETWORK_KEY)
  assert.is(motionStatus(world, id), MOTION_STATUS.executed)
  assert.is(world.version.nextEpoch, null)
  assert.equal(network()?.upgrade, { protocolVersion: 2, activationHeight: 8 })
  while (world.version.height < 7) world.block()
  assert.is(network()?.protocolVersion, 1)
  world.block()
  assert.is(network()?.protocolVersion, 2)
  assert.is(network()?.upgrade, null)
})

test('an upgrade that a higher one overtook brings no rules back', () => {
  const world = new GovernanceWorld()
  const lower = world.acts.open(1, upgradeMotion(2, 1000))
  world.block([lower])
  world.carry(upgradeMotion(3, world.version.height + 6))
  while (world.version.height < 8) world.block()
  world.agree(lower.id)
  const network = world.state.read(networkTable, NETWORK_KEY)
  assert.is(network?.protocolVersion, 3)
  assert.is(network?.upgrade, null)
})

test('a maker is granted its share at once, anew without losing count, and is removed at once', () => {
  const world = new GovernanceWorld()
  const maker = () => world.state.read(vendors, ANY_VENDOR)
  assert.is(motionStatus(world, world.carry(VENDOR_MOTION)), MOTION_STATUS.executed)
  assert.is(maker()?.grantBirthCap, 100)
  assert.is(world.version.nextEpoch, null)
  world.carry({ ...VENDOR_MOTION, birthCap: 500 })
  assert.is(maker()?.grantBirthCap, 500)
  world.carry({ type: 'vendor-remove', vendorId: ANY_VENDOR })
  assert.is(maker()?.removed, 1)
  const again = world.acts.open(0, { type: 'vendor-remove', vendorId: ANY_VENDOR })
  assert.equal(world.block([again]), ['refused MOTION_FORBIDDEN'])
  world.carry(VENDOR_MOTION)
  assert.is(maker()?.removed, 0)
})

test.run()

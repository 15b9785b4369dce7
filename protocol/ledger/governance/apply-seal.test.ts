import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../foundation/bytes.ts'
import { InvariantError } from '../../foundation/invariant.ts'
import { convict } from '../../testing/governance-evidence.ts'
import { idOf } from '../../testing/governance-keys.ts'
import { parameterMotion, removeMotion } from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import { beginBlockExecution, executeBlock } from '../execute-block.ts'
import { versionOfState } from '../ledger-version.ts'
import { electorates, epochKey } from '../records/governance-record.ts'
import { electorateInForce, electorateOfEpoch } from './electorate-in-force.ts'

const test = suite('seals')

/** A ledger whose next block is a seal with everything in it. */
function beforeSeal(): GovernanceWorld {
  const world = new GovernanceWorld({ weights: [1, 1, 1, 1, 1, 1, 1] })
  const motion = world.acts.open(0, removeMotion(6))
  world.block([motion, world.acts.ready(0)])
  world.block([
    ...[0, 1, 2, 3, 4].map((who) => world.acts.ballot(who, motion.id, 1)),
    world.acts.leave(5),
    convict(world, 4)
  ])
  assert.is.not(world.version.nextEpoch, null)
  return world
}

test('a sealing block is a pure function of its parent and its time', () => {
  const world = beforeSeal()
  const { version, networkTag } = world
  const timeMs = version.timeMs + 1000
  const roots = [0, 1, 2].map(() => {
    const execution = beginBlockExecution(version, { timeMs, networkTag, batches: [] })
    execution.advance(1)
    return toHex(execution.finish().stateRoot)
  })
  assert.is(new Set(roots).size, 1)
  const later = executeBlock(version, { timeMs: timeMs + 1, networkTag, batches: [] })
  assert.is.not(toHex(later.stateRoot), roots[0])
  world.block()
  assert.is(toHex(world.version.tree.root), roots[0])
})

test('the same history gives the same seal', () => {
  const [first, second] = [beforeSeal(), beforeSeal()]
  for (const world of [first, second]) world.settle()
  assert.equal(first.blocks.at(-1)?.idBytes, second.blocks.at(-1)?.idBytes)
})

test('a sealing block with batches is our own bug', () => {
  const { version, networkTag, acts } = beforeSeal()
  const batches = [{ author: idOf(0), transactions: [acts.renew(0)] }]
  assert.throws(
    () => executeBlock(version, { timeMs: version.timeMs + 1, networkTag, batches }),
    (error: unknown) => error instanceof InvariantError
  )
})

test('the header names the electorate of the blocks after it, and stands in the one before', () => {
  const world = beforeSeal()
  const before = world.version.electorate
  world.block()
  const header = world.blocks.at(-1)?.header
  assert.equal(header?.seal, world.version.electorate.hash)
  assert.equal(header?.electorateHash, before.hash)
  assert.is(header?.transactionCount, 0)
  assert.is(world.version.electorate.epoch, 1)
  assert.equal(world.seated, [0, 1, 2, 3])
  world.block()
  assert.equal(world.blocks.at(-1)?.header.electorateHash, world.version.electorate.hash)
  assert.is(world.blocks.at(-1)?.header.seal, null)
})

test('the state after a seal says by itself who is seated and that nothing more is due', () => {
  const world = beforeSeal()
  world.block()
  const { nextEpoch, ...state } = world.version
  const found = versionOfState(state)
  assert.is(nextEpoch, null)
  assert.is(found.nextEpoch, null)
  assert.equal(electorateInForce(world.state).hash, state.electorate.hash)
})

test('the state before a seal says by itself what is due', () => {
  const { version } = beforeSeal()
  const { nextEpoch, ...state } = version
  const found = versionOfState(state)
  assert.equal(found.nextEpoch?.electorate.hash, nextEpoch?.electorate.hash)
})

test('all electorates are kept, with the moment from which on they held', () => {
  const world = beforeSeal()
  const first = world.version.electorate
  world.block()
  const { height, timeMs } = world.version
  const record = world.state.read(electorates, epochKey(1))
  assert.equal([record?.sinceHeight, record?.sinceMs], [height, timeMs])
  assert.equal(electorateOfEpoch(world.state, 0)?.hash, first.hash)
  assert.equal(electorateOfEpoch(world.state, 1)?.hash, world.version.electorate.hash)
  assert.is(electorateOfEpoch(world.state, 2), undefined)
})

test('whatever is open goes on over a seal', () => {
  const world = new GovernanceWorld()
  const motion = world.acts.open(1, removeMotion(3))
  world.block([motion])
  world.block([world.acts.ballot(0, motion.id, 1)])
  world.carry(parameterMotion('membersMin', 2))
  world.settle()
  assert.equal(world.governance.openMotions, [motion.id])
  world.agree(motion.id, [1, 2])
  world.settle()
  assert.equal(world.seated, [0, 1, 2])
})

test.run()

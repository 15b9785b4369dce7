import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { World } from '../testing/core-world.ts'
import type { WorldNode } from '../testing/world-node.ts'

const test = suite('consensus core')

test('four members make final what one of them was given, and then rest', () => {
  const world = new World({ seed: 1, weights: [1, 1, 1, 1] })
  world.runUntil(6000)
  const id = world.submit(world.nodes[2] as WorldNode)
  world.runUntil(8000)
  for (const node of world.nodes) assert.equal(batchesOf(node), [id])
  const heights = world.nodes.map(({ chain }) => chain.length)
  world.runUntil(50_000)
  assert.equal(
    world.nodes.map(({ chain }) => chain.length),
    heights,
    'a quiet ledger makes no blocks'
  )
  expectSafe(world)
})

test('a single member decides alone', () => {
  const world = new World({ seed: 1, weights: [1] })
  world.runUntil(100)
  const id = world.submit(world.nodes[0] as WorldNode)
  world.runUntil(1000)
  assert.equal(batchesOf(world.nodes[0] as WorldNode), [id])
})

test('silence is broken by a heartbeat', () => {
  const world = new World({ seed: 3, weights: [1, 1, 1, 1] })
  world.runUntil(200_000)
  for (const { chain } of world.nodes) {
    assert.ok(chain.length >= 2, `${chain.length} blocks`)
    assert.ok(chain.length <= 4, `${chain.length} blocks`)
  }
  expectSafe(world)
})

test('no view passes in vain when nothing fails', () => {
  const world = new World({ seed: 4, weights: [1, 1, 1, 1, 1, 1, 1] })
  world.runUntil(6000)
  for (let count = 0; count < 100; count++) {
    world.submit(world.nodes[count % 7] as WorldNode)
    world.runUntil(6000 + 50 * (count + 1))
  }
  world.runUntil(14_000)
  const nullified = [...world.signed.keys()].filter((key) => key.endsWith('/nullify'))
  assert.equal(nullified, [])
  assert.is(batchesOf(world.nodes[3] as WorldNode).length, 100)
  expectSafe(world)
})

test('a dead leader costs one turn, and later turns nothing', () => {
  const world = new World({ seed: 5, weights: [1, 1, 1, 1] })
  world.runUntil(6000)
  world.crash(world.nodes[1] as WorldNode)
  for (let count = 0; count < 40; count++) {
    world.submit(world.nodes[0] as WorldNode)
    world.runUntil(world.nowMs + 500)
  }
  world.runUntil(world.nowMs + 3000)
  assert.is(batchesOf(world.nodes[0] as WorldNode).length, 40)
  expectSafe(world)
})

test('without a quorum nothing is decided, and on heal nothing is lost', () => {
  const world = new World({ seed: 6, weights: [1, 1, 1, 1] })
  world.runUntil(6000)
  world.crash(world.nodes[1] as WorldNode)
  world.crash(world.nodes[2] as WorldNode)
  const id = world.submit(world.nodes[0] as WorldNode)
  world.runUntil(40_000)
  assert.equal(batchesOf(world.nodes[0] as WorldNode), [])
  world.restart(world.nodes[1] as WorldNode)
  world.runUntil(100_000)
  assert.equal(batchesOf(world.nodes[0] as WorldNode), [id])
  assert.equal(batchesOf(world.nodes[1] as WorldNode), [id])
  world.restart(world.nodes[2] as WorldNode)
  world.runUntil(200_000)
  assert.equal(batchesOf(world.nodes[2] as WorldNode), [id])
  expectSafe(world)
})

test('a member whose log is older than what others saw of it never votes with that key again', () => {
  const world = new World({ seed: 7, weights: [1, 1, 1, 1] })
  world.runUntil(6000)
  for (let count = 0; count < 10; count++) {
    world.submit(world.nodes[0] as WorldNode)
    world.runUntil(world.nowMs + 400)
  }
  const amnesiac = world.nodes[3] as WorldNode
  world.crash(amnesiac)
  amnesiac.log.length = 0
  amnesiac.certificates.length = 0
  amnesiac.bodies.clear()
  amnesiac.chain.length = 0
  world.restart(amnesiac)
  world.runUntil(world.nowMs + 5000)
  assert.equal(amnesiac.alarms, ['VOTE_LOG_STALE'])
  expectSafe(world)
})

test('random crashes, cuts and losses never fork, lose or hang it', () => {
  const weightings = [
    [1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1, 1],
    [3, 2, 2, 1, 1],
    [1, 1, 1]
  ]
  for (let seed = 1; seed <= 60; seed++) {
    const weights = weightings[seed % weightings.length] as number[]
    const faultModel = weights.length === 3 ? 'crash' : 'byzantine'
    const world = new World({ seed, weights, faultModel, lossPermille: 20 * (seed % 8) })
    const ids = storm(world)
    heal(world)
    world.runUntil(world.nowMs + 400_000)
    for (const node of world.nodes)
      assert.equal(
        new Set(batchesOf(node)).size,
        ids.size,
        `seed ${seed}: node ${node.index} is whole`
      )
    expectSafe(world, seed)
  }
})

test.run()

/** A hundred virtual seconds of trouble; the batches that reached a member that kept them. */
function storm(world: World): Set<string> {
  const ids = new Set<string>()
  for (let second = 0; second < 100; second++) {
    const node = world.nodes[world.random(world.nodes.length)] as WorldNode
    const dice = world.random(12)
    if (dice < 5 && node.isUp) ids.add(world.submit(node, world.random(world.nodes.length + 1)))
    else if (dice === 5 && node.isUp) world.crash(node)
    else if (dice === 6 && !node.isUp) world.restart(node)
    else if (dice === 7) world.cut.add(`${node.index}>${world.random(world.nodes.length)}`)
    else if (dice === 8) world.cut.clear()
    world.runUntil(world.nowMs + world.random(1500))
  }
  return ids
}

function heal(world: World): void {
  world.cut.clear()
  world.lossPermille = 0
  for (const node of world.nodes) if (!node.isUp) world.restart(node)
}

function batchesOf(node: WorldNode): string[] {
  return node.chain.flatMap(({ id }) => node.bodies.get(id)?.batches.map((batch) => batch.id) ?? [])
}

function expectSafe(world: World, seed = 0): void {
  assert.is(world.conflicts, 0, `seed ${seed}: no honest key signs two things that conflict`)
  assert.equal(world.evidence, [], `seed ${seed}: no honest member is accused`)
  const longest = Math.max(...world.nodes.map(({ chain }) => chain.length))
  for (let height = 0; height < longest; height++) {
    const ids = new Set(world.nodes.map(({ chain }) => chain[height]?.id).filter(Boolean))
    assert.is(ids.size, 1, `seed ${seed}: one block at height ${height + 1}`)
  }
}

import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { ascii, toHex } from '../foundation/bytes.ts'
import { deriveVersion } from './derive-version.ts'
import { createStateTree, type StateTree } from './state-tree.ts'
import { RUN_LEAVES, rootOfRuns, runCount, runRoot } from './subtree.ts'

const test = suite('runs of leaves')

function treeOf(size: number): StateTree {
  const tree = createStateTree()
  const changes = Array.from({ length: size }, (_, number) => ({
    key: sha256(ascii(`key ${number}`)),
    valueHash: sha256(ascii(`value ${number}`))
  }))
  tree.adopt(deriveVersion(tree.base, changes))
  return tree
}

function runsOf(tree: StateTree): Uint8Array[] {
  const { count } = tree.base
  return Array.from({ length: runCount(count) }, (_, run) =>
    tree.packLeaves(run * RUN_LEAVES, Math.min(count, (run + 1) * RUN_LEAVES))
  )
}

function rootsOf(runs: readonly Uint8Array[], count: number): Uint8Array[] {
  return runs.map((run) => runRoot(run, count) as Uint8Array)
}

test('the roots of all runs lead to the state root, whatever the size of the tree', () => {
  for (const size of [0, 1, 2, 5, 2046, 2047, 2048, 4095, 6200]) {
    const tree = treeOf(size)
    const { count, root } = tree.base
    const found = rootOfRuns(rootsOf(runsOf(tree), count), count)
    assert.is(found && toHex(found), toHex(root), `${size} keys`)
  }
})

test('a bit flipped anywhere in a run shows in its root', () => {
  const tree = treeOf(3000)
  const [, run] = runsOf(tree) as [Uint8Array, Uint8Array]
  const good = toHex(runRoot(run, tree.base.count) as Uint8Array)
  fc.assert(
    fc.property(fc.nat(run.length - 1), fc.nat(7), (at, bit) => {
      const spoilt = new Uint8Array(run)
      spoilt[at] = (spoilt[at] as number) ^ (1 << bit)
      assert.is.not(toHex(runRoot(spoilt, tree.base.count) as Uint8Array), good)
    }),
    { numRuns: 30 }
  )
})

test('what cannot be a run has no root, and runs that are too few or too many lead nowhere', () => {
  const tree = treeOf(3000)
  const { count } = tree.base
  const roots = rootsOf(runsOf(tree), count)
  assert.is(runRoot(new Uint8Array(0), count), undefined)
  assert.is(runRoot(new Uint8Array(95), count), undefined)
  assert.is(runRoot(new Uint8Array(96 * (RUN_LEAVES + 1)), count), undefined)
  assert.is(rootOfRuns(roots.slice(1), count), undefined)
  assert.is(rootOfRuns([...roots, new Uint8Array(32)], count), undefined)
  assert.is(rootOfRuns([], 0), undefined)
})

test.run()

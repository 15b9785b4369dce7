import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { ascii, toHex } from '../foundation/bytes.ts'
import { deriveVersion } from './derive-version.ts'
import { loadStateTree, StateTreeLoader } from './load-state-tree.ts'
import { createStateTree, type StateTree } from './state-tree.ts'

const test = suite('load state tree')

function keyOf(number: number): Uint8Array {
  const key = sha256(ascii(`key ${number}`))
  if (number % 3 === 0) key.fill(0xab, 0, 6)
  return key
}

function treeOf(size: number): StateTree {
  const tree = createStateTree()
  const changes = Array.from({ length: size }, (_, number) => ({
    key: keyOf(number),
    valueHash: keyOf(number + 1)
  }))
  for (let first = 0; first < size; first += 700)
    tree.adopt(deriveVersion(tree.base, changes.slice(first, first + 700)))
  return tree
}

function cut(packed: Uint8Array, leavesPerChunk: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let start = 0; start < packed.length; start += 96 * leavesPerChunk)
    chunks.push(packed.subarray(start, start + 96 * leavesPerChunk))
  return chunks
}

test('a tree loaded from its leaves is the same, and goes on the same', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 70 }), (size, leavesPerChunk) => {
      const tree = treeOf(size)
      const chunks = cut(tree.packLeaves(0, tree.base.count), leavesPerChunk)
      const loading = loadStateTree(chunks)
      assert.ok(loading.ok)
      const changes = [1, 2, 1000, 1001, 1002].map((number) => ({
        key: keyOf(number),
        valueHash: keyOf(0)
      }))
      assert.is(toHex(loading.tree.base.root), toHex(tree.base.root))
      const here = deriveVersion(tree.base, changes)
      const there = deriveVersion(loading.tree.base, changes)
      assert.is(toHex(there.root), toHex(here.root))
      loading.tree.adopt(there)
      assert.equal(there.prove(keyOf(1001)), here.prove(keyOf(1001)))
    }),
    { numRuns: 40 }
  )
})

test('a tree of many blocks and pages is loaded whole', () => {
  const tree = treeOf(9_000)
  const loading = loadStateTree(cut(tree.packLeaves(0, tree.base.count), 1_000))
  assert.ok(loading.ok)
  assert.is(toHex(loading.tree.base.root), toHex(tree.base.root))
  for (let number = 0; number < 9_010; number += 97)
    assert.is(loading.tree.base.leafIndex(keyOf(number)), tree.base.leafIndex(keyOf(number)))
  // Inserting after a load splits the pages that the load has packed.
  const changes = Array.from({ length: 6_000 }, (_, number) => ({
    key: keyOf(20_000 + number),
    valueHash: keyOf(1)
  }))
  for (const grown of [tree, loading.tree]) grown.adopt(deriveVersion(grown.base, changes))
  const packed = tree.packLeaves(0, tree.base.count)
  assert.ok(toHex(packed) === toHex(loading.tree.packLeaves(0, loading.tree.base.count)))
})

test('leaves that make no tree are refused', () => {
  const tree = treeOf(10)
  const packed = tree.packLeaves(0, 11)
  const fault = (bytes: Uint8Array): string | undefined => {
    const loading = loadStateTree([bytes])
    return loading.ok ? undefined : loading.fault
  }
  assert.is(fault(new Uint8Array()), 'STATE_LEAVES_SENTINEL_MISSING')
  assert.is(fault(packed.subarray(96)), 'STATE_LEAVES_SENTINEL_MISSING')
  assert.is(fault(packed.subarray(0, 95)), 'STATE_LEAVES_CUT')
  assert.is(fault(packed.subarray(0, 960)), 'STATE_LEAVES_UNLINKED')
  const repeated = new Uint8Array(packed.length + 96)
  repeated.set(packed)
  repeated.set(packed.subarray(960), packed.length)
  assert.is(fault(repeated), 'STATE_LEAVES_UNLINKED')
  for (const offset of [32, 96, 96 + 32, 10 * 96, 10 * 96 + 63]) {
    const spoilt = packed.slice()
    spoilt[offset]! ^= 1
    assert.is(fault(spoilt), 'STATE_LEAVES_UNLINKED', `${offset}`)
  }
  const sentinelTwice = new Uint8Array(192)
  sentinelTwice.fill(0xff, 96 + 32, 96 + 64)
  assert.is(fault(sentinelTwice), 'STATE_LEAVES_UNLINKED')
})

test('a loader takes no more leaves than it was told', () => {
  const loader = new StateTreeLoader(10)
  const packed = treeOf(10).packLeaves(0, 11)
  assert.ok(loader.add(packed.subarray(0, 960)).ok)
  assert.equal(loader.add(packed.subarray(960)), { ok: false, fault: 'STATE_LEAVES_TOO_MANY' })
})

test.run()

import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { concatBytes, equalBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { InvariantError } from '../foundation/invariant.ts'
import {
  createListTree,
  isInList,
  listLeafHash,
  listPath,
  listRoot,
  listRootOfLeaves
} from './merkle.ts'

const test = suite('list trees')

const COUNT_MAX = 70

/** The tree as RFC 9162 §2.1.1 tells it, by recursion: split at the largest power of two below. */
function rootOf(values: readonly Uint8Array[]): Uint8Array {
  if (values.length === 0) return sha256(new Uint8Array(0))
  if (values.length === 1) return sha256(concatBytes(Uint8Array.of(0), values[0] as Uint8Array))
  const half = splitOf(values.length)
  return sha256(
    concatBytes(Uint8Array.of(1), rootOf(values.slice(0, half)), rootOf(values.slice(half)))
  )
}

/** The path as RFC 9162 §2.1.3.1 tells it. */
function pathOf(values: readonly Uint8Array[], index: number): Uint8Array[] {
  if (values.length === 1) return []
  const half = splitOf(values.length)
  const [left, right] = [values.slice(0, half), values.slice(half)]
  return index < half
    ? [...pathOf(left, index), rootOf(right)]
    : [...pathOf(right, index - half), rootOf(left)]
}

function splitOf(count: number): number {
  let half = 1
  while (half * 2 < count) half *= 2
  return half
}

const valuesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => Uint8Array.of(index, index >> 8, 7))

test('the root and every path are those of the recursive definition, for 0 to 70 items', () => {
  for (let count = 0; count <= COUNT_MAX; count++) {
    const values = valuesOf(count)
    const leaves = values.map(listLeafHash)
    const root = toHex(rootOf(values))
    const tree = createListTree(leaves)
    assert.is(toHex(listRoot(values)), root)
    assert.is(toHex(listRootOfLeaves(leaves)), root)
    assert.is(toHex(tree.root), root)
    assert.is(tree.count, count)
    for (const index of values.keys()) {
      const path = pathOf(values, index).map(toHex)
      assert.equal(tree.path(index).map(toHex), path)
      assert.equal(listPath(leaves, index).map(toHex), path)
    }
  }
})

test('the roots known from Certificate Transparency come out', () => {
  // The leaves of the reference test vectors of RFC 6962 implementations.
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657']
    .concat('606162636465666768696a6b6c6d6e6f')
    .map((text) => fromHex(text) as Uint8Array)
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'
  ]
  for (const [count, root] of roots.entries())
    assert.is(toHex(listRoot(leaves.slice(0, count))), root, `${count} leaves`)
})

test('every path proves its own item, and no other item, index or root', () => {
  for (let count = 1; count <= COUNT_MAX; count++) {
    const values = valuesOf(count)
    const tree = createListTree(values.map(listLeafHash))
    const otherRoot = sha256(tree.root)
    for (const [index, value] of values.entries()) {
      const proof = { index, count, path: tree.path(index) }
      assert.ok(isInList(value, proof, tree.root))
      assert.not(isInList(value, proof, otherRoot))
      assert.not(isInList(Uint8Array.of(...value, 0), proof, tree.root))
      const others = count <= 20 ? Array.from({ length: count + 1 }, (_, other) => other) : []
      for (const other of [...others, index ^ 1, index + 1, count])
        if (other !== index) assert.not(isInList(value, { ...proof, index: other }, tree.root))
    }
  }
})

test('a path with one sibling spoilt, missing, added, swapped or shortened proves nothing', () => {
  for (let count = 2; count <= 40; count++) {
    const values = valuesOf(count)
    const tree = createListTree(values.map(listLeafHash))
    for (const [index, value] of values.entries()) {
      const path = tree.path(index)
      const fails = (changed: readonly Uint8Array[]): void =>
        assert.not(isInList(value, { index, count, path: changed }, tree.root))
      for (const [step, sibling] of path.entries()) {
        fails(path.with(step, sha256(sibling)))
        fails(path.with(step, sibling.subarray(0, 31)))
        fails(path.with(step, Uint8Array.of(...sibling, 0)))
        fails(path.toSpliced(step, 1))
      }
      fails([...path, tree.root])
      fails([tree.root, ...path])
      if (path.length > 1) fails(path.toReversed())
    }
  }
})

test('a count of which the item would lie elsewhere proves nothing', () => {
  const most = 24
  for (let count = 1; count <= most; count++) {
    const values = valuesOf(count)
    const tree = createListTree(values.map(listLeafHash))
    for (const [index, value] of values.entries()) {
      const path = tree.path(index)
      assert.not(isInList(value, { index, count: index, path }, tree.root))
      assert.not(isInList(value, { index, count: 0, path }, tree.root))
      for (let other = 1; other <= most; other++) {
        const isSameWay = index < other && wayOf(index, other) === wayOf(index, count)
        assert.is(isInList(value, { index, count: other, path }, tree.root), isSameWay)
      }
    }
  }
})

test('a node never passes for an item', () => {
  const values = valuesOf(2)
  const leaves = values.map(listLeafHash)
  const inner = concatBytes(...leaves)
  assert.not(isInList(inner, { index: 0, count: 1, path: [] }, listRoot(values)))
  assert.not(equalBytes(listRoot([inner]), listRoot(values)))
})

test('an odd last item is not counted twice', () => {
  const values = valuesOf(3)
  assert.not(equalBytes(listRoot(values), listRoot([...values, values[2] as Uint8Array])))
})

test('nothing is in an empty list', () => {
  assert.not(isInList(new Uint8Array(0), { index: 0, count: 0, path: [] }, listRoot([])))
})

test('a list of 2^53 − 1 items and an endless path are judged at once', () => {
  const value = Uint8Array.of(1)
  const path = Array.from({ length: 53 }, () => new Uint8Array(32))
  const last = Number.MAX_SAFE_INTEGER - 1
  const count = Number.MAX_SAFE_INTEGER
  for (const index of [0, 1, last])
    assert.not(isInList(value, { index, count, path }, new Uint8Array(32)))
  const endless = Array.from({ length: 100_000 }, () => new Uint8Array(32))
  assert.not(isInList(value, { index: 0, count, path: endless }, new Uint8Array(32)))
})

test('a path to an item that is not there is our own bug', () => {
  const tree = createListTree(valuesOf(3).map(listLeafHash))
  for (const index of [-1, 3, 100])
    assert.throws(
      () => tree.path(index),
      (error: unknown) => error instanceof InvariantError
    )
})

test('roots of random lists are those of the recursive definition', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 40 }), (values) => {
      assert.is(toHex(listRoot(values)), toHex(rootOf(values)))
    })
  )
})

/** The turns from an item up to the root: the siblings' sides, by the recursive definition. */
function wayOf(index: number, count: number): string {
  if (count === 1) return ''
  const half = splitOf(count)
  return index < half ? `${wayOf(index, half)}r` : `${wayOf(index - half, count - half)}l`
}

test.run()

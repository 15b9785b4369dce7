import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { ascii, equalBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { ReferenceStateTree } from '../testing/reference-state-tree.ts'
import { deriveVersion, type StateChange } from './derive-version.ts'
import { judgeStateProof } from './state-proof.ts'
import { createStateTree, type StateTree } from './state-tree.ts'
import type { TreeVersion } from './version.ts'

const test = suite('state tree')

const ZERO = new Uint8Array(32)

/** A few hundred keys, some of which share their first bits as ground keys would. */
function keyOf(number: number): Uint8Array {
  const key = sha256(ascii(`key ${number}`))
  if (number % 3 === 0) key.fill(0xab, 0, number % 2 === 0 ? 4 : 31)
  return key
}

function valueAt(number: number): Uint8Array {
  return number === 0 ? ZERO : sha256(ascii(`value ${number}`))
}

/** Two numbers may have one key, so it is the keys that are told apart. */
const changeSets = fc
  .uniqueArray(fc.tuple(fc.nat(150), fc.nat(4)), {
    selector: ([key]) => toHex(keyOf(key)),
    maxLength: 40
  })
  .map((pairs) =>
    pairs.map(([key, value]): StateChange => ({ key: keyOf(key), valueHash: valueAt(value) }))
  )

function assertSame(version: TreeVersion, reference: ReferenceStateTree): void {
  assert.is(toHex(version.root), toHex(reference.root()))
  for (let number = 0; number <= 152; number += 7) {
    const key = keyOf(number)
    const expected = reference.valueHash(key)
    assert.equal(version.valueHash(key), expected)
    const proof = version.prove(key)
    assert.is(proof.count, version.count)
    assert.equal(judgeStateProof(proof, version.root, key), {
      ok: true,
      valueHash: expected ?? null
    })
  }
}

test('an empty tree is the sentinel leaf', () => {
  const { base } = createStateTree()
  assert.is(base.count, 1)
  assert.is(toHex(base.root), toHex(new ReferenceStateTree().root()))
  assert.is(base.leafIndex(ZERO), 0)
  assert.is(base.valueHash(ZERO), undefined)
  assert.equal(judgeStateProof(base.prove(keyOf(1)), base.root, keyOf(1)), {
    ok: true,
    valueHash: null
  })
})

test('a chain of versions says what the reference says, adopted or not', () => {
  fc.assert(
    fc.property(fc.array(changeSets, { maxLength: 8 }), (blocks) => {
      const tree = createStateTree()
      const versions: TreeVersion[] = [tree.base]
      const references = [new ReferenceStateTree()]
      for (const changes of blocks) {
        versions.push(deriveVersion(versions.at(-1)!, changes))
        references.push(references.at(-1)!.derive(changes))
      }
      for (const [height, version] of versions.entries()) assertSame(version, references[height]!)
      for (const version of versions.slice(1)) {
        tree.adopt(version)
        assert.is(tree.base, version)
        assertSame(versions.at(-1)!, references.at(-1)!)
      }
    }),
    { numRuns: 25 }
  )
})

test('forks grow and are settled in any order', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ parent: fc.nat(), changes: changeSets }) },
      { weight: 1, arbitrary: fc.record({ adopt: fc.nat() }) }
    ),
    { maxLength: 20 }
  )
  interface Node {
    readonly version: TreeVersion
    readonly reference: ReferenceStateTree
    readonly parent: Node | undefined
  }
  fc.assert(
    fc.property(steps, (plan) => {
      const tree = createStateTree()
      let live: Node[] = [
        { version: tree.base, reference: new ReferenceStateTree(), parent: undefined }
      ]
      for (const step of plan) {
        if ('changes' in step) {
          const parent = live[step.parent % live.length]!
          const version = deriveVersion(parent.version, step.changes)
          live.push({ version, reference: parent.reference.derive(step.changes), parent })
          continue
        }
        const children = live.filter(({ parent }) => parent?.version === tree.base)
        const chosen = children[step.adopt % children.length]
        if (chosen === undefined) continue
        tree.adopt(chosen.version)
        const descends = (node: Node | undefined): boolean =>
          node !== undefined && (node === chosen || descends(node.parent))
        for (const { version } of live.filter((node) => !descends(node)))
          assert.throws(() => version.prove(keyOf(1)), /a version is used only while/)
        live = live.filter(descends)
      }
      for (const { version, reference } of live) assertSame(version, reference)
    }),
    { numRuns: 40 }
  )
})

test('the order of the changes does not matter', () => {
  const shuffled = changeSets.chain((changes) =>
    fc.tuple(fc.constant(changes), fc.shuffledSubarray(changes, { minLength: changes.length }))
  )
  fc.assert(
    fc.property(changeSets, shuffled, (before, [changes, reordered]) => {
      const tree = createStateTree()
      const parent = deriveVersion(tree.base, before)
      const left = deriveVersion(parent, changes)
      const right = deriveVersion(parent, reordered)
      assert.equal(left.root, right.root)
      assert.equal(tree.changedLeaves(left), tree.changedLeaves(right))
    }),
    { numRuns: 60 }
  )
})

test('the changed leaves are all that a store of leaves must write', () => {
  fc.assert(
    fc.property(fc.array(changeSets, { minLength: 1, maxLength: 6 }), (blocks) => {
      const tree = createStateTree()
      let stored = tree.packLeaves(0, 1)
      for (const changes of blocks) {
        const version = deriveVersion(tree.base, changes)
        const grown = new Uint8Array(96 * version.count)
        grown.set(stored)
        for (const { index, key, nextKey, valueHash } of tree.changedLeaves(version)) {
          grown.set(key, 96 * index)
          grown.set(nextKey, 96 * index + 32)
          grown.set(valueHash, 96 * index + 64)
        }
        stored = grown
        tree.adopt(version)
        assert.equal(stored, tree.packLeaves(0, version.count))
      }
    }),
    { numRuns: 40 }
  )
})

test('a change that changes nothing leaves no trace', () => {
  const tree = createStateTree()
  const version = deriveVersion(tree.base, [{ key: keyOf(1), valueHash: valueAt(1) }])
  const again = deriveVersion(version, [
    { key: keyOf(1), valueHash: valueAt(1) },
    { key: keyOf(2), valueHash: ZERO }
  ])
  assert.equal(again.root, version.root)
  assert.is(again.count, 2)
  assert.equal(tree.changedLeaves(again), [])
  tree.adopt(version)
  tree.adopt(again)
  assert.equal(tree.base.valueHash(keyOf(1)), valueAt(1))
})

test('a value that is taken away leaves its leaf, and can come back', () => {
  const tree = createStateTree()
  const set = deriveVersion(tree.base, [{ key: keyOf(1), valueHash: valueAt(1) }])
  const unset = deriveVersion(set, [{ key: keyOf(1), valueHash: ZERO }])
  assert.is(unset.valueHash(keyOf(1)), undefined)
  assert.is(unset.leafIndex(keyOf(1)), 1)
  assert.is(unset.leafIndex(keyOf(2)), undefined)
  const back = deriveVersion(unset, [{ key: keyOf(1), valueHash: valueAt(1) }])
  assert.equal(back.root, set.root)
})

test('misuse is our own bug', () => {
  const tree = createStateTree()
  const change = { key: keyOf(1), valueHash: valueAt(1) }
  const version = deriveVersion(tree.base, [change])
  const grandchild = deriveVersion(version, [])
  assert.throws(() => deriveVersion(tree.base, [change, change]), /distinct keys/)
  assert.throws(() => deriveVersion(version, [change, { ...change, valueHash: ZERO }, change]))
  assert.throws(() => deriveVersion(tree.base, [{ ...change, key: ZERO }]), /the sentinel/)
  assert.throws(
    () => deriveVersion(tree.base, [{ ...change, key: new Uint8Array(32).fill(255) }]),
    /below 32 bytes of 0xff/
  )
  assert.throws(() => deriveVersion(tree.base, [{ ...change, key: new Uint8Array(31) }]), /32-byte/)
  assert.throws(() => tree.adopt(grandchild), /on its own parent/)
  assert.throws(() => createStateTree().adopt(version), /on its own parent/)
  assert.throws(() => tree.changedLeaves(tree.base), /before their version is adopted/)
})

test('a tree past block and page borders proves what it holds', () => {
  const tree = createStateTree()
  for (let first = 0; first < 12_000; first += 3_000) {
    const changes = Array.from({ length: 3_000 }, (_, offset) => ({
      key: sha256(ascii(`many ${first + offset}`)),
      valueHash: valueAt(1 + offset)
    }))
    tree.adopt(deriveVersion(tree.base, changes))
  }
  const packed = tree.packLeaves(0, tree.base.count)
  assert.is(tree.base.count, 12_001)
  assert.is(packed.length, 96 * 12_001)
  for (let number = 0; number < 12_000; number += 501) {
    const key = sha256(ascii(`many ${number}`))
    assert.ok(judgeStateProof(tree.base.prove(key), tree.base.root, key).ok)
  }
})

interface GoldenStep {
  readonly changes: readonly { readonly key: string; readonly valueHash: string }[]
  readonly count: number
  readonly root: string
}

test('roots are the golden ones', () => {
  const file = new URL('../../../protocol/vectors/state-tree.json', import.meta.url)
  const golden = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly emptyRoot: string
    readonly steps: readonly GoldenStep[]
  }
  const tree: StateTree = createStateTree()
  assert.is(toHex(tree.base.root), golden.emptyRoot)
  for (const { changes, count, root } of golden.steps) {
    const version = deriveVersion(
      tree.base,
      changes.map(({ key, valueHash }) => ({
        key: fromHex(key)!,
        valueHash: fromHex(valueHash)!
      }))
    )
    assert.is(version.count, count)
    assert.is(toHex(version.root), root)
    tree.adopt(version)
  }
  assert.ok(equalBytes(tree.base.root, fromHex(golden.steps.at(-1)!.root)!))
})

test.run()

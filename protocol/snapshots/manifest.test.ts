import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { toHex } from '../foundation/bytes.ts'
import { deriveVersion } from '../state-tree/derive-version.ts'
import { createStateTree } from '../state-tree/state-tree.ts'
import { runRoot } from '../state-tree/subtree.ts'
import { buildTestChain } from '../testing/test-chain.ts'
import {
  decodeManifest,
  encodeManifest,
  judgeManifest,
  type SnapshotManifest,
  snapshotIdOf
} from './manifest.ts'
import {
  decodeValueChunk,
  encodeValueChunk,
  type StateRecord,
  VALUE_CHUNK_BYTES,
  ValueChunker
} from './value-chunk.ts'

const test = suite('snapshots')

const CHAIN = buildTestChain()
const { networkTag, electorate, block1, block2, certify } = CHAIN
const TRUSTED = { networkTag, electorate }
const LEAVES = leavesAfterBlock1()
const DIRECT: SnapshotManifest = {
  block: block1,
  finalisation: certify('finalise', 1, block1),
  descendants: [],
  leafCount: LEAVES.length / 96,
  runRoots: [runRoot(LEAVES, LEAVES.length / 96) as Uint8Array],
  valueChunks: [{ hash: sha256(new Uint8Array(1)), count: 3 }]
}
const THROUGH_CHILD: SnapshotManifest = {
  ...DIRECT,
  finalisation: certify('finalise', 2, block2),
  descendants: [block2.headerBytes]
}

function leavesAfterBlock1(): Uint8Array {
  const tree = createStateTree()
  for (const values of [CHAIN.genesisValues, CHAIN.executed.changedValues]) {
    const changes = values.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
    tree.adopt(deriveVersion(tree.base, changes))
  }
  return tree.packLeaves(0, tree.base.count)
}

function judge(manifest: SnapshotManifest): string {
  const judged = judgeManifest(manifest, TRUSTED)
  return judged.ok ? 'good' : judged.fault
}

test('a manifest is good when its block or a descendant is final, and its runs are the state', () => {
  assert.is(judge(DIRECT), 'good')
  assert.is(judge(THROUGH_CHILD), 'good')
})

test('nobody gets another state or an unproved height believed', () => {
  const other = sha256(new Uint8Array(2))
  assert.is(judge({ ...DIRECT, runRoots: [other] }), 'SNAPSHOT_ROOT_WRONG')
  assert.is(judge({ ...DIRECT, leafCount: DIRECT.leafCount + 1 }), 'SNAPSHOT_ROOT_WRONG')
  assert.is(judge({ ...DIRECT, runRoots: [] }), 'SNAPSHOT_ROOT_WRONG')
  assert.is(
    judge({ ...DIRECT, valueChunks: [{ hash: other, count: DIRECT.leafCount + 1 }] }),
    'SNAPSHOT_VALUES_TOO_MANY'
  )
  const notarised = certify('notarise', 1, block1)
  assert.is(judge({ ...DIRECT, finalisation: notarised }), 'FINALISATION_OF_OTHER_BLOCK')
  assert.is(judge({ ...THROUGH_CHILD, descendants: [] }), 'FINALISATION_OF_OTHER_BLOCK')
})

test('the id of a snapshot does not depend on what proves its block final', () => {
  assert.is(toHex(snapshotIdOf(DIRECT)), toHex(snapshotIdOf(THROUGH_CHILD)))
  const changed = { ...DIRECT, leafCount: DIRECT.leafCount + 1 }
  assert.is.not(toHex(snapshotIdOf(changed)), toHex(snapshotIdOf(DIRECT)))
})

test('a manifest is read as it was written, and nothing else is one', () => {
  const encoded = encodeManifest(THROUGH_CHILD)
  const read = decodeManifest(encoded)
  assert.ok(read)
  assert.is(toHex(encodeManifest(read)), toHex(encoded))
  assert.is(judge(read), 'good')
  for (let length = 0; length < encoded.length; length += 7)
    assert.is(decodeManifest(encoded.subarray(0, length)), undefined)
})

test('records are cut into chunks of a size, whole and in order', () => {
  const records: StateRecord[] = Array.from({ length: 50 }, (_, index) => ({
    table: 1,
    key: Uint8Array.of(index),
    value: new Uint8Array(10_000).fill(index + 1)
  }))
  const chunker = new ValueChunker()
  const chunks = [...records.map((record) => chunker.add(record)), chunker.finish()].filter(
    (chunk) => chunk !== undefined
  )
  assert.equal(
    chunks.map(({ length }) => length),
    [19, 19, 12]
  )
  assert.equal(chunks.flat(), records)
  const [first] = chunks
  const encoded = encodeValueChunk(first ?? [])
  assert.ok(encoded.length < VALUE_CHUNK_BYTES + 1_000)
  assert.equal(
    decodeValueChunk(encoded)?.map(({ key }) => key[0]),
    [...Array(19).keys()]
  )
  assert.is(decodeValueChunk(encodeValueChunk([])), undefined)
  assert.is(chunker.finish(), undefined)
})

test.run()

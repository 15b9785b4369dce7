import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import {
  createBlock,
  decodeValueChunk,
  encodeValueChunk,
  invariant,
  type SnapshotManifest,
  snapshotIdOf,
  toHex
} from '../../protocol/index.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { decodeBytesAnswer, encodeBytesAnswer, encodeOffers } from '../sync/sync-message.ts'
import { certify } from '../testing/small-chain.ts'
import type { SnapshotStore } from './snapshot-store.ts'
import { assertRoot, joinIn, MEMBER, offering, storeOf } from './testing/joining.ts'
import { honest, lyingAboutParts, Peers, type Provider } from './testing/providers.ts'
import { makeState } from './testing/test-state.ts'

const test = suite('lies about snapshots')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)
test.after(() => clearInterval(alive))

const STATE = makeState(64, 5000)
const OLDER = makeState(32, 5000, 9)
/** The store of honest peers: nobody changes it. */
let truthful: SnapshotStore
const home = mkdtempSync(join(tmpdir(), 'snapshot-test-'))
test.before(async () => {
  truthful = await storeOf(home, STATE)
})
test.after(() => rmSync(home, { recursive: true }))

function withStore(
  run: (folder: string, store: SnapshotStore) => Promise<void>
): () => Promise<void> {
  return withFolder((folder) => run(folder, truthful))
}

const otherKind = { leaves: 'values', values: 'leaves' } as const

const LIARS: readonly (readonly [string, Parameters<typeof lyingAboutParts>[1]])[] = [
  [
    'another run or chunk than was asked for',
    async (question, truth) => {
      const { kind, index } = question.part
      const other = await truth({ ...question, part: { kind, index: index + 1 } })
      const isThere = other !== undefined && decodeBytesAnswer(other) !== null
      return isThere ? other : await truth({ ...question, part: { kind, index: 0 } })
    }
  ],
  [
    'leaves for values and values for leaves',
    (question, truth) =>
      truth({ ...question, part: { kind: otherKind[question.part.kind], index: 0 } })
  ],
  [
    'parts that are cut',
    async (question, truth) => {
      const answer = await truth(question)
      const part = answer && decodeBytesAnswer(answer)
      return encodeBytesAnswer(part ? part.subarray(0, part.length - 96) : new Uint8Array(1))
    }
  ],
  [
    'parts with a bit flipped',
    async (question, truth) => {
      const answer = await truth(question)
      const part = answer && decodeBytesAnswer(answer)
      if (!part) return undefined
      const flipped = part.slice()
      flipped[flipped.length >> 1]! ^= 1
      return encodeBytesAnswer(flipped)
    }
  ],
  ['nothing in them', async () => encodeBytesAnswer(new Uint8Array(0))],
  ['no CBOR at all', async () => new Uint8Array(500).fill(0xff)],
  [
    'an endless list',
    async () => encodeOffers(Array(16).fill({ height: 1, id: new Uint8Array(32), bytes: 9 }))
  ],
  ['a part of eight mebibytes', async () => encodeBytesAnswer(new Uint8Array(8_000_000))]
]

for (const [what, lie] of LIARS)
  test(
    `a peer that sends ${what} is blamed, and the rest comes from another`,
    withStore(async (folder, store) => {
      const peers = new Peers({
        [MEMBER]: lyingAboutParts(honest(store), lie),
        honest: honest(store)
      })
      const joining = await joinIn(folder, peers)
      assert.is(joining.end, 'installed')
      await assertRoot(folder, joining, STATE)
      assert.ok(peers.blamed.length > 0)
      assert.ok(peers.blamed.every(([peer]) => peer === MEMBER))
    })
  )

test(
  'a peer that sends the parts of another height is blamed',
  withFolder(async (folder) => {
    const [store, older] = [
      await storeOf(join(folder, 'a'), STATE),
      await storeOf(join(folder, 'b'), OLDER)
    ]
    const [{ id } = { id: new Uint8Array(32) }] = older.list()
    const swapped = lyingAboutParts(honest(store), (question) => honest(older)({ ...question, id }))
    const peers = new Peers({ [MEMBER]: swapped, honest: honest(store) })
    const joining = await joinIn(folder, peers)
    assert.is(joining.end, 'installed')
    await assertRoot(folder, joining, STATE)
    assert.ok(peers.blamed.length > 0 && peers.blamed.every(([peer]) => peer === MEMBER))
  })
)

test(
  'peers that stall or have forgotten it are not blamed, and hold nothing up',
  withStore(async (folder, store) => {
    const stalling = lyingAboutParts(honest(store), () => new Promise(() => undefined))
    const forgetful = lyingAboutParts(honest(store), async () => encodeBytesAnswer(null))
    const silent = lyingAboutParts(honest(store), async () => undefined)
    const peers = new Peers({ [MEMBER]: stalling, forgetful, silent, honest: honest(store) })
    const joining = await joinIn(folder, peers)
    assert.is(joining.end, 'installed')
    await assertRoot(folder, joining, STATE)
    assert.equal(peers.blamed, [])
  })
)

const spoiltChunk = (manifest: SnapshotManifest, bytes: Uint8Array): SnapshotManifest => ({
  ...manifest,
  valueChunks: manifest.valueChunks.map((chunk, index) =>
    index === 1 ? { ...chunk, hash: sha256(bytes) } : chunk
  )
})

test(
  'a manifest whose values do not fit the leaves is a lie: its giver is blamed, another one is taken',
  withStore(async (folder, store) => {
    const [{ id } = { id: new Uint8Array(32) }] = store.list()
    const chunk = await store.partOf(id, { kind: 'values', index: 1 })
    const records = chunk && decodeValueChunk(chunk)
    invariant(!!records, 'it is there')
    const wrong = [
      encodeValueChunk(
        records.map((record, index) =>
          index === 3 ? { ...record, value: Uint8Array.of(1) } : record
        )
      ),
      encodeValueChunk(
        records.map((record, index) =>
          index === 3 ? { ...record, key: new Uint8Array(8).fill(9) } : record
        )
      ),
      encodeValueChunk(
        records.map((record, index) => (index === 3 ? (records[4] ?? record) : record))
      ),
      encodeValueChunk(records.slice(1)),
      new Uint8Array(9).fill(0xff)
    ]
    for (const [number, bytes] of wrong.entries()) {
      const truth = lyingAboutParts(honest(store), (question) =>
        question.part.kind === 'values' && question.part.index === 1
          ? Promise.resolve(encodeBytesAnswer(bytes))
          : honest(store)(question)
      )
      const liar = await offering(store, (manifest) => spoiltChunk(manifest, bytes), truth)
      const peers = new Peers({ [MEMBER]: liar, honest: honest(store) })
      const place = join(folder, `try-${number}`)
      const joining = await joinIn(place, peers)
      assert.is(joining.end, 'installed')
      assert.equal(
        peers.blamed.map(([peer]) => peer),
        [MEMBER]
      )
      await assertRoot(place, joining, STATE)
    }
  })
)

test(
  'a manifest that leaves values out is a lie, however well its parts fit',
  withStore(async (folder, store) => {
    const liar = await offering(
      store,
      (manifest) => ({ ...manifest, valueChunks: manifest.valueChunks.slice(1) }),
      lyingAboutParts(honest(store), (question) =>
        honest(store)(
          question.part.kind === 'leaves'
            ? question
            : { ...question, part: { kind: 'values', index: question.part.index + 1 } }
        )
      )
    )
    const peers = new Peers({ [MEMBER]: liar, honest: honest(store) })
    const joining = await joinIn(folder, peers)
    assert.is(joining.end, 'installed')
    assert.equal(
      peers.blamed.map(([peer]) => peer),
      [MEMBER]
    )
  })
)

const FORGED: readonly (readonly [string, (manifest: SnapshotManifest) => SnapshotManifest])[] = [
  ['of another state', (manifest) => ({ ...manifest, leafCount: manifest.leafCount + 1 })],
  [
    'with runs of its own',
    (manifest) => ({ ...manifest, runRoots: manifest.runRoots.toReversed() })
  ],
  [
    'of a block that is not final',
    (manifest) => ({ ...manifest, finalisation: certify('notarise', manifest.block) })
  ],
  [
    'with the finalisation of another block',
    (manifest) => ({ ...manifest, finalisation: OLDER.finalisation })
  ],
  [
    'with more values than leaves',
    (manifest) => ({
      ...manifest,
      valueChunks: [{ hash: new Uint8Array(32), count: manifest.leafCount + 1 }]
    })
  ]
]

for (const [what, change] of FORGED)
  test(
    `a manifest ${what} is refused before anything of it is fetched`,
    withStore(async (folder, store) => {
      const peers = new Peers({ [MEMBER]: await offering(store, change), honest: honest(store) })
      const joining = await joinIn(folder, peers)
      assert.is(joining.end, 'installed')
      assert.is(toHex(snapshotIdOf(joining.manifest as SnapshotManifest)), store.list()[0]?.idHex)
      assert.equal(
        peers.blamed.map(([peer]) => peer),
        [MEMBER]
      )
    })
  )

test(
  'a manifest of an epoch that nobody leads to is passed over, for it cannot be judged',
  withStore(async (folder, store) => {
    const later = await offering(store, (manifest) => ({
      ...manifest,
      block: createBlock({ ...manifest.block.header, epoch: 9 as never }, [])
    }))
    const peers = new Peers({ [MEMBER]: later, honest: honest(store) })
    const joining = await joinIn(folder, peers)
    assert.is(joining.end, 'installed')
    assert.is(toHex(snapshotIdOf(joining.manifest as SnapshotManifest)), store.list()[0]?.idHex)
    assert.equal(peers.blamed, [])
  })
)

test(
  'offers of a stranger do not drive out those of a member, and every lie costs one question',
  withStore(async (folder, store) => {
    const boaster: Provider = async (question) =>
      question.kind === 'snapshots'
        ? encodeOffers(
            Array.from({ length: 16 }, (_, index) => ({
              height: 1_000_000 + index,
              id: new Uint8Array(32).fill(index),
              bytes: 1
            }))
          )
        : encodeBytesAnswer(null)
    const peers = new Peers({ boaster, [MEMBER]: honest(store) })
    const joining = await joinIn(folder, peers)
    assert.is(joining.end, 'installed')
    assert.is(peers.asked.get('boaster'), 1)
  })
)

test.run()

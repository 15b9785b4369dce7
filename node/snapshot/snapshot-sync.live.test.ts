import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import {
  createBlock,
  decodeValueChunk,
  encodeManifest,
  encodeValueChunk,
  invariant,
  type SnapshotManifest,
  snapshotIdOf,
  toHex
} from '../../protocol/index.ts'
import { systemClock } from '../clock.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import { type Files, systemFiles } from '../storage/files.ts'
import { create, reopen } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { decodeBytesAnswer, encodeBytesAnswer, encodeOffers } from '../sync/sync-message.ts'
import { certify } from '../testing/small-chain.ts'
import { ELECTORATE, founder, GENESIS, NETWORK_TAG } from '../testing/small-network.ts'
import { buildState, completeLedger } from './ledger-builder.ts'
import type { SnapshotFolder } from './snapshot-folder.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { SnapshotSync, type SnapshotSyncEnd } from './snapshot-sync.ts'
import { writeSnapshot } from './snapshot-writer.ts'
import { FailingFiles, ProcessEnded } from './testing/failing-files.ts'
import { honest, lyingAboutParts, Peers, type Provider } from './testing/providers.ts'
import { makeState, type TestState, writeState } from './testing/test-state.ts'

const test = suite('joining by snapshot')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)
test.after(() => clearInterval(alive))

const STATE = makeState(64, 5000)
const OLDER = makeState(32, 5000, 9)
const MEMBER = toHex(founder(0).memberId)
const SECOND = toHex(founder(1).memberId)

/** Makes a snapshot of a state in a store. */
async function storeOf(folder: string, ...states: readonly TestState[]): Promise<SnapshotStore> {
  const store = new SnapshotStore(
    { folder: join(folder, 'snapshots'), keep: 4 },
    { files: systemFiles }
  )
  for (const state of states) {
    const database = await create(join(folder, `ledger-${state.block.header.height}`))
    await writeState(database, state)
    const moment = database.snapshot()
    const into = await store.begin()
    const { block, finalisation } = state
    await writeSnapshot(
      { moment, block, folder: into, bytesPerSecondMax: Number.POSITIVE_INFINITY },
      {
        clock: systemClock,
        proveFinal: async () => ({ headerBytes: block.headerBytes, finalisation, descendants: [] }),
        isStopped: () => false
      }
    )
    await store.adopt(into)
    await moment.close()
    await database.close()
  }
  return store
}

interface Joining {
  readonly end: SnapshotSyncEnd | 'cut'
  readonly manifest: SnapshotManifest | undefined
  readonly folder: SnapshotFolder | undefined
  readonly store: SnapshotStore
}

/** Runs one attempt to join in a folder. */
async function join_(
  folder: string,
  peers: Peers,
  change: { files?: Files; heightMin?: number } = {}
): Promise<Joining> {
  const { files = systemFiles, heightMin = 1 } = change
  const store = new SnapshotStore({ folder: join(folder, 'own'), keep: 4 }, { files })
  let manifest: SnapshotManifest | undefined
  let whole: SnapshotFolder | undefined
  const sync = new SnapshotSync({
    electorate: ELECTORATE,
    electorateOf: (epoch) => (epoch === ELECTORATE.epoch ? ELECTORATE : undefined),
    networkTag: NETWORK_TAG,
    peers: peers.keys,
    ask: peers.ask,
    penalise: peers.penalise,
    clock: systemClock,
    files,
    store,
    install: async (of, from) => {
      manifest = of
      whole = from
    },
    onProgress: () => undefined,
    log: () => undefined
  })
  try {
    await store.open()
    return { end: await sync.join(heightMin), manifest, folder: whole, store }
  } catch (error) {
    if (!(error instanceof ProcessEnded)) throw error
    return { end: 'cut', manifest, folder: whole, store }
  }
}

/** Opens a ledger made of what came, and compares its root. */
async function assertRoot(folder: string, joining: Joining, state: TestState): Promise<void> {
  const { manifest, folder: from } = joining
  invariant(manifest !== undefined && from !== undefined, 'a snapshot came')
  const path = join(folder, 'joined')
  const ledger = await create(path)
  const old = await create(join(folder, 'before'))
  const isBuilt = await buildState(
    ledger,
    { manifest, folder: from },
    { pause: systemClock.pause, isStopped: () => false }
  )
  assert.ok(isBuilt)
  await completeLedger(ledger, manifest, old)
  await ledger.close()
  await old.close()
  const database = await reopen(path)
  const { committed, floor } = await openLedger(database, GENESIS)
  assert.equal(committed.tip.tree.root, state.block.header.stateRoot)
  assert.is(floor.height, state.block.header.height)
  await database.close()
}

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

/** A manifest that is changed, under the id that it then has. */
async function offering(
  store: SnapshotStore,
  change: (manifest: SnapshotManifest) => SnapshotManifest,
  truth: Provider = honest(store)
): Promise<Provider> {
  const [{ id } = { id: new Uint8Array(32) }] = store.list()
  const read = await store.folderOf(id)?.readManifest()
  invariant(read !== undefined, 'there is one')
  const manifest = change(read.manifest)
  const offered = snapshotIdOf(manifest)
  return async (question) => {
    if (question.kind === 'snapshots')
      return encodeOffers([{ height: manifest.block.header.height, id: offered, bytes: 1000 }])
    if (question.kind === 'snapshot-manifest')
      return encodeBytesAnswer(
        toHex(question.id) === toHex(offered) ? encodeManifest(manifest) : null
      )
    return truth({ ...question, id })
  }
}

test(
  'a snapshot comes from several honest peers at once, and its ledger has the root of the block',
  withStore(async (folder, store) => {
    const peers = new Peers({
      [MEMBER]: honest(store),
      [SECOND]: honest(store),
      other: honest(store)
    })
    const joining = await join_(folder, peers)
    assert.is(joining.end, 'installed')
    await assertRoot(folder, joining, STATE)
    assert.equal(peers.blamed, [])
    for (const [, count] of peers.asked) assert.ok(count > 1, 'all of them were asked for parts')
  })
)

test(
  'where nobody offers a snapshot, or only one that is too low, it is said at once',
  withStore(async (folder, store) => {
    const silent: Provider = async () => undefined
    const empty: Provider = async () => encodeOffers([])
    const none = await join_(folder, new Peers({ [MEMBER]: silent, [SECOND]: empty }))
    assert.is(none.end, 'none')
    assert.is((await join_(folder, new Peers({}))).end, 'none')
    const low = await join_(folder, new Peers({ [MEMBER]: honest(store) }), { heightMin: 65 })
    assert.is(low.end, 'none')
  })
)

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
      const joining = await join_(folder, peers)
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
    const joining = await join_(folder, peers)
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
    const joining = await join_(folder, peers)
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
      const joining = await join_(place, peers)
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
    const joining = await join_(folder, peers)
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
  ],
  [
    'of an epoch that nobody knows',
    (manifest) => ({
      ...manifest,
      block: createBlock({ ...manifest.block.header, epoch: 9 as never }, [])
    })
  ]
]

for (const [what, change] of FORGED)
  test(
    `a manifest ${what} is refused before anything of it is fetched`,
    withStore(async (folder, store) => {
      const peers = new Peers({ [MEMBER]: await offering(store, change), honest: honest(store) })
      const joining = await join_(folder, peers)
      assert.is(joining.end, 'installed')
      assert.is(toHex(snapshotIdOf(joining.manifest as SnapshotManifest)), store.list()[0]?.idHex)
      assert.equal(
        peers.blamed.map(([peer]) => peer),
        [MEMBER]
      )
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
    const joining = await join_(folder, peers)
    assert.is(joining.end, 'installed')
    assert.is(peers.asked.get('boaster'), 1)
  })
)

test(
  'what came before a kill is found again, and what the disk spoilt meanwhile is fetched anew',
  withStore(async (folder, store) => {
    let left = 5
    const dying = lyingAboutParts(honest(store), async (question, truth) =>
      left-- > 0
        ? await truth(question)
        : await new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5))
    )
    const cut = new FailingFiles(systemFiles, 9)
    const first = await join_(folder, new Peers({ [MEMBER]: honest(store) }), { files: cut.files })
    assert.is(first.end, 'cut')
    const kept = await systemFiles.list(join(folder, 'own'))
    assert.is(kept.length, 1)
    const parts = await systemFiles.list(join(folder, 'own', kept[0] as string))
    assert.ok(parts.includes('manifest') && parts.length > 2)
    await systemFiles.write(
      join(folder, 'own', kept[0] as string, 'leaves-000000'),
      new Uint8Array(7)
    )
    let asked = 0
    const counting = lyingAboutParts(honest(store), (question, truth) => {
      asked++
      return truth(question)
    })
    const second = await join_(folder, new Peers({ [MEMBER]: counting }))
    assert.is(second.end, 'installed')
    await assertRoot(folder, second, STATE)
    const { manifest } = second
    invariant(manifest !== undefined, 'it came')
    const all = manifest.runRoots.length + manifest.valueChunks.length
    assert.ok(asked < all, `${asked} of ${all} parts were asked for`)
    assert.ok(dying !== counting)
  })
)

test(
  'wherever a download is killed, the next start finishes it with the same root',
  withFolder(async (folder) => {
    const small = makeState(8, 60)
    const store = await storeOf(folder, small)
    for (let endsAt = 0, isOver = false; !isOver; endsAt++) {
      const place = join(folder, `run-${endsAt}`)
      const cut = new FailingFiles(systemFiles, endsAt)
      const peers = new Peers({ [MEMBER]: honest(store) })
      const first = await join_(place, peers, { files: cut.files })
      isOver = first.end === 'installed'
      const second = isOver ? first : await join_(place, peers)
      assert.is(second.end, 'installed')
      await assertRoot(place, second, small)
      assert.equal(peers.blamed, [])
    }
  })
)

test(
  'one that was begun is finished although a newer one is offered, unless nobody has it any more',
  withFolder(async (folder) => {
    const both = await storeOf(join(folder, 'both'), OLDER, STATE)
    const older = await storeOf(join(folder, 'older'), OLDER)
    const newer = await storeOf(join(folder, 'newer'), STATE)
    const begin = async (place: string): Promise<void> => {
      const cut = new FailingFiles(systemFiles, 8)
      const first = await join_(place, new Peers({ [MEMBER]: honest(older) }), { files: cut.files })
      assert.is(first.end, 'cut')
    }
    await begin(join(folder, 'one'))
    const finished = await join_(join(folder, 'one'), new Peers({ [MEMBER]: honest(both) }))
    assert.is(finished.manifest?.block.header.height, 32)
    await begin(join(folder, 'two'))
    const changed = await join_(join(folder, 'two'), new Peers({ [MEMBER]: honest(newer) }))
    assert.is(changed.manifest?.block.header.height, 64)
    assert.is((await systemFiles.list(join(folder, 'two', 'own'))).length, 1)
  })
)

test(
  'when a provider dies another that has come meanwhile takes over',
  withStore(async (folder, store) => {
    let left = 2
    const peers = new Peers({})
    const dying = lyingAboutParts(honest(store), async (question, truth) => {
      if (left-- > 0) return await truth(question)
      peers.remove(MEMBER)
      peers.add('late', honest(store))
      return undefined
    })
    peers.add(MEMBER, dying)
    const joining = await join_(folder, peers)
    assert.is(joining.end, 'installed')
    await assertRoot(folder, joining, STATE)
    assert.equal(peers.blamed, [])
  })
)

test.run()

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type FinalityProof,
  invariant,
  judgeManifest,
  rootOfRuns,
  snapshotIdOf,
  toHex
} from '../../protocol/index.ts'
import { systemClock } from '../clock.ts'
import { stateValueKey } from '../ledger/keyspace.ts'
import type { Database } from '../storage/database.ts'
import { type Files, systemFiles } from '../storage/files.ts'
import { create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { certify } from '../testing/small-chain.ts'
import { ELECTORATE, NETWORK_TAG } from '../testing/small-network.ts'
import { LeafIndex } from './leaf-index.ts'
import { judgeChunk, judgeRun } from './part-check.ts'
import { partsOf } from './snapshot-folder.ts'
import { SnapshotMaker } from './snapshot-maker.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { FailingFiles, ProcessEnded } from './testing/failing-files.ts'
import { blockAt, makeState, type TestState, writeState } from './testing/test-state.ts'

const test = suite('making snapshots')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)
test.after(() => clearInterval(alive))

const STATE = makeState(8, 5000)
const OTHER = makeState(16, 100)

interface Making {
  readonly folder: string
  readonly database: Database
  readonly state: TestState
  readonly files?: Files
  readonly keep?: number
  readonly proof?: () => FinalityProof | null
  readonly meanwhile?: () => Promise<void>
}

function proofOf({ block, finalisation }: TestState): FinalityProof {
  return { headerBytes: block.headerBytes, finalisation, descendants: [] }
}

/** Makes one snapshot; gives what went wrong, if anything did. */
async function make(making: Making): Promise<{ store: SnapshotStore; trouble: unknown }> {
  const { folder, database, state, files = systemFiles, keep = 2 } = making
  const store = new SnapshotStore({ folder: join(folder, 'snapshots'), keep }, { files })
  await store.open()
  let trouble: unknown
  const maker = new SnapshotMaker(
    { everyBlocks: 8 },
    {
      store,
      holdState: () => database.snapshot(),
      isBehind: () => false,
      finalityOf: making.proof ?? (() => proofOf(state)),
      clock: systemClock,
      log: () => undefined,
      onTrouble: (error) => {
        trouble = error
      }
    }
  )
  maker.blockWritten(state.block)
  await making.meanwhile?.()
  await maker.whenIdle()
  await maker.stop()
  return { store, trouble }
}

function withLedger(
  run: (folder: string, database: Database) => Promise<void>
): () => Promise<void> {
  return withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    try {
      await run(folder, database)
    } finally {
      await database.close()
    }
  })
}

test(
  'a snapshot holds the whole state of its block, each part by itself, and its manifest is good',
  withLedger(async (folder, database) => {
    await writeState(database, STATE)
    const { store } = await make({ folder, database, state: STATE })
    const [made] = store.list()
    invariant(made !== undefined, 'it was made')
    const manifest = await store.folderOf(made.id)?.readManifest()
    invariant(manifest !== undefined, 'it has a manifest')
    assert.ok(judgeManifest(manifest, { networkTag: NETWORK_TAG, electorate: ELECTORATE }).ok)
    assert.ok(manifest.runRoots.length > 2 && manifest.valueChunks.length > 2)
    assert.equal(rootOfRuns(manifest.runRoots, manifest.leafCount), STATE.block.header.stateRoot)
    const leaves = new LeafIndex(manifest.leafCount)
    let bytes = 0
    for (const part of partsOf(manifest)) {
      const content = await store.partOf(made.id, part)
      invariant(content !== null, 'every part is there')
      bytes += content.length
      if (part.kind === 'leaves') {
        assert.is(judgeRun(manifest, part.index, content), 'good')
        leaves.addRun(part.index, content)
      } else {
        const chunk = { manifest, index: part.index, bytes: content }
        assert.is(await judgeChunk(chunk, leaves, systemClock.pause), 'good')
      }
    }
    assert.is(leaves.missing, 0)
    assert.is(made.bytes, bytes)
    assert.is(made.height, 8)
  })
)

test(
  'what is written after the block is not in its snapshot',
  withLedger(async (folder, database) => {
    await writeState(database, STATE)
    const record = STATE.records[7]
    invariant(record !== undefined, 'there are so many')
    const { store, trouble } = await make({
      folder,
      database,
      state: STATE,
      meanwhile: async () => {
        const batch = database.createBatch()
        for (const { table, key } of STATE.records) batch.put(stateValueKey(table, key), record.key)
        await batch.write({ sync: false })
      }
    })
    assert.is(trouble, undefined)
    const [made] = store.list()
    invariant(made !== undefined, 'it was made')
    const fresh = await create(join(folder, 'fresh'))
    await writeState(fresh, STATE)
    const again = await make({ folder: join(folder, 'again'), database: fresh, state: STATE })
    assert.is(again.store.list()[0]?.idHex, made.idHex)
    await fresh.close()
  })
)

test(
  'all nodes make the same snapshot of a height, whatever proves the block final',
  withLedger(async (folder, database) => {
    await writeState(database, STATE)
    const child = blockAt(9, new Uint8Array(32).fill(3))
    const descendant = { ...child, header: { ...child.header, parentId: STATE.block.idBytes } }
    const proof: FinalityProof = {
      headerBytes: STATE.block.headerBytes,
      finalisation: certify('finalise', descendant),
      descendants: [descendant.headerBytes]
    }
    const direct = await make({ folder, database, state: STATE })
    const through = await make({
      folder: join(folder, 'other'),
      database,
      state: STATE,
      proof: () => proof
    })
    assert.is(through.store.list()[0]?.idHex, direct.store.list()[0]?.idHex)
  })
)

test(
  'it waits until the block is proved final',
  withLedger(async (folder, database) => {
    await writeState(database, OTHER)
    let asked = 0
    const proof = (): FinalityProof | null => (++asked < 3 ? null : proofOf(OTHER))
    const { store } = await make({ folder, database, state: OTHER, proof })
    assert.is(store.list().length, 1)
    assert.is(asked, 3)
  })
)

test(
  'a state that is not that of the block becomes no snapshot',
  withLedger(async (folder, database) => {
    await writeState(database, OTHER)
    const wrong = { ...OTHER, block: blockAt(16, new Uint8Array(32)) }
    const { store, trouble } = await make({ folder, database, state: wrong })
    assert.is((trouble as { code?: string }).code, 'STORAGE_DAMAGED')
    assert.equal(store.list(), [])
    await store.open()
    assert.equal(await systemFiles.list(store.folder), [])
  })
)

test(
  'the newest ones are kept, and heights in between get none',
  withLedger(async (folder, database) => {
    const heights = [16, 24, 32]
    for (const height of heights) {
      const state = makeState(height, 40, height)
      const one = await create(join(folder, `ledger-${height}`))
      await writeState(one, state)
      const { store } = await make({ folder, database: one, state, keep: 2 })
      await one.close()
      assert.is(store.list()[0]?.height, height)
    }
    const store = new SnapshotStore(
      { folder: join(folder, 'snapshots'), keep: 2 },
      { files: systemFiles }
    )
    await store.open()
    assert.equal(
      store.list().map(({ height }) => height),
      [32, 24]
    )
    assert.is((await systemFiles.list(store.folder)).length, 2)
    await writeState(database, makeState(33, 40))
    const none = await make({
      folder: join(folder, 'none'),
      database,
      state: makeState(33, 40),
      meanwhile: async () => undefined,
      proof: () => null,
      files: { ...systemFiles, makeFolder: () => Promise.reject(new Error('none is begun')) }
    })
    assert.is(none.trouble, undefined)
  })
)

test(
  'wherever a making process ends, the next start finds a whole snapshot or none',
  withLedger(async (folder, database) => {
    await writeState(database, OTHER)
    let found = 0
    for (let endsAt = 0; ; endsAt++) {
      const place = join(folder, `run-${endsAt}`)
      mkdirSync(place)
      const failing = new FailingFiles(systemFiles, endsAt)
      const { trouble } = await make({
        folder: place,
        database,
        state: OTHER,
        files: failing.files
      })
      const store = new SnapshotStore(
        { folder: join(place, 'snapshots'), keep: 2 },
        { files: systemFiles }
      )
      await store.open()
      const names = await systemFiles.list(store.folder)
      assert.is(names.length, store.list().length, `nothing else is left after ${endsAt}`)
      for (const { id, bytes } of store.list()) {
        const manifest = await store.folderOf(id)?.readManifest()
        invariant(manifest !== undefined, 'it has a manifest')
        assert.is(toHex(snapshotIdOf(manifest)), toHex(id))
        assert.is(await store.folderOf(id)?.measure(manifest), bytes)
        found++
      }
      if (trouble === undefined) break
      assert.ok(trouble instanceof ProcessEnded)
    }
    assert.ok(found > 0)
  })
)

test(
  'a folder that only looks like a snapshot is none, and goes',
  withFolder(async (folder) => {
    const path = join(folder, 'snapshots')
    for (const name of ['8-0123abcd', 'making', '9-zz', 'incoming-12'])
      mkdirSync(join(path, name), { recursive: true })
    writeFileSync(join(path, '8-0123abcd', 'manifest'), 'garbage')
    const store = new SnapshotStore({ folder: path, keep: 2 }, { files: systemFiles })
    await store.open()
    assert.equal(store.list(), [])
    assert.equal(await systemFiles.list(path), [])
    assert.is(store.manifestOf(new Uint8Array(32)), null)
    assert.is(await store.partOf(new Uint8Array(32), { kind: 'leaves', index: 2 ** 52 }), null)
  })
)

test.run()

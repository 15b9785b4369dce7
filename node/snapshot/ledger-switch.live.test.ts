import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  concatBytes,
  encodeBlock,
  equalBytes,
  fromHex,
  invariant,
  type Priority
} from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import { systemClock } from '../clock.ts'
import {
  BATCHES_FROM_KEY,
  batchKey,
  bodyKey,
  evidenceKey,
  pendingBatchKey,
  transactionKey
} from '../ledger/keyspace.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import { openArchive } from '../service/archive.ts'
import type { Database } from '../storage/database.ts'
import { systemFiles } from '../storage/files.ts'
import { declareReady, ledgerPlaces, settleLedgerSwap } from '../storage/ledger-swap.ts'
import { create, fill, keyOf, reopen } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { certify } from '../testing/small-chain.ts'
import { GENESIS, NETWORK_TAG, signBatch } from '../testing/small-network.ts'
import { LedgerSwitch } from './ledger-switch.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { writeSnapshot } from './snapshot-writer.ts'
import { blockAt, makeState, type TestState, writeState } from './testing/test-state.ts'

const test = suite('the switch of ledgers')

const STATE = makeState(40, 3000)
const BATCH = signBatch([createTestDevice(NETWORK_TAG, 5).message(1)], { priority: 2 as Priority })
const BODY = blockAt(41, new Uint8Array(32).fill(4))
const NONE = new Uint8Array(0)
const BODY_KEY = bodyKey(BODY.id)

/** A snapshot of a state, as it lies in a store; with a descendant when that was finalised. */
async function snapshotIn(
  folder: string,
  state: TestState,
  isDirect = true
): Promise<SnapshotStore> {
  const store = new SnapshotStore(
    { folder: join(folder, 'snapshots'), keep: 2 },
    { files: systemFiles }
  )
  const database = await create(join(folder, 'of-another'))
  await writeState(database, state)
  const moment = database.snapshot()
  const into = await store.begin()
  const { block } = state
  const child = blockAt(41, new Uint8Array(32))
  const proof = isDirect
    ? { headerBytes: block.headerBytes, finalisation: state.finalisation, descendants: [] }
    : {
        headerBytes: block.headerBytes,
        finalisation: certify('finalise', child),
        descendants: [child.headerBytes]
      }
  const ports = { clock: systemClock, proveFinal: async () => proof, isStopped: () => false }
  await writeSnapshot(
    { moment, block, folder: into, bytesPerSecondMax: Number.POSITIVE_INFINITY },
    ports
  )
  await store.adopt(into)
  await moment.close()
  await database.close()
  return store
}

/** A ledger that knows what only its own node can know. */
async function oldLedger(path: string): Promise<Database> {
  const old = await create(path)
  await openLedger(old, GENESIS)
  const batch = old.createBatch()
  batch.put(BODY_KEY, encodeBlock(BODY))
  batch.put(batchKey(BATCH.id), BATCH.bytes)
  batch.put(pendingBatchKey(BATCH.id), Uint8Array.of(1))
  batch.put(evidenceKey(0, 3, 1), Uint8Array.of(7))
  batch.put(transactionKey(new Uint8Array(32)), Uint8Array.of(8))
  await batch.write({ sync: true })
  return old
}

interface Switching {
  readonly data: string
  readonly ledger: Database
  readonly isAsked: () => boolean
  readonly switch: LedgerSwitch
}

async function begin(data: string, store: SnapshotStore): Promise<Switching> {
  const places = ledgerPlaces(data)
  const ledger = await oldLedger(places.ledger)
  let isAsked = false
  const switching = new LedgerSwitch({
    clock: systemClock,
    store,
    createLedger: async () => {
      await systemFiles.remove(places.incoming)
      return await create(places.incoming)
    },
    declareReady: () => declareReady(places, systemFiles),
    followedSeals: () => [],
    onBuilt: () => {
      isAsked = true
    },
    log: () => undefined
  })
  return { data, ledger, isAsked: () => isAsked, switch: switching }
}

async function install({ switch: switching }: Switching, store: SnapshotStore): Promise<void> {
  const [held] = store.list()
  invariant(held !== undefined, 'there is one')
  const folder = store.folderOf(held.id)
  const manifest = await folder?.readManifest()
  invariant(folder !== undefined && manifest !== undefined, 'it is whole')
  await switching.install(manifest, folder)
}

test(
  'the new ledger stands at the block of the snapshot and knows what the old one alone knew',
  withFolder(async (folder) => {
    const store = await snapshotIn(folder, STATE)
    const one = await begin(folder, store)
    await install(one, store)
    assert.ok(one.isAsked() && one.switch.isBuilt)
    await one.switch.complete(one.ledger)
    await one.ledger.close()
    assert.ok(await settleLedgerSwap(ledgerPlaces(folder), systemFiles))
    const ledger = await reopen(join(folder, 'ledger'))
    const { committed, floor } = await openLedger(ledger, GENESIS)
    assert.equal(committed.tip.tree.root, STATE.block.header.stateRoot)
    assert.is(floor.height, 40)
    assert.is(floor.finalisation?.vote.subject?.blockId, STATE.block.id)
    assert.ok(equalBytes(ledger.getSync(BODY_KEY) ?? NONE, encodeBlock(BODY)))
    assert.ok(equalBytes(ledger.getSync(batchKey(BATCH.id)) ?? NONE, BATCH.bytes))
    assert.ok(ledger.getSync(pendingBatchKey(BATCH.id)))
    assert.ok(equalBytes(ledger.getSync(evidenceKey(0, 3, 1)) ?? NONE, Uint8Array.of(7)))
    assert.is(ledger.getSync(transactionKey(new Uint8Array(32))), undefined)
    const archive = openArchive(ledger, NETWORK_TAG, 40)
    assert.equal([archive.blocksFrom, archive.batchesFrom], [40, 41])
    assert.is(archive.block(39), undefined)
    assert.is(archive.heightOf(STATE.block.idBytes), 40)
    assert.not((await systemFiles.list(folder)).some((name) => name.startsWith('ledger-')))
    await ledger.close()
  })
)

test(
  'where only a descendant was finalised the floor says so',
  withFolder(async (folder) => {
    const store = await snapshotIn(folder, STATE, false)
    const one = await begin(folder, store)
    await install(one, store)
    await one.switch.complete(one.ledger)
    await one.ledger.close()
    await settleLedgerSwap(ledgerPlaces(folder), systemFiles)
    const ledger = await reopen(join(folder, 'ledger'))
    const { floor } = await openLedger(ledger, GENESIS)
    assert.equal([floor.height, floor.finalisation], [40, null])
    await ledger.close()
  })
)

test(
  'a node that is killed while it builds starts with its old ledger',
  withFolder(async (folder) => {
    const store = await snapshotIn(folder, STATE)
    const one = await begin(folder, store)
    await install(one, store)
    // Built, but never completed: the process ended.
    await one.ledger.close()
    assert.is(await settleLedgerSwap(ledgerPlaces(folder), systemFiles), false)
    const ledger = await reopen(join(folder, 'ledger'))
    assert.is((await openLedger(ledger, GENESIS)).floor.height, 0)
    assert.ok(equalBytes(ledger.getSync(BODY_KEY) ?? NONE, encodeBlock(BODY)))
    await ledger.close()
  })
)

test(
  'given up midway, nothing is asked of the node and nothing completed',
  withFolder(async (folder) => {
    const store = await snapshotIn(folder, STATE)
    const one = await begin(folder, store)
    const installing = install(one, store)
    await one.switch.stop()
    await installing
    await one.switch.complete(one.ledger)
    await one.ledger.close()
    assert.not(one.isAsked())
    assert.is(await settleLedgerSwap(ledgerPlaces(folder), systemFiles), false)
  })
)

test(
  'a walk over the moment of a database sees nothing that came later',
  withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    await fill(database, 0, 2000)
    const moment = database.snapshot()
    const batch = database.createBatch()
    for (let number = 0; number < 2000; number += 2) batch.delete(keyOf(number))
    batch.put(concatBytes(keyOf(5), fromHex('00') ?? new Uint8Array(1)), new Uint8Array(9))
    await batch.write({ sync: true })
    let count = 0
    for await (const page of moment.iterate()) count += page.length
    assert.is(count, 2000)
    await moment.close()
    assert.is(database.getSync(BATCHES_FROM_KEY), undefined)
    await database.close()
  })
)

test.run()

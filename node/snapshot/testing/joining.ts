/**
 * Joining by snapshot in folders of a test: stores to offer, attempts, and the ledger that comes of it.
 *
 * @module
 */

import { join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  encodeManifest,
  invariant,
  type SnapshotManifest,
  snapshotIdOf,
  toHex
} from '../../../protocol/index.ts'
import { systemClock } from '../../clock.ts'
import { openLedger } from '../../ledger/open-ledger.ts'
import type { Database } from '../../storage/database.ts'
import { type Files, systemFiles } from '../../storage/files.ts'
import { create, reopen } from '../../storage/testing/entries.ts'
import type { FollowedSeal } from '../../sync/seal-follower.ts'
import { encodeBytesAnswer, encodeOffers } from '../../sync/sync-message.ts'
import { ELECTORATE, founder, GENESIS, NETWORK_TAG } from '../../testing/small-network.ts'
import { buildState, completeLedger } from '../ledger-builder.ts'
import type { SnapshotFolder } from '../snapshot-folder.ts'
import { SnapshotStore } from '../snapshot-store.ts'
import { SnapshotSync, type SnapshotSyncEnd, type SnapshotSyncPorts } from '../snapshot-sync.ts'
import { writeSnapshot } from '../snapshot-writer.ts'
import { ProcessEnded } from './failing-files.ts'
import { honest, type Peers, type Provider } from './providers.ts'
import { type TestState, writeState } from './test-state.ts'

/** The keys of the two members. */
export const MEMBER: string = toHex(founder(0).memberId)
/** The other one. */
export const SECOND: string = toHex(founder(1).memberId)

/** Makes snapshots of some states in a store. */
export async function storeOf(
  folder: string,
  ...states: readonly TestState[]
): Promise<SnapshotStore> {
  const store = new SnapshotStore(
    { folder: join(folder, 'snapshots'), keep: 4 },
    { files: systemFiles }
  )
  for (const state of states) {
    const database = await create(join(folder, `ledger-${state.block.header.height}`))
    await writeState(database, state)
    await addSnapshot(store, database, state)
    await database.close()
  }
  return store
}

/** Adds a snapshot of a ledger as it stands to a store. */
export async function addSnapshot(
  store: SnapshotStore,
  database: Database,
  { block, finalisation }: Pick<TestState, 'block' | 'finalisation'>
): Promise<void> {
  const moment = database.snapshot()
  const folder = await store.begin()
  await writeSnapshot(
    { moment, block, folder, bytesPerSecondMax: Number.POSITIVE_INFINITY },
    {
      clock: systemClock,
      proveFinal: async () => ({ headerBytes: block.headerBytes, finalisation, descendants: [] }),
      isStopped: () => false
    }
  )
  await store.adopt(folder)
  await moment.close()
}

/** How an attempt to join ended. */
export interface Joining {
  readonly end: SnapshotSyncEnd | 'cut'
  readonly manifest: SnapshotManifest | undefined
  readonly folder: SnapshotFolder | undefined
  readonly store: SnapshotStore
}

/** Runs one attempt to join in a folder. */
export async function joinIn(
  folder: string,
  peers: Peers,
  change: {
    files?: Files
    heightMin?: number
    electorateOf?: SnapshotSyncPorts['electorateOf']
  } = {}
): Promise<Joining> {
  const { files = systemFiles, heightMin = 1, electorateOf = ofGenesis } = change
  const store = new SnapshotStore({ folder: join(folder, 'own'), keep: 4 }, { files })
  let manifest: SnapshotManifest | undefined
  let whole: SnapshotFolder | undefined
  const sync = new SnapshotSync({
    electorate: () => ELECTORATE,
    electorateOf,
    networkTag: NETWORK_TAG,
    peers: peers.keys,
    ask: peers.ask,
    askPart: peers.ask,
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

const ofGenesis: SnapshotSyncPorts['electorateOf'] = async (epoch) =>
  epoch === ELECTORATE.epoch ? ELECTORATE : undefined

/** Opens a ledger made of what came, and compares its root. */
export async function assertRoot(
  folder: string,
  joining: Joining,
  state: Pick<TestState, 'block'>,
  seals: readonly FollowedSeal[] = []
): Promise<void> {
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
  await completeLedger(ledger, manifest, { old, seals })
  await ledger.close()
  await old.close()
  const database = await reopen(path)
  const { committed, floor } = await openLedger(database, GENESIS)
  assert.equal(committed.tip.tree.root, state.block.header.stateRoot)
  assert.is(floor.height, state.block.header.height)
  await database.close()
}

/** A manifest that is changed, under the id that it then has. */
export async function offering(
  store: SnapshotStore,
  change: (manifest: SnapshotManifest) => SnapshotManifest,
  truth: Provider = honest(store)
): Promise<Provider> {
  const [{ id } = { id: new Uint8Array(32) }] = store.list()
  const read = await store.folderOf(id)?.readManifest()
  invariant(read !== undefined, 'there is one')
  const manifest = change(read)
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

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../../../node/errors.ts'
import { SnapshotStore } from '../../../node/snapshot/snapshot-store.ts'
import { makeState } from '../../../node/snapshot/testing/test-state.ts'
import type { Files } from '../../../node/storage/files.ts'
import { declareReady, ledgerPlaces, settleLedgerSwap } from '../../../node/storage/ledger-swap.ts'
import { encodeManifest, type SnapshotManifest } from '../../../protocol/index.ts'
import { Dice } from './dice.ts'
import { emptyFolder, type Folder, put } from './folder.ts'
import { VirtualDisk } from './virtual-disk.ts'

const test = suite('files of the virtual disk')

const STATE = makeState(8, 1)
const DATA = '0'
const PLACES = ledgerPlaces(DATA)
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed)

interface Machine {
  readonly disk: VirtualDisk
  readonly files: Files
}

/** A disk and a process on it, which ends at the k-th point. */
function machine(seed: number, endsAt = Number.POSITIVE_INFINITY): Machine {
  const disk = new VirtualDisk(new Dice(seed, 'disk'))
  // Whoever founded the node made its data directory.
  disk.place('0/sign', named('sign'))
  return { disk, files: processOn(disk, endsAt) }
}

function processOn(disk: VirtualDisk, endsAt = Number.POSITIVE_INFINITY): Files {
  let points = 0
  return disk.files({
    wait: () => Promise.resolve(),
    point: () => void points++,
    isAlive: () => points < endsAt,
    onSynced: () => undefined
  })
}

/** A database that knows which one it is. */
function named(name: string): Folder {
  const folder = emptyFolder()
  put(folder, 'name', new TextEncoder().encode(name))
  return folder
}

function nameOf(folder: Folder | undefined): string {
  return new TextDecoder().decode(folder?.entries.get('name'))
}

/** Resolves when all that can happen without a process that has ended has happened. */
function ended(work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, new Promise((resolve) => setImmediate(resolve))])
}

test('content and name survive a power cut once file and folder are synced', async () => {
  for (const seed of SEEDS) {
    const { disk, files } = machine(seed)
    await files.makeFolder('0/a')
    await files.syncFolder('0')
    await files.write('0/a/x', Uint8Array.of(1, 2, 3))
    await files.syncFolder('0/a')
    disk.cutPower()
    assert.equal(await files.read('0/a/x'), Uint8Array.of(1, 2, 3))
    assert.equal(await files.list('0/a'), ['x'])
  }
})

test('a name whose folder was not synced may be lost, and may stay', async () => {
  const found = new Set<number>()
  for (const seed of SEEDS) {
    const { disk, files } = machine(seed)
    await files.makeFolder('0/a')
    await files.syncFolder('0')
    await files.write('0/a/x', Uint8Array.of(1, 2, 3))
    disk.cutPower()
    found.add(await files.sizeOf('0/a/x'))
  }
  assert.equal([...found].sort(), [0, 3])
})

test('a write that the power cut ends leaves a head of the file', async () => {
  const found = new Set<number>()
  for (const seed of SEEDS) {
    const { disk, files } = machine(seed, 4)
    await ended(files.write('0/x', new Uint8Array(4)))
    // The first file is synced; the second one is cut between its write and its sync.
    await ended(files.write('0/y', new Uint8Array(4)))
    disk.cutPower()
    found.add(await files.sizeOf('0/y'))
  }
  assert.ok(found.size > 2)
})

test('what a process wrote is all there when it was killed and the machine runs on', async () => {
  const { disk, files } = machine(1)
  await files.makeFolder('0/a')
  await files.write('0/a/x', new Uint8Array(9))
  await files.rename('0/a', '0/b')
  disk.settleAll()
  disk.cutPower()
  assert.is(await files.sizeOf('0/b/x'), 9)
  assert.equal(await files.list('0/a'), [])
})

test('a disk that is full takes no file, and one that refuses says neither yes nor no', async () => {
  const { disk, files } = machine(1)
  disk.faults.isFull = true
  await rejects(files.write('0/x', new Uint8Array(9)), 'DISK_FULL')
  await rejects(files.makeFolder('0/a'), 'DISK_FULL')
  disk.faults.isFull = false
  disk.faults.isRefusing = true
  const outcomes = new Set<number>()
  for (const at of SEEDS) {
    await rejects(files.makeFolder(`0/${at}`), 'DISK_WRITE_FAILED')
    outcomes.add((await files.list('0')).includes(`${at}`) ? 1 : 0)
  }
  assert.is(outcomes.size, 2)
})

test('nothing is moved onto what is there', async () => {
  const { disk, files } = machine(1)
  disk.place(PLACES.ledger, named('one'))
  disk.place(PLACES.ready, named('other'))
  await rejects(files.rename(PLACES.ready, PLACES.ledger), 'DISK_WRITE_FAILED')
  assert.is(nameOf(disk.database(PLACES.ledger)), 'one')
})

test('wherever the power is cut in a swap of ledgers, one whole ledger is in place at last', async () => {
  const found = new Set<string>()
  for (const seed of SEEDS)
    for (let endsAt = 1; endsAt <= 24; endsAt++) {
      const { disk, files } = machine(seed, endsAt)
      disk.place(PLACES.ledger, named('old'))
      disk.place(PLACES.incoming, named('new'))
      await ended(declareReady(PLACES, files).then(() => settleLedgerSwap(PLACES, files)))
      disk.cutPower()
      // The power may go once more while the next process is at it.
      await ended(settleLedgerSwap(PLACES, processOn(disk, seed % 12)))
      disk.cutPower()
      await settleLedgerSwap(PLACES, processOn(disk))
      const ledger = disk.database(PLACES.ledger)
      assert.ok(ledger?.hasMarker, `seed ${seed}, ended at ${endsAt}`)
      assert.equal(await files.list(DATA), ['ledger', 'sign'])
      found.add(nameOf(ledger))
    }
  assert.equal([...found].sort(), ['new', 'old'])
})

test('a snapshot that was taken in is there whenever the power is cut afterwards', async () => {
  const { block, finalisation } = STATE
  const manifest: SnapshotManifest = {
    block,
    finalisation,
    descendants: [],
    leafCount: 1,
    runRoots: [new Uint8Array(32)],
    valueChunks: []
  }
  for (const seed of SEEDS) {
    const { disk, files } = machine(seed)
    const options = { folder: '0/snapshots', keep: 2 }
    const store = new SnapshotStore(options, { files })
    const folder = await store.begin()
    await folder.writePart({ kind: 'leaves', index: 0 }, new Uint8Array(96))
    await folder.writeManifest(encodeManifest(manifest))
    await store.adopt(folder)
    disk.cutPower()
    const found = new SnapshotStore(options, { files: processOn(disk) })
    await found.open()
    assert.is(found.list().length, 1, `seed ${seed}`)
  }
})

test.run()

async function rejects(work: Promise<unknown>, code: string): Promise<void> {
  const trouble = await work.then(
    () => undefined,
    (error: unknown) => error
  )
  assert.is(trouble instanceof NodeError && trouble.code, code)
}

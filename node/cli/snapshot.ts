/**
 * `thingmoot snapshot`: lists the snapshots of a data directory, and makes one of a stopped node.
 *
 * A running node makes its own at every so many blocks; its data directory is locked, so this
 * command never touches the ledger beside it.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Config, GenesisDocument } from '../../config/index.ts'
import { invariant, networkTagOfGenesis } from '../../protocol/index.ts'
import { systemClock } from '../clock.ts'
import { NodeError } from '../errors.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import { openArchive } from '../service/archive.ts'
import { SnapshotStore, type StoredSnapshot } from '../snapshot/snapshot-store.ts'
import { writeSnapshot } from '../snapshot/snapshot-writer.ts'
import { type DataDirectory, dataPaths, openDataDirectory } from '../storage/data-directory.ts'
import { systemFiles } from '../storage/files.ts'
import { readMarker } from '../storage/node-marker.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { createOutput, table } from './output.ts'
import { addConfigOption, readGenesis, readSettings } from './settings.ts'

/** Adds `snapshot list` and `snapshot create`. */
export function addSnapshotCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('snapshot').description('list or make snapshots of the ledger')
  addConfigOption(
    addCommand(group, 'list', 'the snapshots of this node, which it offers to those who join')
  ).action((options: CommonOptions) => listSnapshots(options, ports))
  addConfigOption(
    addCommand(
      group,
      'create',
      'make one of the last final block; the node must be stopped, running it makes its own'
    )
  ).action((options: CommonOptions) => createSnapshot(options, ports))
}

async function listSnapshots(options: CommonOptions, ports: CommandPorts): Promise<void> {
  const { config } = await readSettings(options, ports)
  const store = storeOf(config)
  await store.look()
  const { everyBlocks } = config.snapshot
  const next =
    everyBlocks === 0
      ? 'none is made by itself: snapshot.everyBlocks is 0'
      : `one is made at every ${everyBlocks} blocks`
  createOutput(options, ports).answer({
    json: { folder: store.folder, everyBlocks, snapshots: store.list().map(fieldsOf) },
    lines: (paint) => [
      store.list().length === 0 ? `no snapshot yet; ${next}` : `${store.folder}; ${next}`,
      ...table(
        store
          .list()
          .map((snapshot) => [
            `height ${snapshot.height}`,
            `${megabytes(snapshot.bytes)}  ${paint.dim(snapshot.idHex)}`
          ]),
        paint
      )
    ]
  })
}

async function createSnapshot(options: CommonOptions, ports: CommandPorts): Promise<void> {
  const { config } = await readSettings(options, ports)
  const { genesis, genesisHash } = await readGenesis(config.genesis, config.networkId)
  const directory = await openStopped(config, { networkId: genesis.networkId, genesisHash })
  let made: StoredSnapshot
  try {
    made = await snapshotOf(directory, config, genesis)
  } finally {
    await directory.close()
  }
  createOutput(options, ports).answer({
    json: fieldsOf(made),
    lines: (paint) => [
      `${paint.green('✔')} snapshot of height ${made.height}, ${megabytes(made.bytes)}`,
      ...table(
        [
          ['folder', made.path],
          ['snapshot id', made.idHex]
        ],
        paint
      )
    ]
  })
}

/** Nothing is signed, so nothing of the keys is needed but whose directory it is. */
async function openStopped(
  config: Config,
  owner: { readonly networkId: string; readonly genesisHash: string }
): Promise<DataDirectory> {
  const marker = await readMarker(dataPaths(config.dataDirectory).marker)
  const { keyFingerprint } = marker ?? { keyFingerprint: '' }
  return await openDataDirectory(
    { path: config.dataDirectory, ...owner, keyFingerprint },
    // The ledger is only read here.
    { onWriteFailure: () => undefined }
  ).catch((cause: unknown) => {
    if (!(cause instanceof NodeError) || cause.code !== 'DATA_DIRECTORY_LOCKED') throw cause
    const what = `${config.dataDirectory}: the node runs and makes its own snapshots`
    const advice = 'for one of its last block stop it'
    throw new NodeError(cause.code, `${what} (snapshot.everyBlocks); ${advice}`, { cause })
  })
}

/**
 * Makes a snapshot of the last final block.
 *
 * @throws NodeError NODE_NOT_READY when nothing proves it final yet
 */
async function snapshotOf(
  { ledger }: DataDirectory,
  config: Config,
  genesis: GenesisDocument
): Promise<StoredSnapshot> {
  const { floor } = await openLedger(ledger, genesis)
  const archive = openArchive(ledger, networkTagOfGenesis(genesis), floor.height)
  const stored = archive.block(floor.height)
  const proof = stored === undefined || floor.height === 0 ? null : archive.finalityOf(stored)
  if (stored === undefined || proof === null)
    throw new NodeError(
      'NODE_NOT_READY',
      `${config.dataDirectory}: nothing proves block ${floor.height} final; let the node run for another block first`
    )
  const store = storeOf(config)
  await store.open()
  const moment = ledger.snapshot()
  const folder = await store.begin()
  const { block } = stored
  const manifest = await writeSnapshot(
    { moment, block, folder, bytesPerSecondMax: Number.POSITIVE_INFINITY },
    { clock: systemClock, proveFinal: async () => proof, isStopped: () => false }
  ).finally(() => void moment.close())
  invariant(manifest !== undefined, 'nobody stops it')
  const made = await store.adopt(folder)
  invariant(made !== undefined, 'what was made is whole')
  return made
}

function storeOf({ dataDirectory, snapshot }: Config): SnapshotStore {
  const folder = dataPaths(dataDirectory).snapshots
  return new SnapshotStore({ folder, keep: snapshot.keep }, { files: systemFiles })
}

function fieldsOf({
  height,
  idHex,
  bytes,
  path
}: StoredSnapshot): Readonly<Record<string, unknown>> {
  return { height, snapshotId: idHex, bytes, path }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

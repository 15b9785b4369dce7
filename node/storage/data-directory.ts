/**
 * The data directory: made once, opened only when all of it is there and is ours.
 *
 * Nothing here overwrites or repairs: what is missing or damaged is named, and
 * the operator decides.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NodeError } from '../errors.ts'
import type { Database, DatabasePorts } from './database.ts'
import { readFailure, writeFailure } from './disk-errors.ts'
import { makeFolder, syncFolder } from './durable-file.ts'
import { systemFiles } from './files.ts'
import { assertPrivate } from './key-file.ts'
import { declareReady, ledgerPlaces, settleLedgerSwap } from './ledger-swap.ts'
import { type HeldLock, takeLock } from './lock-file.ts'
import {
  checkOwner,
  type ExpectedOwner,
  type NodeMarker,
  readMarker,
  SCHEMA_VERSION,
  writeMarker
} from './node-marker.ts'
import { openDatabase } from './open-database.ts'
import { openVoteLog, type VoteLog } from './vote-log.ts'

/** Where everything lies. */
export interface DataPaths {
  readonly marker: string
  readonly keys: string
  readonly ledger: string
  readonly sign: string
  readonly snapshots: string
  /** Sessions of MQTT clients, made when they are first kept. */
  readonly sessions: string
  readonly lock: string
}

/** Where the data directory is and whose it is to be. */
export interface DataDirectoryOptions extends ExpectedOwner {
  readonly path: string
  readonly writeBufferBytes?: number
}

/** What making a data directory needs from others. */
export interface CreatePorts {
  /** Writes the node's keys into the key folder, before the marker says that all is done. */
  readonly writeKeys: (folder: string) => Promise<void>
}

/** An open data directory, held by this process alone. */
export interface DataDirectory {
  readonly paths: DataPaths
  readonly marker: NodeMarker
  readonly ledger: Database
  readonly voteLog: VoteLog
  /** Makes an empty ledger to take the place of this one, and of any that was begun before. */
  readonly createNextLedger: () => Promise<Database>
  /** The next ledger, closed, is to be in place at the next start: nothing may be signed before. */
  readonly declareNextLedger: () => Promise<void>
  close(): Promise<void>
}

/** A ledger that is built in one go takes few large tables better than many small ones. */
const BUILDING_BUFFER_BYTES = 16 * 1024 * 1024
const PRIVATE_MODE = 0o700

/** Names of everything in a data directory. */
export function dataPaths(path: string): DataPaths {
  return {
    marker: join(path, 'node.json'),
    keys: join(path, 'keys'),
    ledger: join(path, 'ledger'),
    sign: join(path, 'sign'),
    snapshots: join(path, 'snapshots'),
    sessions: join(path, 'mqtt'),
    lock: join(path, 'lock')
  }
}

/**
 * Makes a data directory in a place where nothing is yet.
 *
 * Databases first, each with a synced write, then keys, and the marker last:
 * a directory with a marker is a whole one, also after a power cut.
 *
 * @throws NodeError DATA_DIRECTORY_EXISTS, DATA_DIRECTORY_LOCKED, DISK_FULL or DISK_WRITE_FAILED
 */
export async function createDataDirectory(
  options: DataDirectoryOptions,
  ports: CreatePorts
): Promise<NodeMarker> {
  const { path, networkId, genesisHash, keyFingerprint } = options
  await makeRoom(path)
  const paths = dataPaths(path)
  const marker: NodeMarker = {
    uuid: randomUUID(),
    networkId,
    genesisHash,
    schemaVersion: SCHEMA_VERSION,
    keyFingerprint
  }
  const lock = await takeLock(paths.lock)
  try {
    await createDatabases(paths, marker)
    await makeFolder(paths.keys, PRIVATE_MODE)
    await ports.writeKeys(paths.keys)
    await syncFolder(paths.keys)
    await writeMarker(paths.marker, marker)
  } finally {
    await lock.release()
  }
  return marker
}

/**
 * Opens a data directory that is whole and belongs to this network and key.
 *
 * @throws NodeError DATA_DIRECTORY_MISSING, DATA_DIRECTORY_LOCKED, STORAGE_MISSING,
 * STORAGE_DAMAGED, STORAGE_FORMAT_UNKNOWN, VOTE_LOG_MISSING, GENESIS_WRONG,
 * KEY_FILE_WRONG, DISK_FULL or DISK_WRITE_FAILED
 */
export async function openDataDirectory(
  options: DataDirectoryOptions,
  ports: DatabasePorts
): Promise<DataDirectory> {
  const paths = dataPaths(options.path)
  const marker = await requireMarker(options.path, paths)
  checkOwner(paths.marker, marker, options)
  await requireKeyFolder(paths.keys)
  const lock = await takeLock(paths.lock)
  try {
    await settleLedgerSwap(ledgerPlaces(options.path), systemFiles)
    return await openDatabases({ paths, marker, lock, options }, ports)
  } catch (error) {
    await lock.release()
    throw error
  }
}

interface Opening {
  readonly paths: DataPaths
  readonly marker: NodeMarker
  readonly lock: HeldLock
  readonly options: DataDirectoryOptions
}

async function openDatabases(opening: Opening, ports: DatabasePorts): Promise<DataDirectory> {
  const { paths, marker, lock, options } = opening
  const { writeBufferBytes } = options
  const identity = identityOf(marker)
  const size = writeBufferBytes === undefined ? {} : { writeBufferBytes }
  const ledger = await openDatabase({ path: paths.ledger, identity, create: false, ...size }, ports)
  const voteLog = await openVoteLog({ path: paths.sign, identity, create: false }, ports).catch(
    async (error) => {
      await ledger.close()
      throw error
    }
  )
  const close = async (): Promise<void> => {
    await voteLog.close()
    await ledger.close()
    await lock.release()
  }
  const places = ledgerPlaces(options.path)
  const createNextLedger = async (): Promise<Database> => {
    await systemFiles.remove(places.incoming)
    return await openDatabase(
      { path: places.incoming, identity, create: true, writeBufferBytes: BUILDING_BUFFER_BYTES },
      ports
    )
  }
  const declareNextLedger = (): Promise<void> => declareReady(places, systemFiles)
  return { paths, marker, ledger, voteLog, createNextLedger, declareNextLedger, close }
}

async function createDatabases(paths: DataPaths, marker: NodeMarker): Promise<void> {
  const identity = identityOf(marker)
  // the write that fails is awaited here, and its error is thrown
  const ports: DatabasePorts = { onWriteFailure: () => undefined }
  const ledger = await openDatabase({ path: paths.ledger, identity, create: true }, ports)
  await ledger.close()
  const voteLog = await openVoteLog({ path: paths.sign, identity, create: true }, ports)
  await voteLog.close()
}

async function makeRoom(path: string): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true, mode: PRIVATE_MODE })
    if (made !== undefined) await syncFolder(dirname(path))
  } catch (error) {
    if (existsSync(path)) throw occupied(path, 'is not a folder')
    throw writeFailure(path, error)
  }
  const names = await readdir(path).catch((error) => {
    throw writeFailure(path, error)
  })
  // the root of a fresh ext4 volume is as good as empty
  const [found] = names.filter((name) => name !== 'lost+found')
  if (found !== undefined) throw occupied(path, `holds ${found} already`)
}

function occupied(path: string, trouble: string): NodeError {
  return new NodeError('DATA_DIRECTORY_EXISTS', `${path}: ${trouble}; nothing is overwritten`)
}

async function requireMarker(path: string, paths: DataPaths): Promise<NodeMarker> {
  const marker = await readMarker(paths.marker)
  if (marker !== undefined) return marker
  if (existsSync(paths.ledger) || existsSync(paths.sign) || existsSync(paths.keys))
    throw new NodeError(
      'STORAGE_DAMAGED',
      `${paths.marker}: missing beside data: lost, or the directory was never finished`
    )
  throw new NodeError('DATA_DIRECTORY_MISSING', `${path}: no data directory; make one with init`)
}

async function requireKeyFolder(path: string): Promise<void> {
  const status = await stat(path).catch((error) => {
    throw readFailure(path, error)
  })
  assertPrivate(path, status)
}

function identityOf(marker: NodeMarker): Pick<NodeMarker, 'uuid' | 'networkId' | 'schemaVersion'> {
  const { uuid, networkId, schemaVersion } = marker
  return { uuid, networkId, schemaVersion }
}

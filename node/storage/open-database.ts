/**
 * Opening a database: only one that is there, and only whose it must be.
 *
 * @module
 */

import { join } from 'node:path'
import { NodeError } from '../errors.ts'
import { sealValue, unsealValue } from './checked-value.ts'
import { Database, type DatabasePorts } from './database.ts'
import {
  checkIdentity,
  type DatabaseIdentity,
  decodeIdentity,
  encodeIdentity
} from './database-identity.ts'
import { readFailure, writeFailure } from './disk-errors.ts'
import { type EngineStore, levelEngine } from './engine.ts'

/** Where a database lies and whose it must be. */
export interface DatabaseOptions {
  readonly path: string
  readonly identity: DatabaseIdentity
  /** Make a new one, which must not exist, instead of opening one, which must exist. */
  readonly create: boolean
  readonly writeBufferBytes?: number
  /** Whether some writes are not synced, so that a power cut may spoil the end of the log; default true. */
  readonly unsyncedWrites?: boolean
}

const WRITE_BUFFER_BYTES = 4 * 1024 * 1024
const IDENTITY_KEY: Uint8Array = Buffer.from('\0identity')

/**
 * Opens a database that exists, or makes one that does not.
 *
 * @throws NodeError STORAGE_MISSING, STORAGE_DAMAGED, STORAGE_FORMAT_UNKNOWN,
 * DATA_DIRECTORY_EXISTS, DATA_DIRECTORY_LOCKED, DISK_FULL or DISK_WRITE_FAILED
 */
export async function openDatabase(
  options: DatabaseOptions,
  ports: DatabasePorts
): Promise<Database> {
  const { path, identity, create } = options
  const engine = ports.engine ?? levelEngine
  const exists = create ? engine.isTaken(path) : engine.isDatabase(path)
  if (create && exists)
    throw new NodeError('DATA_DIRECTORY_EXISTS', `${path}: exists and is never overwritten`)
  if (!create && !exists)
    throw new NodeError(
      'STORAGE_MISSING',
      `${join(path, 'CURRENT')}: database missing, not an empty start`
    )

  if (!create) await engine.check(path, options.unsyncedWrites ?? true)
  const writeBufferBytes = options.writeBufferBytes ?? WRITE_BUFFER_BYTES
  const store = await engine.open(path, { create, writeBufferBytes })
  try {
    if (create) {
      await writeIdentity(path, store, identity)
      await engine.settle(path)
    } else checkIdentity(path, identity, readIdentity(path, store))
  } catch (error) {
    await store.close()
    throw error
  }
  return new Database(path, store, ports)
}

/**
 * Says whose a database is, where nothing else does.
 *
 * @returns undefined when its identity record is missing or damaged
 * @throws NodeError as {@link openDatabase}
 */
export async function peekIdentity(path: string): Promise<DatabaseIdentity | undefined> {
  if (!levelEngine.isDatabase(path)) return undefined
  await levelEngine.check(path, true)
  const store = await levelEngine.open(path, {
    create: false,
    writeBufferBytes: WRITE_BUFFER_BYTES
  })
  try {
    const payload = readIdentity(path, store)
    return payload && decodeIdentity(payload)
  } finally {
    await store.close()
  }
}

/** Without one synced write LevelDB's own folder would not open after a power cut. */
async function writeIdentity(
  path: string,
  store: EngineStore,
  identity: DatabaseIdentity
): Promise<void> {
  try {
    const value = sealValue(IDENTITY_KEY, encodeIdentity(identity))
    const batch = store.batch()
    batch.put(IDENTITY_KEY, value)
    await batch.write({ sync: true })
  } catch (error) {
    throw writeFailure(path, error)
  }
}

function readIdentity(path: string, store: EngineStore): Uint8Array | undefined {
  try {
    const stored = store.getSync(IDENTITY_KEY)
    return stored && unsealValue(IDENTITY_KEY, stored)
  } catch (error) {
    throw readFailure(path, error)
  }
}

/**
 * Opens the MQTT session store in a data directory.
 *
 * It holds nothing that the ledger does not: one that is damaged is set aside, and a new one begun.
 *
 * @module
 */

import { rename, rm } from 'node:fs/promises'
import { NodeError } from '../errors.ts'
import type { Database, DatabasePorts } from '../storage/database.ts'
import { writeFailure } from '../storage/disk-errors.ts'
import { levelEngine } from '../storage/engine.ts'
import type { NodeMarker } from '../storage/node-marker.ts'
import { openDatabase } from '../storage/open-database.ts'
import { MqttSessionStore, type SessionLimits } from './mqtt-session-store.ts'

/** Where the store lies and whose it is. */
export interface OpenStoreOptions {
  readonly path: string
  readonly marker: NodeMarker
  readonly limits: SessionLimits
}

/** What opening it needs of others. */
export interface OpenStorePorts extends DatabasePorts {
  /** Hears that the old store is damaged and was set aside. */
  readonly warn: (sentence: string, error: unknown) => void
}

/** A store with the database beneath. */
export interface OpenedStore {
  readonly store: MqttSessionStore
  readonly close: () => Promise<void>
}

const DAMAGE_CODES: readonly string[] = ['STORAGE_DAMAGED', 'STORAGE_MISSING']

/**
 * Opens the store, or makes it.
 *
 * @throws NodeError as `openDatabase`, but not for damage
 */
export async function openSessionStore(
  { path, marker, limits }: OpenStoreOptions,
  ports: OpenStorePorts
): Promise<OpenedStore> {
  const database = await openOrBegin({ path, marker }, ports)
  const store = await MqttSessionStore.open(limits, { database, nowMs: Date.now })
  const close = async (): Promise<void> => {
    await store.close()
    await database.close()
  }
  return { store, close }
}

async function openOrBegin(
  { path, marker }: Pick<OpenStoreOptions, 'path' | 'marker'>,
  ports: OpenStorePorts
): Promise<Database> {
  const { uuid, networkId, schemaVersion } = marker
  const identity = { uuid, networkId, schemaVersion }
  const isThere = levelEngine.isTaken(path)
  try {
    return await openDatabase({ path, identity, create: !isThere }, ports)
  } catch (error) {
    if (!(error instanceof NodeError) || !DAMAGE_CODES.includes(error.code)) throw error
    ports.warn('the sessions of MQTT clients are damaged: set aside, and begun anew', error)
    await setAside(path)
    return await openDatabase({ path, identity, create: true }, ports)
  }
}

async function setAside(path: string): Promise<void> {
  const aside = `${path}.damaged`
  try {
    await rm(aside, { recursive: true, force: true })
    await rename(path, aside)
  } catch (error) {
    throw writeFailure(path, error)
  }
}

/**
 * A LevelDB folder that knows whose it is, checks what it reads, and stops writing at the first failure.
 *
 * Keys and payloads are opaque bytes. Keys that begin with a zero byte are the
 * database's own.
 *
 * @module
 */

import { join } from 'node:path'
import { invariant } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { sealValue, unsealValue } from './checked-value.ts'
import { checkIdentity, type DatabaseIdentity, encodeIdentity } from './database-identity.ts'
import { readFailure, writeFailure } from './disk-errors.ts'
import {
  type EngineBatch,
  type EngineSnapshot,
  type EngineStore,
  levelEngine,
  type StorageEngine
} from './engine.ts'
import {
  assertCallersKey,
  callersRange,
  type KeyBounds,
  type KeyRange,
  rangeAfter
} from './key-range.ts'

/** Key and payload. */
export type Entry = readonly [key: Uint8Array, payload: Uint8Array]

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

/** What a database needs from others. */
export interface DatabasePorts {
  /** Called once, at the first failed write: stop signing, what was written is unknown. */
  readonly onWriteFailure: (failure: NodeError) => void
  /** What keeps the bytes; LevelDB unless said. */
  readonly engine?: StorageEngine
}

/** The database as it was at one moment. While it is open nothing of that moment is thrown away. */
export interface DatabaseSnapshot {
  /**
   * Walks a range in order, a bounded page at a time.
   *
   * @throws NodeError STORAGE_DAMAGED
   */
  readonly iterate: (range?: KeyRange) => AsyncGenerator<readonly Entry[], void, void>
  readonly close: () => Promise<void>
}

/** Changes that become visible and durable together. A batch is written or discarded, once. */
export interface Batch {
  put(key: Uint8Array, payload: Uint8Array): void
  delete(key: Uint8Array): void
  /** @throws NodeError DISK_FULL or DISK_WRITE_FAILED, for ever the first one of this database */
  write(options: { readonly sync: boolean }): Promise<void>
  discard(): Promise<void>
}

const WRITE_BUFFER_BYTES = 4 * 1024 * 1024
const PAGE_ENTRIES_MAX = 512
const PAGE_BYTES_MAX = 256 * 1024
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

/** One open database. Made by {@link openDatabase}. */
export class Database {
  readonly path: string
  readonly #store: EngineStore
  readonly #ports: DatabasePorts
  readonly #writing = new Set<Promise<void>>()
  #failure: NodeError | undefined

  /** For {@link openDatabase} alone. */
  constructor(path: string, store: EngineStore, ports: DatabasePorts) {
    this.path = path
    this.#store = store
    this.#ports = ports
  }

  /** The failure that made this database read-only, if one did. */
  get failure(): NodeError | undefined {
    return this.#failure
  }

  /**
   * Reads one payload without leaving the event loop: for hot records, which LevelDB has in memory.
   *
   * @throws NodeError STORAGE_DAMAGED
   */
  getSync(key: Uint8Array): Uint8Array | undefined {
    assertCallersKey(key)
    let stored: Uint8Array | undefined
    try {
      stored = this.#store.getSync(key)
    } catch (error) {
      this.#failRead(error)
    }
    return this.#unseal(key, stored)
  }

  /** @throws NodeError STORAGE_DAMAGED */
  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    assertCallersKey(key)
    const stored = await this.#store.get(key).catch((error) => this.#failRead(error))
    return this.#unseal(key, stored)
  }

  /**
   * Reads several payloads at once, in the order of the keys.
   *
   * @throws NodeError STORAGE_DAMAGED
   */
  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    for (const key of keys) assertCallersKey(key)
    const stored = await this.#store.getMany([...keys]).catch((error) => this.#failRead(error))
    return keys.map((key, index) => this.#unseal(key, stored[index]))
  }

  /**
   * Walks a range in order, a bounded page at a time.
   *
   * Nothing stays open between pages, so a slow or abandoned walk pins no
   * files; writes made meanwhile may be seen.
   *
   * @throws NodeError STORAGE_DAMAGED
   */
  iterate(range: KeyRange = {}): AsyncGenerator<readonly Entry[], void, void> {
    return this.#iterate(range)
  }

  /** Holds the present moment fast; to be closed before the database is. */
  snapshot(): DatabaseSnapshot {
    const snapshot = this.#store.snapshot()
    return {
      iterate: (range = {}) => this.#iterate(range, snapshot),
      close: () => snapshot.close()
    }
  }

  /** Gives the room of what was deleted in a range back to the disk. */
  compact({ gte, lt }: KeyBounds): Promise<void> {
    return this.#store.compactRange(gte, lt)
  }

  /** About how many bytes a range takes on the disk. */
  sizeOf({ gte, lt }: KeyBounds): Promise<number> {
    return this.#store.approximateSize(gte, lt)
  }

  async *#iterate(
    range: KeyRange,
    snapshot?: EngineSnapshot
  ): AsyncGenerator<readonly Entry[], void, void> {
    let left = range.limit ?? Number.POSITIVE_INFINITY
    let rest = callersRange(range)
    while (left > 0) {
      const page = await this.#readPage(rest, Math.min(left, PAGE_ENTRIES_MAX), snapshot)
      const last = page.at(-1)
      if (last === undefined) return
      left -= page.length
      rest = rangeAfter(rest, last[0])
      yield page
    }
  }

  /** Begins a batch. */
  createBatch(): Batch {
    const batch: EngineBatch = this.#store.batch()
    return {
      put: (key, payload) => {
        assertCallersKey(key)
        batch.put(key, sealValue(key, payload))
      },
      delete: (key) => {
        assertCallersKey(key)
        batch.del(key)
      },
      write: ({ sync }) => this.#write(batch, sync),
      discard: () => batch.close()
    }
  }

  /** Waits for the writes under way and closes. */
  async close(): Promise<void> {
    await Promise.all(this.#writing)
    await this.#store.close()
  }

  async #write(batch: EngineBatch, sync: boolean): Promise<void> {
    if (this.#failure !== undefined) {
      await batch.close()
      throw this.#failure
    }
    const writing = batch.write({ sync }).catch((error) => this.#failWrite(error))
    this.#writing.add(writing)
    await writing
    this.#writing.delete(writing)
    // LevelDB goes on after a log record that failed half-way, and what it appends
    // behind that is lost at the next start: trust no write until its neighbours held
    await Promise.all(this.#writing)
    if (this.#failure !== undefined) throw this.#failure
  }

  #failWrite(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = writeFailure(this.path, error)
    this.#ports.onWriteFailure(this.#failure)
  }

  #failRead(error: unknown): never {
    invariant(this.#store.status === 'open', `the database ${this.path} is open when it is read`)
    throw readFailure(this.path, error)
  }

  async #readPage(
    range: KeyRange,
    size: number,
    snapshot: EngineSnapshot | undefined
  ): Promise<readonly Entry[]> {
    const iterator = this.#store.iterator({
      ...range,
      ...(snapshot === undefined ? {} : { snapshot }),
      fillCache: false,
      highWaterMarkBytes: PAGE_BYTES_MAX
    })
    try {
      const page = await iterator.nextv(size)
      return page.map(([key, stored]): Entry => [key, this.#checked(key, stored)])
    } catch (error) {
      if (error instanceof NodeError) throw error
      return this.#failRead(error)
    } finally {
      await iterator.close()
    }
  }

  #unseal(key: Uint8Array, stored: Uint8Array | undefined): Uint8Array | undefined {
    return stored === undefined ? undefined : this.#checked(key, stored)
  }

  #checked(key: Uint8Array, stored: Uint8Array): Uint8Array {
    const payload = unsealValue(key, stored)
    if (payload !== undefined) return payload
    const name = Buffer.from(key).toString('hex')
    throw new NodeError('STORAGE_DAMAGED', `${this.path}: the checksum of key ${name} is wrong`)
  }
}

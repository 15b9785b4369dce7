/**
 * A database that checks what it reads, tells of damage, and stops writing at the first failure.
 *
 * Keys and payloads are opaque bytes. Keys that begin with a zero byte are the
 * database's own.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'
import type { NodeError } from '../errors.ts'
import { sealValue, unsealValue } from './checked-value.ts'
import { DamagedRecord } from './damaged-record.ts'
import { readFailure, writeFailure } from './disk-errors.ts'
import type { EngineBatch, EngineSnapshot, EngineStore, StorageEngine } from './engine.ts'
import {
  assertCallersKey,
  callersRange,
  type KeyBounds,
  type KeyRange,
  rangeBehind
} from './key-range.ts'
import { type Entry, PAGE_ENTRIES_MAX, readPairs } from './store-pages.ts'
import { type ScannedPage, scanStore } from './store-scan.ts'

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

/** One open database. Made by `openDatabase`. */
export class Database {
  readonly path: string
  readonly #store: EngineStore
  readonly #ports: DatabasePorts
  readonly #writing = new Set<Promise<void>>()
  #failure: NodeError | undefined
  #onDamage: (damage: DamagedRecord) => void = () => undefined

  /** For `openDatabase` alone. */
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
      this.#failRead(error, key)
    }
    return this.#unseal(key, stored)
  }

  /** @throws NodeError STORAGE_DAMAGED */
  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    assertCallersKey(key)
    const stored = await this.#store.get(key).catch((error) => this.#failRead(error, key))
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
      rest = rangeBehind(rest, last[0])
      yield page
    }
  }

  /** Walks a range as {@link iterate} does, and goes on behind records that are damaged. */
  scan(range: KeyRange = {}): AsyncGenerator<ScannedPage, void, void> {
    return scanStore(this.#store, this.path, range)
  }

  /** From now on, one listener is told of every damaged record before its reader fails with it. */
  onDamage(listener: (damage: DamagedRecord) => void): void {
    this.#onDamage = listener
  }

  /**
   * Says that a record is not what it must be, though its checksum holds, or is gone.
   *
   * @returns the error to fail with
   */
  reportDamage(key: Uint8Array, trouble: string): DamagedRecord {
    return this.#damaged(key, trouble)
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

  #failRead(error: unknown, key?: Uint8Array): never {
    invariant(this.#store.status === 'open', `the database ${this.path} is open when it is read`)
    if (key === undefined) throw readFailure(this.path, error)
    throw this.#damaged(key, 'the table cannot be read at the place', error)
  }

  #damaged(key: Uint8Array, trouble: string, cause?: unknown): DamagedRecord {
    const damage = new DamagedRecord(this.path, key, trouble, { cause })
    this.#onDamage(damage)
    return damage
  }

  async #readPage(
    range: KeyRange,
    size: number,
    snapshot: EngineSnapshot | undefined
  ): Promise<readonly Entry[]> {
    const held = snapshot === undefined ? range : { ...range, snapshot }
    const { pairs, error } = await readPairs(this.#store, held, size)
    if (error !== undefined) return this.#failRead(error)
    let previous: Uint8Array | undefined
    for (const [key] of pairs) {
      // out of order, a walk that goes on behind the last key would leave keys out or never end
      if (previous !== undefined && Buffer.compare(key, previous) > 0 === (range.reverse === true))
        throw this.#damaged(key, 'the order is wrong')
      previous = key
    }
    return pairs.map(([key, stored]): Entry => [key, this.#checked(key, stored)])
  }

  #unseal(key: Uint8Array, stored: Uint8Array | undefined): Uint8Array | undefined {
    return stored === undefined ? undefined : this.#checked(key, stored)
  }

  #checked(key: Uint8Array, stored: Uint8Array): Uint8Array {
    const payload = unsealValue(key, stored)
    if (payload === undefined) throw this.#damaged(key, 'the checksum is wrong')
    return payload
  }
}

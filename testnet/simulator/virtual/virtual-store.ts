/**
 * One open database on a simulated disk.
 *
 * @module
 */

import type {
  EngineBatch,
  EngineRange,
  EngineSnapshot,
  EngineStore
} from '../../../node/storage/engine.ts'
import { type Change, type Folder, put, settle } from './folder.ts'
import type { DiskFaults, DiskPorts } from './virtual-disk.ts'

/** A promise that nobody will ever answer: what a dead process waits for. */
const NEVER: Promise<never> = new Promise(() => undefined)

interface Moment {
  readonly entries: ReadonlyMap<string, Uint8Array>
  readonly sorted: readonly string[]
}

/** An open database, until it is closed or its process dies. */
export class VirtualStore implements EngineStore {
  status: 'open' | 'closed' = 'open'
  readonly #path: string
  readonly #folder: Folder
  readonly #faults: DiskFaults
  readonly #ports: DiskPorts
  readonly #snapshots = new Map<EngineSnapshot, Moment>()
  #sorted: string[] | undefined

  constructor(path: string, folder: Folder, faults: DiskFaults, ports: DiskPorts) {
    this.#path = path
    this.#folder = folder
    this.#faults = faults
    this.#ports = ports
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    const found = this.#folder.entries.get(textOf(key))
    return found === undefined ? undefined : new Uint8Array(found)
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.getSync(key)
  }

  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.getSync(key))
  }

  iterator(
    range: EngineRange & { readonly snapshot?: EngineSnapshot }
  ): ReturnType<EngineStore['iterator']> {
    const { entries, sorted } = this.#momentOf(range.snapshot)
    const keys = keysWithin(sorted, range)
    let position = 0
    return {
      nextv: async (size) => {
        const page = keys.slice(position, position + size)
        position += page.length
        return page.map((key): [Uint8Array, Uint8Array] => [
          bytesOf(key),
          new Uint8Array(entries.get(key) as Uint8Array)
        ])
      },
      close: async () => undefined
    }
  }

  batch(): EngineBatch {
    const changes: Change[] = []
    return {
      put: (key, value) => void changes.push([textOf(key), new Uint8Array(value)]),
      del: (key) => void changes.push([textOf(key), null]),
      write: ({ sync }) => this.#write(changes, sync),
      close: async () => undefined
    }
  }

  snapshot(): EngineSnapshot {
    const entries = new Map(this.#folder.entries)
    const snapshot = { close: async (): Promise<void> => void this.#snapshots.delete(snapshot) }
    this.#snapshots.set(snapshot, { entries, sorted: [...entries.keys()].sort() })
    return snapshot
  }

  async compactRange(): Promise<void> {
    // What is deleted takes no room here.
  }

  async approximateSize(start: Uint8Array, end: Uint8Array): Promise<number> {
    const { entries, sorted } = this.#momentOf(undefined)
    const keys = keysWithin(sorted, { gte: start, lt: end })
    return keys.reduce((sum, key) => sum + (entries.get(key)?.length ?? 0), 0)
  }

  async close(): Promise<void> {
    this.status = 'closed'
  }

  async #write(changes: readonly Change[], sync: boolean): Promise<void> {
    this.#ports.point('write')
    if (!this.#ports.isAlive()) return await NEVER
    if (this.#faults.isFull) throw new Error('IO error: No space left on device')
    if (this.#faults.isRefusing) return this.#refuse(changes)
    this.#take(changes)
    if (sync) {
      const delayMs = this.#faults.syncMs
      if (delayMs > 0) await this.#ports.wait(delayMs)
      if (!this.#ports.isAlive()) return await NEVER
      const synced = this.#folder.unsynced.flat()
      settle(this.#folder)
      this.#ports.onSynced(this.#path, synced)
    }
    this.#ports.point('written')
    if (!this.#ports.isAlive()) return await NEVER
  }

  /** Not acknowledged, and yet perhaps there after the next start. */
  #refuse(changes: readonly Change[]): never {
    if (this.#ports.dice.happens(500)) this.#take(changes)
    throw new Error('IO error: Input/output error')
  }

  #take(changes: readonly Change[]): void {
    const { before, entries, unsynced } = this.#folder
    for (const [key, value] of changes) {
      const old = entries.get(key)
      if (!before.has(key)) before.set(key, old ?? null)
      if ((old === undefined) !== (value === null)) this.#sorted = undefined
      put(this.#folder, key, value)
    }
    unsynced.push(changes)
  }

  #momentOf(snapshot: EngineSnapshot | undefined): Moment {
    const held = snapshot === undefined ? undefined : this.#snapshots.get(snapshot)
    if (held !== undefined) return held
    const { entries } = this.#folder
    this.#sorted ??= [...entries.keys()].sort()
    return { entries, sorted: this.#sorted }
  }
}

function keysWithin(
  sorted: readonly string[],
  { gt, gte, lt, lte, reverse }: EngineRange
): string[] {
  const low = gt ?? gte
  const high = lt ?? lte
  const first = low === undefined ? '' : textOf(low)
  const last = high === undefined ? undefined : textOf(high)
  const start = lowerBound(sorted, first)
  const found: string[] = []
  for (let index = start; index < sorted.length; index++) {
    const key = sorted[index] as string
    if (gt !== undefined && key === first) continue
    if (last !== undefined && (key > last || (lt !== undefined && key === last))) break
    found.push(key)
  }
  return reverse === true ? found.reverse() : found
}

/** Where the first key not below `key` stands. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

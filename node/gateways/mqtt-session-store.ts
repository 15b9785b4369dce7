/**
 * The MQTT session store: who listens beyond its connection, and what waits for it, on disk.
 *
 * Of each waiting message memory holds the number and the size, the disk the rest. Writes are not
 * synced: the end of the process takes nothing, a power cut may take the last of them, and all of it
 * is said on the ledger as well. Who has no room left loses its own oldest; when all have none left,
 * whoever has most waiting does.
 *
 * @module
 */

import type { Database } from '../storage/database.ts'
import {
  decodeMessage,
  decodeSession,
  encodeMessage,
  encodeSession,
  messageKey,
  numberOfKey,
  prefixOf,
  QUEUES,
  SESSIONS,
  type StoredMessage,
  type StoredSession,
  sessionKey
} from './mqtt-session-records.ts'
import { createWriteBehind, type WriteBehind } from './write-behind.ts'

/** Bounds of the store. */
export interface SessionLimits {
  readonly sessionsMax: number
  /** Waiting bytes of one session. */
  readonly sessionBytesMax: number
  /** How long a session is kept after its connection. */
  readonly awaySecondsMax: number
}

/** What the store needs. */
export interface SessionStorePorts {
  readonly database: Database
  readonly nowMs: () => number
}

/** A message with its place in the queue of its session. */
export interface QueuedMessage extends StoredMessage {
  readonly number: number
}

/** Waiting bytes of all sessions together. */
const ALL_BYTES_MAX = 67_108_864
/** Filters of all sessions together: each is a line in memory as well. */
const ALL_FILTERS_MAX = 65_536
/** Records that are not written yet: beyond that the disk is too slow and messages are dropped. */
const UNWRITTEN_MAX = 8_192

interface Kept {
  readonly prefix: Uint8Array
  stored: StoredSession
  /** Sizes of what waits, by number, oldest first. */
  readonly sizes: Map<number, number>
  bytes: number
  next: number
}

/** All sessions that are kept. */
export class MqttSessionStore {
  readonly #limits: SessionLimits
  readonly #ports: SessionStorePorts
  readonly #writer: WriteBehind
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  #filters = 0
  #dropped = 0
  #isClosed = false

  private constructor(limits: SessionLimits, ports: SessionStorePorts) {
    this.#limits = limits
    this.#ports = ports
    this.#writer = createWriteBehind(ports.database)
  }

  /**
   * Opens the store; sessions whose time is over, and damaged records, are forgotten.
   *
   * @throws NodeError STORAGE_DAMAGED
   */
  static async open(limits: SessionLimits, ports: SessionStorePorts): Promise<MqttSessionStore> {
    const store = new MqttSessionStore(limits, ports)
    await store.#load()
    return store
  }

  /** All sessions, as they are stored. */
  *sessions(): Generator<StoredSession> {
    for (const { stored } of this.#kept.values()) yield stored
  }

  /** What monitors are shown. */
  counts(): { sessions: number; messages: number; bytes: number; dropped: number } {
    let messages = 0
    for (const { sizes } of this.#kept.values()) messages += sizes.size
    return { sessions: this.#kept.size, messages, bytes: this.#bytes, dropped: this.#dropped }
  }

  /** Whether a session listens, or there is room for one that does. */
  hasRoom(id: string, filtersMore: number): boolean {
    const isKnown = this.#kept.has(id) || this.#kept.size < this.#limits.sessionsMax
    return isKnown && this.#filters + filtersMore <= ALL_FILTERS_MAX
  }

  /** Keeps a session with the filters that it has now; it is connected. */
  async keep(session: Omit<StoredSession, 'awaySinceMs'>): Promise<void> {
    const stored = { ...session, awaySinceMs: null }
    const known = this.#kept.get(session.id)
    this.#filters += session.filters.length - (known?.stored.filters.length ?? 0)
    const prefix = known?.prefix ?? prefixOf(session.id)
    if (known === undefined)
      this.#kept.set(session.id, { prefix, stored, sizes: new Map(), bytes: 0, next: 1 })
    else known.stored = stored
    this.#write(sessionKey(prefix), encodeSession(stored))
    await this.#writer.written()
  }

  /** The connection of a session is over, or back. */
  setAway(id: string, isAway: boolean): void {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    kept.stored = { ...kept.stored, awaySinceMs: isAway ? this.#ports.nowMs() : null }
    this.#write(sessionKey(kept.prefix), encodeSession(kept.stored))
  }

  /** Ends a session with all that waits for it. */
  forget(id: string): void {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    for (const number of [...kept.sizes.keys()]) this.#remove(kept, number)
    this.#filters -= kept.stored.filters.length
    this.#kept.delete(id)
    this.#write(sessionKey(kept.prefix), null)
  }

  /** Ends the sessions whose time is over, and names them. */
  forgetOld(): readonly string[] {
    const old = [...this.#kept.values()].filter(({ stored }) => this.#isOld(stored))
    for (const { stored } of old) this.forget(stored.id)
    return old.map(({ stored }) => stored.id)
  }

  /** Puts a message behind those that wait; false where it was dropped. */
  append(id: string, message: StoredMessage): boolean {
    const kept = this.#kept.get(id)
    const value = encodeMessage(message)
    const size = value.length
    if (kept === undefined) return false
    if (size > this.#limits.sessionBytesMax || this.#writer.waiting() >= UNWRITTEN_MAX) {
      this.#dropped++
      return false
    }
    while (kept.bytes + size > this.#limits.sessionBytesMax) this.#dropOldest(kept)
    while (this.#bytes + size > ALL_BYTES_MAX) this.#dropOldest(this.#longest())
    const number = kept.next++
    kept.sizes.set(number, size)
    kept.bytes += size
    this.#bytes += size
    this.#write(messageKey(kept.prefix, number), value)
    return true
  }

  /** The next messages behind a number. */
  async read(id: string, behind: number, limit: number): Promise<readonly QueuedMessage[]> {
    const kept = this.#kept.get(id)
    if (kept === undefined) return []
    const numbers: number[] = []
    for (const number of kept.sizes.keys()) {
      if (number > behind) numbers.push(number)
      if (numbers.length === limit) break
    }
    if (numbers.length === 0 || this.#isClosed) return []
    await this.#writer.written()
    const messages: QueuedMessage[] = []
    for (const number of numbers) {
      const value = await this.#readChecked(messageKey(kept.prefix, number))
      const message = value && decodeMessage(value)
      if (message !== undefined) messages.push({ ...message, number })
      else if (kept.sizes.has(number)) this.#drop(kept, number)
    }
    return messages
  }

  /** A message has arrived. */
  acknowledge(id: string, number: number): void {
    const kept = this.#kept.get(id)
    if (kept?.sizes.has(number)) this.#remove(kept, number)
  }

  /** Waits until everything is written; what connections that end later would change is not. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#writer.written()
  }

  async #load(): Promise<void> {
    for await (const page of this.#ports.database.scan(SESSIONS))
      for (const [key, value] of page.entries) this.#loadSession(key, value)
    const byPrefix = new Map(
      [...this.#kept.values()].map((kept) => [Buffer.from(kept.prefix).toString('hex'), kept])
    )
    for await (const page of this.#ports.database.scan(QUEUES))
      for (const [key, value] of page.entries) {
        const kept = byPrefix.get(Buffer.from(key.subarray(1, -8)).toString('hex'))
        const number = numberOfKey(key)
        if (kept === undefined) this.#write(key, null)
        else {
          kept.sizes.set(number, value.length)
          kept.bytes += value.length
          kept.next = number + 1
          this.#bytes += value.length
        }
      }
    await this.#writer.written()
  }

  #loadSession(key: Uint8Array, value: Uint8Array): void {
    const stored = decodeSession(value)
    const isRoom = stored !== undefined && this.hasRoom(stored.id, stored.filters.length)
    if (stored === undefined || !isRoom || this.#isOld(stored)) {
      this.#write(key, null)
      return
    }
    // One that was connected when the process ended is away from now on.
    const awaySinceMs = stored.awaySinceMs ?? this.#ports.nowMs()
    const prefix = prefixOf(stored.id)
    this.#filters += stored.filters.length
    const session = { ...stored, awaySinceMs }
    this.#kept.set(stored.id, { prefix, stored: session, sizes: new Map(), bytes: 0, next: 1 })
    if (stored.awaySinceMs === null) this.#write(key, encodeSession(session))
  }

  #isOld({ awaySinceMs, keepSeconds }: StoredSession): boolean {
    if (awaySinceMs === null) return false
    const seconds = Math.min(keepSeconds, this.#limits.awaySecondsMax)
    return this.#ports.nowMs() - awaySinceMs > seconds * 1000
  }

  #longest(): Kept {
    let longest: Kept | undefined
    for (const kept of this.#kept.values())
      if (longest === undefined || kept.bytes > longest.bytes) longest = kept
    return longest as Kept
  }

  #dropOldest(kept: Kept): void {
    for (const number of kept.sizes.keys()) {
      this.#drop(kept, number)
      return
    }
  }

  #drop(kept: Kept, number: number): void {
    this.#dropped++
    this.#remove(kept, number)
  }

  #remove(kept: Kept, number: number): void {
    const size = kept.sizes.get(number) ?? 0
    kept.sizes.delete(number)
    kept.bytes -= size
    this.#bytes -= size
    this.#write(messageKey(kept.prefix, number), null)
  }

  async #readChecked(key: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await this.#ports.database.get(key)
    } catch {
      // Damaged, as the database has told: one message less, of which the ledger has the matter.
      return undefined
    }
  }

  #write(key: Uint8Array, value: Uint8Array | null): void {
    if (!this.#isClosed) this.#writer.write(key, value)
  }
}

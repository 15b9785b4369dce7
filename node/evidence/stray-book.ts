/**
 * The book of strays: what is kept until it has become evidence, or is proved to be none.
 *
 * A stray that a key of the ledger has signed also lies on the disk: so evidence
 * that was not final when a node ended is made again from it. Others may come
 * from anybody; these are kept for a while, in memory, and make room first.
 *
 * @module
 */

import { equalBytes, toHex } from '../../protocol/index.ts'
import { ALL_STRAYS, strayKey } from '../ledger/keyspace.ts'
import type { Database } from '../storage/database.ts'
import { decodeStray, encodeStray, type Stray } from './stray.ts'

/** Strays of one device. */
const PER_DEVICE_MAX = 8
/** Strays of all devices: a few megabytes. */
const STRAYS_MAX = 2_048
/** How long a stray is kept that no key of the ledger is known to have signed: as long as a pool keeps what waits. */
const UNPROVED_MS = 60_000

/** A stray and what is done about it. */
export interface KeptStray {
  readonly stray: Stray
  readonly keptAtMs: number
  /** Whether its signature was checked. */
  isVerified: boolean
  /** Whether a key that the ledger committed to has signed it, so that it lies on the disk. */
  isProved: boolean
  /** Nothing is filed before: whoever is nearer to it may do so first. */
  notBeforeMs: number
  /** When it is looked at again, if its device does not move first. */
  nextLookMs: number
  /** Pieces of evidence made of it and handed in. */
  filings: number
}

/** Keeps strays. */
export class StrayBook {
  readonly #networkTag: Uint8Array
  readonly #database: Pick<Database, 'createBatch' | 'scan'>
  readonly #onFailure: (error: unknown) => void
  /** By device in hex, then by name: copies with other signatures stand beside each other until one is checked. */
  readonly #kept = new Map<string, Map<string, KeptStray>>()
  readonly #writing = new Set<Promise<void>>()
  #count = 0

  constructor(
    networkTag: Uint8Array,
    ports: {
      readonly database: Pick<Database, 'createBatch' | 'scan'>
      readonly onFailure: (error: unknown) => void
    }
  ) {
    this.#networkTag = networkTag
    this.#database = ports.database
    this.#onFailure = ports.onFailure
  }

  /** How many are kept. */
  get size(): number {
    return this.#count
  }

  /** Reads what lies on the disk; a record that is damaged is left to whoever cures it. */
  async open(nowMs: number): Promise<void> {
    for await (const { entries } of this.#database.scan(ALL_STRAYS))
      for (const [, encoded] of entries) {
        const stray = decodeStray(this.#networkTag, encoded)
        if (stray !== undefined) this.#enter(stray, { isVerified: true, isProved: true, nowMs })
      }
  }

  /** Whether one is kept already whose signature was checked: an unchecked copy must not stand for it. */
  has({ id, body }: Stray): boolean {
    return this.of(body.deviceId).some((kept) => kept.isVerified && equalBytes(kept.stray.id, id))
  }

  /** All of one device. */
  of(deviceId: Uint8Array): readonly KeptStray[] {
    return [...(this.#kept.get(toHex(deviceId))?.values() ?? [])]
  }

  /** All that are due to be looked at. */
  due(nowMs: number): readonly KeptStray[] {
    const due: KeptStray[] = []
    for (const strays of this.#kept.values())
      for (const kept of strays.values()) if (kept.nextLookMs <= nowMs) due.push(kept)
    return due
  }

  /** Keeps one; undefined when its device has no room for another. */
  keep(
    stray: Stray,
    how: { readonly isVerified: boolean; readonly isProved: boolean; readonly nowMs: number }
  ): KeptStray | undefined {
    const known = this.#kept.get(toHex(stray.body.deviceId))?.get(nameOf(stray))
    if (known !== undefined) {
      known.isVerified ||= how.isVerified
      if (how.isProved) this.prove(known)
      return known
    }
    const kept = this.#enter(stray, how)
    if (kept !== undefined && how.isProved) this.#write(kept)
    return kept
  }

  /** A key of the ledger has signed it: from now on it is kept on the disk. */
  prove(kept: KeptStray): void {
    if (kept.isProved) return
    kept.isProved = true
    kept.isVerified = true
    this.#write(kept)
  }

  /** Resolves when everything that was proved is on the disk. */
  async written(): Promise<void> {
    await Promise.all(this.#writing)
  }

  /** Lets one go. */
  drop(kept: KeptStray): void {
    if (!this.#remove(kept) || !kept.isProved) return
    const batch = this.#database.createBatch()
    batch.delete(strayKey(kept.stray.id))
    this.#track(batch.write({ sync: false }))
  }

  /** Lets go what nobody has proved in time. */
  dropExpired(nowMs: number): void {
    for (const strays of [...this.#kept.values()])
      for (const kept of [...strays.values()])
        if (!kept.isProved && nowMs - kept.keptAtMs >= UNPROVED_MS) this.drop(kept)
  }

  #enter(
    stray: Stray,
    {
      isVerified,
      isProved,
      nowMs
    }: { readonly isVerified: boolean; readonly isProved: boolean; readonly nowMs: number }
  ): KeptStray | undefined {
    const name = toHex(stray.body.deviceId)
    const strays = this.#kept.get(name) ?? new Map<string, KeptStray>()
    if (strays.size >= PER_DEVICE_MAX && !this.#makeRoom(strays, isVerified)) return undefined
    const kept = {
      stray,
      keptAtMs: nowMs,
      isVerified,
      isProved,
      notBeforeMs: 0,
      nextLookMs: 0,
      filings: 0
    }
    this.#kept.delete(name)
    this.#kept.set(name, strays.set(nameOf(stray), kept))
    this.#count++
    if (this.#count > STRAYS_MAX) this.#dropOne()
    return kept
  }

  /** What anybody may have made goes first; of proved ones the first are as good as any later. */
  #makeRoom(strays: Map<string, KeptStray>, isForVerified: boolean): boolean {
    const kept = [...strays.values()]
    const least =
      kept.find(({ isVerified }) => !isVerified) ?? kept.find(({ isProved }) => !isProved)
    if (least === undefined || (least.isVerified && !isForVerified)) return false
    this.drop(least)
    return true
  }

  /** The book is full: the eldest that is not proved goes, else the eldest. */
  #dropOne(): void {
    let eldest: KeptStray | undefined
    for (const strays of this.#kept.values())
      for (const kept of strays.values()) {
        eldest ??= kept
        if (kept.isProved) continue
        this.drop(kept)
        return
      }
    if (eldest !== undefined) this.drop(eldest)
  }

  #remove({ stray }: KeptStray): boolean {
    const device = toHex(stray.body.deviceId)
    const strays = this.#kept.get(device)
    if (strays === undefined || !strays.delete(nameOf(stray))) return false
    this.#count--
    if (strays.size === 0) this.#kept.delete(device)
    return true
  }

  #write({ stray }: KeptStray): void {
    const batch = this.#database.createBatch()
    batch.put(strayKey(stray.id), encodeStray(stray))
    this.#track(batch.write({ sync: true }))
  }

  #track(write: Promise<void>): void {
    const tracked = write.catch(this.#onFailure).finally(() => this.#writing.delete(tracked))
    this.#writing.add(tracked)
  }
}

/** Copies of one stray with different signatures are told apart until one of them is checked. */
export function nameOf({ id, signature }: Stray): string {
  return `${toHex(id)} ${toHex(signature)}`
}

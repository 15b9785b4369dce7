/**
 * A directory of the simulated disk: names, and which of them would survive a power cut.
 *
 * A name that was made, moved or taken away is durable once its directory was synced. Of what was
 * not, a power cut leaves a head, in order; so it is with the journals of real file systems.
 *
 * @module
 */

import type { Dice } from './dice.ts'
import { type Folder, put, settle } from './folder.ts'

/** A file as it lies there. */
export interface VirtualFile {
  content: Uint8Array
  /** A power cut takes the end of one that was not. */
  isSynced: boolean
}

/** What a name stands for: a directory, a database or a file. */
export type Item = Directory | Folder | VirtualFile

/** Names that change together: each gets an item, or goes. */
type Renaming = readonly (readonly [name: string, item: Item | null])[]

/** Names and what they stand for. */
export class Directory {
  readonly names: Map<string, Item> = new Map()
  readonly #durable = new Map<string, Item>()
  readonly #unsynced: Renaming[] = []

  /** Changes names; whether that lasts is not said before {@link sync}. */
  change(renaming: Renaming): void {
    rename(this.names, renaming)
    this.#unsynced.push(renaming)
  }

  /** Puts something in or takes it away for good, as who stands outside the simulated time does. */
  place(name: string, item: Item | null): void {
    rename(this.names, [[name, item]])
    rename(this.#durable, [[name, item]])
  }

  /** From now on the names are durable. */
  sync(): void {
    for (const renaming of this.#unsynced) rename(this.#durable, renaming)
    this.#unsynced.length = 0
  }

  /** The process ends, the machine does not: everything here is durable. */
  settle(): void {
    this.sync()
    for (const item of this.names.values())
      if (item instanceof Directory) item.settle()
      else if (isFile(item)) item.isSynced = true
      else settle(item)
  }

  /** The power is cut: of what was not synced a head of random length stays. */
  cutPower(dice: Dice): void {
    const kept =
      this.#unsynced.length === 0
        ? []
        : this.#unsynced.slice(0, dice.below(this.#unsynced.length + 1))
    if (this.#unsynced.length > 0) {
      this.names.clear()
      for (const renaming of [[...this.#durable], ...kept]) rename(this.names, renaming)
      for (const renaming of kept) rename(this.#durable, renaming)
      this.#unsynced.length = 0
    }
    for (const item of this.names.values())
      if (item instanceof Directory) item.cutPower(dice)
      else if (isFile(item)) cutFile(item, dice)
      else forgetTail(item, dice)
  }

  /** All files in it and below. */
  *files(): Generator<VirtualFile> {
    for (const item of this.names.values())
      if (item instanceof Directory) yield* item.files()
      else if (isFile(item)) yield item
  }

  /** All of it once more, as a backup of a running machine has it. */
  copy(): Directory {
    const copy = new Directory()
    for (const [name, item] of this.names) copy.place(name, copyOf(item))
    return copy
  }
}

/** Whether an item is a file. */
export function isFile(item: Item | undefined): item is VirtualFile {
  return item !== undefined && 'content' in item
}

/** Whether an item is a database. */
export function isDatabase(item: Item | undefined): item is Folder {
  return item !== undefined && 'entries' in item
}

function rename(names: Map<string, Item>, renaming: Renaming): void {
  for (const [name, item] of renaming) {
    if (item === null) names.delete(name)
    else names.set(name, item)
  }
}

function cutFile(file: VirtualFile, dice: Dice): void {
  if (!file.isSynced) file.content = file.content.slice(0, dice.below(file.content.length + 1))
  file.isSynced = true
}

function forgetTail(folder: Folder, dice: Dice): void {
  const kept = folder.unsynced.slice(0, dice.below(folder.unsynced.length + 1))
  for (const [key, value] of folder.before) put(folder, key, value)
  for (const changes of kept) for (const [key, value] of changes) put(folder, key, value)
  settle(folder)
  // Its files went one by one: what comes back of it may be any of them.
  if (folder.isGoing && dice.happens(500)) folder.hasMarker = false
  folder.isGoing = false
}

function copyOf(item: Item): Item {
  if (item instanceof Directory) return item.copy()
  if (isFile(item)) return { ...item }
  const { entries } = item
  return { ...item, entries: new Map(entries), before: new Map(), unsynced: [] }
}

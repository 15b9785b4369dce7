/**
 * Files of the simulated disk, as a process uses them that may end at any change.
 *
 * They keep to what the product's own files promise and to nothing more: content is durable when it
 * was written, a name when its folder was synced. A disk that refuses says neither yes nor no.
 *
 * @module
 */

import { basename, dirname } from 'node:path'
import { writeFailure } from '../../../node/storage/disk-errors.ts'
import type { Files } from '../../../node/storage/files.ts'
import { Directory, type Item, isDatabase, isFile, type VirtualFile } from './directory.ts'
import { directoryAt, itemAt, makeDirectory } from './paths.ts'
import type { DiskFaults, DiskPorts } from './virtual-disk.ts'

/** A promise that nobody will ever answer: what a dead process waits for. */
const NEVER: Promise<never> = new Promise(() => undefined)

/** The files below a root; a restored backup has another one. */
export function createVirtualFiles(
  root: () => Directory,
  faults: DiskFaults,
  ports: Omit<DiskPorts, 'onSynced'>
): Files {
  const changes = new Changes(root, faults, ports)
  return {
    list: async (folder) => [...(directoryAt(root(), folder)?.names.keys() ?? [])].toSorted(),
    read: async (path) => {
      const item = itemAt(root(), path)
      return isFile(item) ? new Uint8Array(item.content) : undefined
    },
    sizeOf: async (path) => {
      const item = itemAt(root(), path)
      return isFile(item) ? item.content.length : 0
    },
    write: (path, content) => changes.write(path, new Uint8Array(content)),
    makeFolder: (path) =>
      changes.change(path, { takesRoom: true }, () => {
        makeDirectory(root(), path, { isDurable: false })
      }),
    rename: (from, to) => changes.change(to, {}, () => changes.rename(from, to)),
    remove: (path) => changes.change(path, {}, () => changes.remove(path)),
    syncFolder: (path) => changes.sync(path)
  }
}

/** The changes of one process. */
class Changes {
  readonly #root: () => Directory
  readonly #faults: DiskFaults
  readonly #ports: Omit<DiskPorts, 'onSynced'>

  constructor(root: () => Directory, faults: DiskFaults, ports: Omit<DiskPorts, 'onSynced'>) {
    this.#root = root
    this.#faults = faults
    this.#ports = ports
  }

  /** Makes one change, unless the process ends before it or the disk does not let it. */
  async change(
    path: string,
    { takesRoom = false }: { readonly takesRoom?: boolean },
    make: () => void
  ): Promise<void> {
    const { point, isAlive, dice } = this.#ports
    point('write')
    if (!isAlive()) return await NEVER
    if (this.#faults.isFull && takesRoom) throw writeFailure(path, noRoom())
    if (this.#faults.isRefusing) {
      if (dice.happens(500)) make()
      throw writeFailure(path, new Error('IO error: Input/output error'))
    }
    make()
    point('written')
    if (!isAlive()) return await NEVER
  }

  /** Writes a whole file: it is there at once, and durable when the disk says so. */
  async write(path: string, content: Uint8Array): Promise<void> {
    if (this.#faults.isFull && !this.#faults.isRefusing) {
      const left = content.slice(0, this.#ports.dice.below(content.length + 1))
      await this.change(path, {}, () => void this.#put(path, left))
      throw writeFailure(path, noRoom())
    }
    let file: VirtualFile | undefined
    await this.change(path, {}, () => {
      file = this.#put(path, content)
    })
    await this.#waitForSync()
    if (file !== undefined) file.isSynced = true
  }

  /** Moves something to where nothing lies, or an empty directory. */
  rename(from: string, to: string): void {
    const source = this.#parentOf(from)
    const target = this.#parentOf(to)
    const item = source.names.get(basename(from))
    const before = target.names.get(basename(to))
    const isInTheWay = isDatabase(before) || (before instanceof Directory && before.names.size > 0)
    if (item === undefined || isInTheWay)
      throw writeFailure(
        to,
        new Error(`rename from ${from}: ${isInTheWay ? 'ENOTEMPTY' : 'ENOENT'}`)
      )
    if (source === target)
      source.change([
        [basename(from), null],
        [basename(to), item]
      ])
    else {
      target.change([[basename(to), item]])
      source.change([[basename(from), null]])
    }
  }

  /** What lies within goes first, name by name. */
  remove(path: string): void {
    const item = itemAt(this.#root(), path)
    if (item === undefined) return
    empty(item)
    this.#parentOf(path).change([[basename(path), null]])
  }

  /** Makes the names of a folder durable. */
  async sync(path: string): Promise<void> {
    const item = itemAt(this.#root(), path)
    if (item === undefined) throw writeFailure(path, new Error('ENOENT'))
    // One that is refused made nothing durable.
    if (this.#faults.isRefusing) return await this.change(path, {}, () => undefined)
    const { point, isAlive } = this.#ports
    point('write')
    if (!isAlive()) return await NEVER
    await this.#waitForSync()
    if (item instanceof Directory) item.sync()
    point('written')
    if (!isAlive()) return await NEVER
  }

  async #waitForSync(): Promise<void> {
    const { wait, isAlive } = this.#ports
    const delayMs = this.#faults.syncMs
    if (delayMs > 0) await wait(delayMs)
    if (!isAlive()) return await NEVER
  }

  /** What was there before is gone at once, as it is when a file is opened to be written. */
  #put(path: string, content: Uint8Array): VirtualFile {
    const before = itemAt(this.#root(), path)
    if (isFile(before)) return Object.assign(before, { content, isSynced: false })
    const file = { content, isSynced: false }
    this.#parentOf(path).change([[basename(path), file]])
    return file
  }

  #parentOf(path: string): Directory {
    const parent = directoryAt(this.#root(), dirname(path))
    if (parent === undefined) throw writeFailure(path, new Error('ENOENT'))
    return parent
  }
}

function empty(item: Item): void {
  if (isDatabase(item)) item.isGoing = true
  if (!(item instanceof Directory)) return
  for (const [name, within] of [...item.names]) {
    empty(within)
    item.change([[name, null]])
  }
}

function noRoom(): Error {
  return new Error('ENOSPC: No space left on device')
}

/**
 * The snapshot store: whole snapshots in the data directory, listed, served and forgotten.
 *
 * A snapshot is whole once its folder has the name of one. Everything else that lies beside it is
 * left over from a process that ended, and goes at the next start, but for what is being fetched.
 *
 * @module
 */

import { dirname, join } from 'node:path'
import { encodeManifest, type SnapshotManifest, snapshotIdOf, toHex } from '../../protocol/index.ts'
import type { Files } from '../storage/files.ts'
import { isPartMeant } from './part-check.ts'
import {
  makingName,
  type PartName,
  readFolderName,
  SnapshotFolder,
  wholeName
} from './snapshot-folder.ts'

/** A whole snapshot. */
export interface StoredSnapshot {
  readonly height: number
  readonly id: Uint8Array
  readonly idHex: string
  /** Of all its parts. */
  readonly bytes: number
  readonly path: string
  readonly manifest: SnapshotManifest
}

/** Where the snapshots lie, and how many are kept. */
export interface SnapshotStoreOptions {
  readonly folder: string
  /** How many of the newest are kept. */
  readonly keep: number
}

/** Keeps whole snapshots. */
export class SnapshotStore {
  readonly #options: SnapshotStoreOptions
  readonly #files: Files
  #snapshots: readonly StoredSnapshot[] = []

  constructor(options: SnapshotStoreOptions, ports: { readonly files: Files }) {
    this.#options = options
    this.#files = ports.files
  }

  /** Where they lie. */
  get folder(): string {
    return this.#options.folder
  }

  /** All whole snapshots, the highest first. */
  list(): readonly StoredSnapshot[] {
    return this.#snapshots
  }

  /** Looks at what is there, and changes nothing. */
  async look(): Promise<void> {
    const found: StoredSnapshot[] = []
    for (const name of await this.#files.list(this.#options.folder)) {
      const snapshot = await this.#read(name)
      if (snapshot !== undefined) found.push(snapshot)
    }
    this.#snapshots = found.toSorted((a, b) => b.height - a.height)
  }

  /** At a start: removes what a process left unfinished, and what calls itself whole and is not. */
  async open(): Promise<void> {
    await this.look()
    const paths = new Set(this.#snapshots.map(({ path }) => path))
    for (const name of await this.#files.list(this.#options.folder)) {
      const path = join(this.#options.folder, name)
      if (readFolderName(name).kind !== 'incoming' && !paths.has(path))
        await this.#files.remove(path)
    }
  }

  /** A whole snapshot by its id. */
  find(id: Uint8Array): StoredSnapshot | undefined {
    const idHex = toHex(id)
    return this.#snapshots.find((snapshot) => snapshot.idHex === idHex)
  }

  /** The encoded manifest of a snapshot; null when it is not here. */
  manifestOf(id: Uint8Array): Uint8Array | null {
    const found = this.find(id)
    return found === undefined ? null : encodeManifest(found.manifest)
  }

  /**
   * One part of a snapshot; null when it is not here.
   *
   * A snapshot that the disk has spoilt is forgotten: a part that is not what the manifest says would
   * be held against this node.
   */
  async partOf(id: Uint8Array, part: PartName): Promise<Uint8Array | null> {
    const found = this.find(id)
    const bytes = await this.folderOf(id)?.readPart(part)
    if (found === undefined || !isNamed(found.manifest, part)) return null
    if (bytes !== undefined && isPartMeant(found.manifest, part, bytes)) return bytes
    await this.forget(id)
    return null
  }

  /** The folder of a whole snapshot. */
  folderOf(id: Uint8Array): SnapshotFolder | undefined {
    const found = this.find(id)
    return found && new SnapshotFolder(found.path, this.#files)
  }

  /** An empty folder to make a snapshot in. */
  async begin(): Promise<SnapshotFolder> {
    const folder = new SnapshotFolder(join(this.#options.folder, makingName()), this.#files)
    await folder.remove()
    await this.makeRoom()
    await folder.make()
    return folder
  }

  /** Makes the folder that all of them lie in, durably: without it nothing in it would be. */
  async makeRoom(): Promise<void> {
    await this.#files.makeFolder(this.#options.folder)
    await this.#files.syncFolder(dirname(this.#options.folder))
  }

  /** Does without a snapshot from here on. */
  async forget(id: Uint8Array): Promise<void> {
    const found = this.find(id)
    if (found === undefined) return
    this.#snapshots = this.#snapshots.filter((one) => one !== found)
    await this.#remove(found)
  }

  /**
   * Takes a folder in that holds a whole snapshot: from here on it is one, also after a power cut.
   *
   * The oldest ones go when there are more than are to be kept.
   */
  async adopt(folder: SnapshotFolder): Promise<StoredSnapshot | undefined> {
    const manifest = await folder.readManifest()
    if (manifest === undefined) return undefined
    await folder.sync()
    const name = wholeName(manifest.block.header.height, toHex(snapshotIdOf(manifest)))
    const path = join(this.#options.folder, name)
    const isKnown = this.#snapshots.some((snapshot) => snapshot.path === path)
    if (isKnown) await folder.remove()
    else {
      await this.#files.remove(path)
      await this.#files.rename(folder.path, path)
    }
    await this.#files.syncFolder(this.#options.folder)
    await this.look()
    await this.#forgetOldest()
    return this.#snapshots.find((snapshot) => snapshot.path === path)
  }

  async #forgetOldest(): Promise<void> {
    const old = this.#snapshots.slice(this.#options.keep)
    this.#snapshots = this.#snapshots.slice(0, this.#options.keep)
    for (const snapshot of old) await this.#remove(snapshot)
  }

  /** The manifest first: without it nobody takes what is left for a snapshot. */
  async #remove({ path }: StoredSnapshot): Promise<void> {
    await this.#files.remove(join(path, 'manifest'))
    await this.#files.remove(path)
  }

  async #read(name: string): Promise<StoredSnapshot | undefined> {
    const named = readFolderName(name)
    if (named.kind !== 'whole') return undefined
    const path = join(this.#options.folder, name)
    const folder = new SnapshotFolder(path, this.#files)
    const manifest = await folder.readManifest()
    if (manifest === undefined || manifest.block.header.height !== named.height) return undefined
    const id = snapshotIdOf(manifest)
    const idHex = toHex(id)
    if (!idHex.startsWith(named.idStart)) return undefined
    const bytes = await folder.measure(manifest)
    if (bytes === undefined) return undefined
    return { height: named.height, id, idHex, bytes, path, manifest }
  }
}

function isNamed(manifest: SnapshotManifest, { kind, index }: PartName): boolean {
  return index < (kind === 'leaves' ? manifest.runRoots : manifest.valueChunks).length
}

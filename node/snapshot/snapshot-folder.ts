/**
 * Snapshot folders: a manifest and its parts, a file each, under names that say what they are.
 *
 * A whole snapshot lies in `<height>-<first 8 hex of its id>`. What is being made or fetched lies in
 * folders of other names, which nobody takes for one.
 *
 * @module
 */

import { join } from 'node:path'
import { decodeManifest, type SnapshotManifest } from '../../protocol/index.ts'
import type { Files } from '../storage/files.ts'

/** What a part of a snapshot holds. */
export type PartKind = 'leaves' | 'values'

/** One part. */
export interface PartName {
  readonly kind: PartKind
  readonly index: number
}

const MANIFEST_FILE = 'manifest'
const WHOLE = /^(\d{1,16})-([0-9a-f]{8})$/
const INCOMING = /^incoming-([0-9a-f]{64})$/
const MAKING = 'making'
const INDEX_DIGITS = 6
const ID_CHARACTERS = 8

/** The folder name of a whole snapshot. */
export function wholeName(height: number, idHex: string): string {
  return `${height}-${idHex.slice(0, ID_CHARACTERS)}`
}

/** The folder name of a snapshot that is being fetched. */
export function incomingName(idHex: string): string {
  return `incoming-${idHex}`
}

/** The folder name of the snapshot that is being made. */
export function makingName(): string {
  return MAKING
}

/** What a folder name says. */
export function readFolderName(
  name: string
):
  | { readonly kind: 'whole'; readonly height: number; readonly idStart: string }
  | { readonly kind: 'incoming'; readonly idHex: string }
  | { readonly kind: 'other' } {
  const whole = WHOLE.exec(name)
  if (whole !== null)
    return { kind: 'whole', height: Number(whole[1]), idStart: whole[2] as string }
  const incoming = INCOMING.exec(name)
  return incoming === null ? { kind: 'other' } : { kind: 'incoming', idHex: incoming[1] as string }
}

/** All parts of a snapshot, leaves first. */
export function* partsOf({ runRoots, valueChunks }: SnapshotManifest): Generator<PartName> {
  for (let index = 0; index < runRoots.length; index++) yield { kind: 'leaves', index }
  for (let index = 0; index < valueChunks.length; index++) yield { kind: 'values', index }
}

/** Reads and writes one folder. */
export class SnapshotFolder {
  readonly path: string
  readonly #files: Files

  constructor(path: string, files: Files) {
    this.path = path
    this.#files = files
  }

  /** Makes the folder, unless it is there. */
  async make(): Promise<void> {
    await this.#files.makeFolder(this.path)
  }

  /** The bytes of the manifest; undefined when there is none. */
  async readManifestBytes(): Promise<Uint8Array | undefined> {
    return await this.#files.read(join(this.path, MANIFEST_FILE))
  }

  /** The manifest; undefined when there is none or it is malformed. */
  async readManifest(): Promise<SnapshotManifest | undefined> {
    const bytes = await this.readManifestBytes()
    return bytes === undefined ? undefined : decodeManifest(bytes)
  }

  async writeManifest(encoded: Uint8Array): Promise<void> {
    await this.#files.write(join(this.path, MANIFEST_FILE), encoded)
  }

  /** The bytes of a part; undefined when it is not here. Nothing is said of them. */
  async readPart(part: PartName): Promise<Uint8Array | undefined> {
    return await this.#files.read(join(this.path, fileOf(part)))
  }

  async writePart(part: PartName, bytes: Uint8Array): Promise<void> {
    await this.#files.write(join(this.path, fileOf(part)), bytes)
  }

  /** The bytes of all parts; undefined when one is missing. */
  async measure(manifest: SnapshotManifest): Promise<number | undefined> {
    let total = 0
    for (const part of partsOf(manifest)) {
      const size = await this.#files.sizeOf(join(this.path, fileOf(part)))
      if (size === 0) return undefined
      total += size
    }
    return total
  }

  /** Makes all names in it durable. */
  async sync(): Promise<void> {
    await this.#files.syncFolder(this.path)
  }

  async remove(): Promise<void> {
    await this.#files.remove(this.path)
  }
}

function fileOf({ kind, index }: PartName): string {
  return `${kind}-${String(index).padStart(INDEX_DIGITS, '0')}`
}

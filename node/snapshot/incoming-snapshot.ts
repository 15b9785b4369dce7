/**
 * The incoming snapshot: a manifest that was judged, and the parts of it that have come.
 *
 * Every part is judged before it is kept, and judged again when it is found after a restart. So what
 * a killed process had fetched is not fetched again, and what the disk spoilt is.
 *
 * @module
 */

import type { SnapshotManifest } from '../../protocol/index.ts'
import { LeafIndex } from './leaf-index.ts'
import { judgeChunk, judgeRun, type PartVerdict } from './part-check.ts'
import { type PartName, partsOf, type SnapshotFolder } from './snapshot-folder.ts'

/** What an incoming snapshot needs from others. */
export interface IncomingSnapshotPorts {
  /** Lets waiting work go first. */
  readonly pause: () => Promise<void>
}

/** What became of looking through the parts that were there. */
export type FoundParts = 'good' | 'lie'

/** Gathers the parts of one snapshot. */
export class IncomingSnapshot {
  readonly manifest: SnapshotManifest
  readonly folder: SnapshotFolder
  readonly #leaves: LeafIndex
  readonly #pause: () => Promise<void>
  readonly #missing: { readonly leaves: Set<number>; readonly values: Set<number> }

  constructor(
    options: { readonly manifest: SnapshotManifest; readonly folder: SnapshotFolder },
    ports: IncomingSnapshotPorts
  ) {
    this.manifest = options.manifest
    this.folder = options.folder
    this.#leaves = new LeafIndex(options.manifest.leafCount)
    this.#pause = ports.pause
    this.#missing = { leaves: new Set(), values: new Set() }
    for (const { kind, index } of partsOf(options.manifest)) this.#missing[kind].add(index)
  }

  /** How many parts have not come yet. */
  get missingCount(): number {
    return this.#missing.leaves.size + this.#missing.values.size
  }

  /** How many parts it has. */
  get partCount(): number {
    return this.manifest.runRoots.length + this.manifest.valueChunks.length
  }

  /** What is missing: leaves first, for values are judged by them. */
  missing(): readonly PartName[] {
    const kind = this.#missing.leaves.size > 0 ? 'leaves' : 'values'
    return [...this.#missing[kind]].map((index) => ({ kind, index }))
  }

  /** Whether every part is here, and every leaf with a value has its record. */
  isWhole(): boolean {
    return this.missingCount === 0 && this.#leaves.missing === 0
  }

  /** Looks through the parts that lie in the folder. */
  async find(): Promise<FoundParts> {
    for (const part of partsOf(this.manifest)) {
      if (part.kind === 'values' && this.#missing.leaves.size > 0) break
      const bytes = await this.folder.readPart(part)
      if (bytes === undefined) continue
      if ((await this.#judge(part, bytes)) === 'lie') return 'lie'
      await this.#pause()
    }
    return 'good'
  }

  /** Judges a part that came, and keeps it if it is good and new. */
  async take(part: PartName, bytes: Uint8Array): Promise<PartVerdict> {
    if (!this.#missing[part.kind].has(part.index)) return 'good'
    const verdict = await this.#judge(part, bytes)
    if (verdict === 'good') await this.folder.writePart(part, bytes)
    return verdict
  }

  /** Marks a good part as come before anything waits, so that a second copy is not judged. */
  async #judge(part: PartName, bytes: Uint8Array): Promise<PartVerdict> {
    const { manifest } = this
    const { kind, index } = part
    if (kind === 'leaves') {
      const verdict = judgeRun(manifest, index, bytes)
      if (verdict !== 'good') return verdict
      this.#leaves.addRun(index, bytes)
      this.#missing.leaves.delete(index)
      return 'good'
    }
    this.#missing.values.delete(index)
    const verdict = await judgeChunk({ manifest, index, bytes }, this.#leaves, this.#pause)
    if (verdict === 'alien') this.#missing.values.add(index)
    return verdict
  }
}

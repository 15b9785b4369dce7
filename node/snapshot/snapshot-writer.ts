/**
 * Writing a snapshot: the state of one moment of the database, cut into the parts of a snapshot.
 *
 * It is written in small slices with pauses between them, no faster than a bound, so that a node at
 * work hardly notices. The root is compared at the end: what is not the agreed state is no snapshot.
 *
 * @module
 */

import { sha256 } from '#crypto'
import {
  type Block,
  encodeManifest,
  encodeValueChunk,
  equalBytes,
  type FinalityProof,
  RUN_LEAVES,
  rootOfRuns,
  runRoot,
  type SnapshotManifest,
  type StateRecord,
  type ValueChunk,
  ValueChunker
} from '../../protocol/index.ts'
import { type Clock, sleep } from '../clock.ts'
import { NodeError } from '../errors.ts'
import { STATE_VALUES, stateValuePlace, TREE_LEAVES } from '../ledger/keyspace.ts'
import type { DatabaseSnapshot } from '../storage/database.ts'
import type { SnapshotFolder } from './snapshot-folder.ts'

/** What a snapshot is written from, and where to. */
export interface WritingOptions {
  readonly moment: DatabaseSnapshot
  readonly block: Block
  readonly folder: SnapshotFolder
  /** The most bytes a second; infinite for a node that does nothing else. */
  readonly bytesPerSecondMax: number
}

/** What writing needs from others. */
export interface WritingPorts {
  readonly clock: Pick<Clock, 'nowMs' | 'later' | 'pause'>
  /** Waits until the block is proved final; undefined when the wait was given up. */
  readonly proveFinal: () => Promise<FinalityProof | undefined>
  /** Whether the work shall be given up. */
  readonly isStopped: () => boolean
}

const LEAF_BYTES = 96

/**
 * Writes all parts and, last, the manifest.
 *
 * @returns the manifest; undefined when the work was given up
 * @throws NodeError STORAGE_DAMAGED when the state is not that of the block
 */
export async function writeSnapshot(
  options: WritingOptions,
  ports: WritingPorts
): Promise<SnapshotManifest | undefined> {
  const writer = new Writer(options, ports)
  const leaves = await writer.writeLeaves()
  const valueChunks = await writer.writeValues()
  if (leaves === undefined || valueChunks === undefined) return undefined
  const { block, folder } = options
  const root = rootOfRuns(leaves.runRoots, leaves.leafCount)
  if (root === undefined || !equalBytes(root, block.header.stateRoot))
    throw new NodeError(
      'STORAGE_DAMAGED',
      `${folder.path}: no snapshot is made, the state is not that of block ${block.header.height}`
    )
  const proof = await ports.proveFinal()
  if (proof === undefined || ports.isStopped()) return undefined
  const { finalisation, descendants } = proof
  const manifest = { block, finalisation, descendants, ...leaves, valueChunks }
  await folder.writeManifest(encodeManifest(manifest))
  return manifest
}

class Writer {
  readonly #options: WritingOptions
  readonly #ports: WritingPorts
  #sliceStartMs: number

  constructor(options: WritingOptions, ports: WritingPorts) {
    this.#options = options
    this.#ports = ports
    this.#sliceStartMs = ports.clock.nowMs()
  }

  async writeLeaves(): Promise<Pick<SnapshotManifest, 'runRoots' | 'leafCount'> | undefined> {
    const { moment, folder } = this.#options
    const runRoots: Uint8Array[] = []
    const run = new Uint8Array(RUN_LEAVES * LEAF_BYTES)
    let filled = 0
    let leafCount = 0
    const close = async (): Promise<void> => {
      const bytes = run.subarray(0, filled)
      await folder.writePart({ kind: 'leaves', index: runRoots.length }, bytes)
      // The count matters for a run that is the only one, and then it is known here.
      runRoots.push(runRoot(bytes, leafCount) as Uint8Array)
      filled = 0
      await this.#rest(bytes.length)
    }
    for await (const page of moment.iterate(TREE_LEAVES)) {
      for (const [, leaf] of page) {
        run.set(leaf, filled)
        filled += LEAF_BYTES
        leafCount += 1
        if (filled === run.length) await close()
      }
      if (this.#ports.isStopped()) return undefined
      await this.#ports.clock.pause()
    }
    if (filled > 0) await close()
    return { runRoots, leafCount }
  }

  /** The records in order of table and key, cut where all nodes cut them. */
  async writeValues(): Promise<readonly ValueChunk[] | undefined> {
    const { moment, folder } = this.#options
    const chunks: ValueChunk[] = []
    const chunker = new ValueChunker()
    const write = async (records: readonly StateRecord[] | undefined): Promise<void> => {
      if (records === undefined) return
      const bytes = encodeValueChunk(records)
      await folder.writePart({ kind: 'values', index: chunks.length }, bytes)
      chunks.push({ hash: sha256(bytes), count: records.length })
      await this.#rest(bytes.length)
    }
    for await (const page of moment.iterate(STATE_VALUES)) {
      for (const [key, value] of page) await write(chunker.add({ ...stateValuePlace(key), value }))
      if (this.#ports.isStopped()) return undefined
      await this.#ports.clock.pause()
    }
    await write(chunker.finish())
    return chunks
  }

  /** Keeps to the rate, and leaves at least half of the time to others. */
  async #rest(bytes: number): Promise<void> {
    const { clock } = this.#ports
    const spentMs = clock.nowMs() - this.#sliceStartMs
    const atLeastMs = (1000 * bytes) / this.#options.bytesPerSecondMax
    if (Number.isFinite(this.#options.bytesPerSecondMax))
      await sleep(clock, Math.max(atLeastMs - spentMs, Math.min(spentMs, 20)))
    this.#sliceStartMs = clock.nowMs()
  }
}

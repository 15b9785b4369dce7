/**
 * Part checks: whether a part of a snapshot is what its manifest says, whoever sent it.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { sha256 } from '#crypto'
import {
  decodeValueChunk,
  equalBytes,
  RUN_LEAVES,
  runRoot,
  type SnapshotManifest,
  type StateRecord,
  stateKey,
  stateValueHash
} from '../../protocol/index.ts'
import type { LeafIndex } from './leaf-index.ts'
import type { PartName } from './snapshot-folder.ts'

/**
 * What is to be thought of a part.
 *
 * `alien`: not the bytes that the manifest names; whoever sent them is at fault. `lie`: they are,
 * and they are not the state; whoever made the manifest is at fault.
 */
export type PartVerdict = 'good' | 'alien' | 'lie'

const LEAF_BYTES = 96
/** Records judged before other work gets its turn: about 2 ms. */
const SLICE_RECORDS = 512

/** Judges a run of leaves by its root. */
export function judgeRun(
  { leafCount, runRoots }: SnapshotManifest,
  index: number,
  bytes: Uint8Array
): PartVerdict {
  const expected = runRoots[index]
  const leaves = Math.min(RUN_LEAVES, leafCount - index * RUN_LEAVES)
  if (expected === undefined || bytes.length !== leaves * LEAF_BYTES) return 'alien'
  const root = runRoot(bytes, leafCount)
  return root !== undefined && equalBytes(root, expected) ? 'good' : 'alien'
}

/** Whether bytes are those of a part that the manifest means. */
export function isPartMeant(
  manifest: SnapshotManifest,
  { kind, index }: PartName,
  bytes: Uint8Array
): boolean {
  if (kind === 'leaves') return judgeRun(manifest, index, bytes) === 'good'
  return isChunkMeant(manifest, index, bytes)
}

/** Whether bytes are those of a chunk of values that the manifest means. */
function isChunkMeant(
  { valueChunks }: SnapshotManifest,
  index: number,
  bytes: Uint8Array
): boolean {
  const chunk = valueChunks[index]
  return chunk !== undefined && equalBytes(sha256(bytes), chunk.hash)
}

/**
 * Judges a chunk of values: its bytes by their hash, then every record by its leaf.
 *
 * @param leaves - all leaves of the snapshot
 * @param pause  - lets waiting work go first
 */
export async function judgeChunk(
  part: {
    readonly manifest: SnapshotManifest
    readonly index: number
    readonly bytes: Uint8Array
  },
  leaves: LeafIndex,
  pause: () => Promise<void>
): Promise<PartVerdict> {
  const { manifest, index, bytes } = part
  if (!isChunkMeant(manifest, index, bytes)) return 'alien'
  const records = decodeValueChunk(bytes)
  if (records === undefined || records.length !== manifest.valueChunks[index]?.count) return 'lie'
  for (const [number, record] of records.entries()) {
    if (!isInState(record, leaves)) return 'lie'
    if (number % SLICE_RECORDS === SLICE_RECORDS - 1) await pause()
  }
  return 'good'
}

function isInState({ table, key, value }: StateRecord, leaves: LeafIndex): boolean {
  return leaves.take(stateKey(table, key), stateValueHash(value)) === 'good'
}

/**
 * Snapshot manifests: what the state of a final height consists of, and why to believe it.
 *
 * Whoever knows the electorate can judge a manifest by itself, each run of leaves by the manifest,
 * and each value by its leaf. So a snapshot can be taken from many peers at once, any of whom may
 * lie. All honest nodes make the same snapshot of a height: only the proof that it is final differs.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { sha256 } from '#crypto'
import { type Block, decodeBlock, encodeBlock } from '../blocks/block.ts'
import { decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, tuple, uint } from '../codec/shape.ts'
import type { Certificate } from '../consensus/certificate.ts'
import { decodeCertificate, encodeCertificate } from '../consensus/certificate.ts'
import { ascii, concatBytes, equalBytes } from '../foundation/bytes.ts'
import { CERTIFICATE_SIZE_MAX_BYTES, UNFINALISED_MAX } from '../foundation/limits.ts'
import { accept, reject, type Verdict } from '../foundation/verdict.ts'
import type { Electorate } from '../membership/electorate.ts'
import { type FinalityFault, judgeFinality } from '../proofs/finality-proof.ts'
import { LEAF_COUNT_MAX } from '../state-tree/format.ts'
import { rootOfRuns, runCount } from '../state-tree/subtree.ts'

/** One chunk of values, as the manifest names it. */
export interface ValueChunk {
  /** SHA-256 of the encoded chunk: tells which bytes are meant, and proves nothing about them. */
  readonly hash: Uint8Array
  readonly count: number
}

/** What a snapshot consists of. */
export interface SnapshotManifest {
  /** The final block whose state this is. */
  readonly block: Block
  /** The finalisation of the block, or of the last descendant. */
  readonly finalisation: Certificate
  /** Encoded headers from the block's child to the one that was finalised directly. */
  readonly descendants: readonly Uint8Array[]
  readonly leafCount: number
  /** The root of each run of leaves, in order. */
  readonly runRoots: readonly Uint8Array[]
  readonly valueChunks: readonly ValueChunk[]
}

/** What a manifest can get wrong. */
export type ManifestFault = FinalityFault | 'SNAPSHOT_ROOT_WRONG' | 'SNAPSHOT_VALUES_TOO_MANY'

const FORMAT = 1
const BLOCK_BYTES_MAX = 2_097_152
const HEADER_BYTES_MAX = 4_096
const VALUE_CHUNKS_MAX = 1_048_576

const fields = tuple(
  uint(FORMAT, FORMAT),
  bytesBetween(1, BLOCK_BYTES_MAX),
  bytesBetween(1, CERTIFICATE_SIZE_MAX_BYTES),
  list(bytesBetween(1, HEADER_BYTES_MAX), 4 * UNFINALISED_MAX),
  uint(LEAF_COUNT_MAX, 1),
  list(bytes(32), runCount(LEAF_COUNT_MAX), 1),
  list(tuple(bytes(32), uint(LEAF_COUNT_MAX, 1)), VALUE_CHUNKS_MAX)
)

/** The wire form of a manifest. */
export function encodeManifest(manifest: SnapshotManifest): Uint8Array {
  return encodeCbor([
    FORMAT,
    encodeBlock(manifest.block),
    encodeCertificate(manifest.finalisation),
    manifest.descendants,
    manifest.leafCount,
    manifest.runRoots,
    manifest.valueChunks.map(({ hash, count }) => [hash, count])
  ])
}

/** Reads a manifest; undefined when the bytes are no canonical one. */
export function decodeManifest(encoded: Uint8Array): SnapshotManifest | undefined {
  const read = fields(decodeCbor(encoded))
  if (read === undefined) return undefined
  const [, blockBytes, certificateBytes, descendants, leafCount, runRoots, chunks] = read
  const block = decodeBlock(blockBytes)
  const finalisation = decodeCertificate(certificateBytes)
  if (block === undefined || finalisation === undefined) return undefined
  const valueChunks = chunks.map(([hash, count]) => ({ hash, count }))
  return { block, finalisation, descendants, leafCount, runRoots, valueChunks }
}

/**
 * The id of a snapshot: the same on all honest nodes, whatever proves its block final there.
 *
 * @returns T("tm/snapshot/1", CBOR [blockId, leafCount, run roots, [[hash, count] …]])
 */
export function snapshotIdOf(manifest: SnapshotManifest): Uint8Array {
  const named = encodeCbor([
    manifest.block.idBytes,
    manifest.leafCount,
    manifest.runRoots,
    manifest.valueChunks.map(({ hash, count }) => [hash, count])
  ])
  return sha256(concatBytes(ascii('tm/snapshot/1'), named))
}

/**
 * Judges a manifest: its block is final, and its runs are the state that the header names.
 *
 * The hashes of value chunks stay unproved: values are judged one by one by their leaves.
 *
 * @param manifest - untrusted
 * @param trusted  - the network, and the electorate of the block's epoch
 */
export function judgeManifest(
  manifest: SnapshotManifest,
  trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): Verdict<ManifestFault> {
  const { block, finalisation, descendants, leafCount, runRoots, valueChunks } = manifest
  const root = rootOfRuns(runRoots, leafCount)
  if (root === undefined || !equalBytes(root, block.header.stateRoot))
    return reject('SNAPSHOT_ROOT_WRONG')
  const valueCount = valueChunks.reduce((sum, { count }) => sum + count, 0)
  if (valueCount > leafCount) return reject('SNAPSHOT_VALUES_TOO_MANY')
  const finality = { headerBytes: block.headerBytes, finalisation, descendants }
  const judged = judgeFinality(finality, trusted)
  return judged.ok ? accept : reject(judged.fault)
}

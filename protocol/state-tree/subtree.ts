/**
 * Subtrees: the state tree in runs of leaves, each of which can be checked by itself.
 *
 * Leaves stand in order of insertion, so a run of 2^level of them, aligned, is a whole subtree. Who
 * knows the roots of all of them knows the state root, and can check each run as it comes.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { hashPairs } from '#crypto'
import { concatBytes } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import {
  depthOf,
  EMPTY_SUBTREES,
  HASH_BYTES,
  LEAF_BYTES,
  LEAF_WORDS,
  LeafHasher,
  rootOf
} from './format.ts'
import { bytesOf, wordsOf } from './words.ts'

/** Levels of a run above its leaves: 2,048 leaves of 96 bytes are 192 KiB. */
const RUN_LEVEL = 11

/** Leaves of every run but the last. */
export const RUN_LEAVES: number = 2 ** RUN_LEVEL

/** How many runs the leaves of a tree are cut into. */
export function runCount(leafCount: number): number {
  return Math.ceil(leafCount / RUN_LEAVES)
}

/**
 * The root of one run.
 *
 * @param leaves    - its packed leaves, 96 bytes each, at least one
 * @param leafCount - of the whole tree: a tree that is smaller than a run is no higher than it is
 * @returns undefined when these cannot be the leaves of a run
 */
export function runRoot(leaves: Uint8Array, leafCount: number): Uint8Array | undefined {
  const count = leaves.length / LEAF_BYTES
  if (!Number.isInteger(count) || count < 1 || count > RUN_LEAVES) return undefined
  const hasher = new LeafHasher()
  // Not `slice`: of a Buffer that is a view of the same memory, and words must be aligned.
  const words = wordsOf(new Uint8Array(leaves))
  const hashes = new Uint8Array(count * HASH_BYTES)
  for (let leaf = 0; leaf < count; leaf++)
    hashes.set(hasher.hash(words, leaf * LEAF_WORDS), leaf * HASH_BYTES)
  return climb(hashes, { from: 0, to: runLevel(leafCount) })
}

/**
 * The state root over the roots of all runs.
 *
 * @returns undefined when there are not as many as the leaves need
 */
export function rootOfRuns(
  roots: readonly Uint8Array[],
  leafCount: number
): Uint8Array | undefined {
  if (leafCount < 1 || roots.length !== runCount(leafCount)) return undefined
  const range = { from: runLevel(leafCount), to: depthOf(leafCount) }
  return rootOf(leafCount, climb(concatBytes(...roots), range))
}

function runLevel(leafCount: number): number {
  return Math.min(RUN_LEVEL, depthOf(leafCount))
}

/** Hashes a row of nodes up to the one node above them all; what is missing on the right is empty. */
function climb(row: Uint8Array, { from, to }: { from: number; to: number }): Uint8Array {
  let nodes = row
  for (let level = from; level < to; level++) {
    const isOdd = (nodes.length / HASH_BYTES) % 2 === 1
    nodes = hashPairs(isOdd ? concatBytes(nodes, emptyAt(level)) : nodes)
  }
  invariant(nodes.length === HASH_BYTES, 'a row has no more nodes than its top covers')
  return nodes
}

function emptyAt(level: number): Uint8Array {
  return bytesOf(EMPTY_SUBTREES[level] as Uint32Array)
}

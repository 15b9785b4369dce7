/**
 * Deriving: the version that a block's changes make of its parent's.
 *
 * Nothing is written but the new version's overlay. Every level is hashed in one call, whatever the
 * number of leaves that were touched.
 *
 * @module
 */

import { hashPairs } from '#crypto'
import { compareBytes, equalBytes } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import {
  depthOf,
  HASH_BYTES,
  LEAF_COUNT_MAX,
  LEAF_NEXT_KEY_WORD,
  LEAF_VALUE_HASH_WORD,
  LEAF_WORDS,
  LeafHasher
} from './format.ts'
import type { Lineage } from './lineage.ts'
import { type ChangedNodes, positionOf } from './overlay.ts'
import { checkKey, type TreeVersion, Version } from './version.ts'
import { bytesOf, copyHash, equalHashes, HASH_WORDS, wordsOf } from './words.ts'

/** What becomes of one key. */
export interface StateChange {
  readonly key: Uint8Array
  /** The hash of the new value; 32 zero bytes take the value away. */
  readonly valueHash: Uint8Array
}

/**
 * Derives a version.
 *
 * The order of the changes does not matter: new keys are inserted in ascending order. A change that
 * changes nothing is left out, so taking away a value that is not there inserts no leaf.
 *
 * @param parent  - any version that is not void
 * @param changes - of distinct keys
 */
export function deriveVersion(parent: TreeVersion, changes: readonly StateChange[]): TreeVersion {
  invariant(parent instanceof Version, 'a version is derived from one of this tree')
  const lineage = parent.lineage()
  const { indices, leaves, insertedCount } = changeLeaves(lineage, changes)
  const count = lineage.count + insertedCount
  invariant(count <= LEAF_COUNT_MAX, 'the tree has room for the new leaves')
  const levels = [{ indices, hashes: hashLeaves(leaves) }]
  for (let level = 0, depth = depthOf(count); level < depth; level++)
    levels.push(hashParents(lineage, level, levels[level] as ChangedNodes))
  return Version.derived(parent, { leaves, insertedCount, levels })
}

interface Update {
  readonly index: number
  readonly valueHash: Uint8Array
}

interface Insertion extends StateChange {
  /** The leaf below, in the parent. */
  readonly lowIndex: number
}

interface ChangedLeaves {
  readonly indices: Uint32Array
  readonly leaves: Uint32Array
  readonly insertedCount: number
}

/** All leaves that change: updated ones, those that get another next key, and new ones. */
function changeLeaves(lineage: Lineage, changes: readonly StateChange[]): ChangedLeaves {
  const { updates, insertions } = sortOut(lineage, changes)
  const old = sortedDistinct([
    ...updates.map(({ index }) => index),
    ...insertions.map(({ lowIndex }) => lowIndex)
  ])
  const indices = new Uint32Array(old.length + insertions.length)
  indices.set(old)
  const leaves = new Uint32Array(indices.length * LEAF_WORDS)
  for (let position = 0; position < old.length; position++)
    lineage.copyLeaf(old[position] as number, leaves, position * LEAF_WORDS)
  for (const { index, valueHash } of updates) {
    const start = positionOf(old, index) * LEAF_WORDS
    copyHash(wordsOf(valueHash), 0, leaves, start + LEAF_VALUE_HASH_WORD)
  }
  insert(insertions, { old, indices, leaves, firstIndex: lineage.count })
  return { indices, leaves, insertedCount: insertions.length }
}

/** Tells updates from insertions, those in ascending order of key, and drops what changes nothing. */
function sortOut(
  lineage: Lineage,
  changes: readonly StateChange[]
): { updates: Update[]; insertions: Insertion[] } {
  const updates: Update[] = []
  const insertions: Insertion[] = []
  const touched = new Set<number>()
  for (const { key, valueHash } of changes) {
    checkKey(key)
    invariant(valueHash.length === HASH_BYTES, 'a value hash has 32 bytes')
    const { index, isExact, leaf } = lineage.find(key)
    if (isExact) {
      invariant(index !== 0, 'the sentinel never has a value')
      invariant(!touched.has(index), 'changes are of distinct keys')
      touched.add(index)
      if (!equalHashes(leaf, LEAF_VALUE_HASH_WORD, wordsOf(valueHash), 0))
        updates.push({ index, valueHash })
    } else if (valueHash.some((byte) => byte !== 0))
      insertions.push({ key, valueHash, lowIndex: index })
  }
  insertions.sort((left, right) => compareBytes(left.key, right.key))
  return { updates, insertions }
}

interface InsertionTarget {
  readonly old: Uint32Array
  readonly indices: Uint32Array
  readonly leaves: Uint32Array
  readonly firstIndex: number
}

/** Writes the new leaves behind the old ones and links them in. */
function insert(insertions: readonly Insertion[], target: InsertionTarget): void {
  const { old, indices, leaves, firstIndex } = target
  let previous: Insertion | undefined
  for (const [number, insertion] of insertions.entries()) {
    const { key, valueHash, lowIndex } = insertion
    invariant(
      previous === undefined || !equalBytes(previous.key, key),
      'changes are of distinct keys'
    )
    const position = old.length + number
    // Of several new keys in one gap, each stands below the next.
    const below = previous?.lowIndex === lowIndex ? position - 1 : positionOf(old, lowIndex)
    const start = position * LEAF_WORDS
    const belowNextKey = below * LEAF_WORDS + LEAF_NEXT_KEY_WORD
    indices[position] = firstIndex + number
    copyHash(wordsOf(key), 0, leaves, start)
    copyHash(leaves, belowNextKey, leaves, start + LEAF_NEXT_KEY_WORD)
    copyHash(leaves, start, leaves, belowNextKey)
    copyHash(wordsOf(valueHash), 0, leaves, start + LEAF_VALUE_HASH_WORD)
    previous = insertion
  }
}

function hashLeaves(leaves: Uint32Array): Uint32Array {
  const hasher = new LeafHasher()
  const hashes = new Uint8Array((leaves.length / LEAF_WORDS) * HASH_BYTES)
  for (let leaf = 0; leaf * LEAF_WORDS < leaves.length; leaf++)
    hashes.set(hasher.hash(leaves, leaf * LEAF_WORDS), leaf * HASH_BYTES)
  return wordsOf(hashes)
}

/**
 * The nodes above the changed ones.
 *
 * A sibling that has not changed is the parent version's. Leaves are added without gaps, so one that
 * the parent version does not have is an empty subtree here too.
 */
function hashParents(
  lineage: Lineage,
  level: number,
  { indices, hashes }: ChangedNodes
): ChangedNodes {
  const parents = new Uint32Array(indices.length)
  const pairs = new Uint32Array(2 * HASH_WORDS * indices.length)
  let count = 0
  for (let position = 0; position < indices.length; position++, count++) {
    const index = indices[position] as number
    const isRight = index % 2 === 1
    const left = 2 * HASH_WORDS * count
    const right = left + HASH_WORDS
    copyHash(hashes, position * HASH_WORDS, pairs, isRight ? right : left)
    if (isRight) lineage.copyNode(level, index - 1, pairs, left)
    else if (indices[position + 1] === index + 1) {
      position++
      copyHash(hashes, position * HASH_WORDS, pairs, right)
    } else lineage.copyNode(level, index + 1, pairs, right)
    parents[count] = index >>> 1
  }
  const digests = hashPairs(bytesOf(pairs.subarray(0, 2 * HASH_WORDS * count)))
  return { indices: parents.slice(0, count), hashes: wordsOf(digests) }
}

function sortedDistinct(indices: readonly number[]): Uint32Array {
  const sorted = Uint32Array.from(indices).sort()
  return sorted.filter((index, position) => index !== sorted[position - 1])
}

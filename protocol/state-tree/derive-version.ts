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
  LEAF_BYTES,
  LEAF_COUNT_MAX,
  LEAF_NEXT_KEY_WORD,
  LEAF_WORDS,
  LeafHasher,
  ZERO_HASH
} from './format.ts'
import { type Lineage, Place } from './lineage.ts'
import { type ChangedNodes, compareKeys, positionOf } from './overlay.ts'
import { checkKey, type TreeVersion, Version } from './version.ts'
import { WantedRows } from './wanted-rows.ts'
import { bytesOf, copyHash, HASH_WORDS, wordsOf } from './words.ts'

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
  const pairs = new Uint32Array(2 * HASH_WORDS * indices.length)
  for (let level = 0, depth = depthOf(count); level < depth; level++)
    levels.push(hashParents(lineage, { level, pairs }, levels[level] as ChangedNodes))
  return Version.derived(parent, { leaves, leafBytes: bytesOf(leaves), insertedCount, levels })
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
  const lows = new Set(insertions.map(({ lowIndex }) => lowIndex))
  const found = Uint32Array.from(new Set([...updates.keys(), ...lows])).sort()
  const room = new Uint32Array((found.length + insertions.length) * LEAF_WORDS)
  const wanted = new WantedRows(found.length)
  for (const [position, index] of found.entries()) wanted.add(index, position * LEAF_WORDS)
  lineage.copyLeaves(wanted, room)

  const old = updateLeaves({ indices: found, leaves: room, lows }, updates)
  const indices = new Uint32Array(old.length + insertions.length)
  indices.set(old)
  const leaves = room.subarray(0, indices.length * LEAF_WORDS)
  insert(insertions, { old, indices, leaves, firstIndex: lineage.count })
  return { indices, leaves, insertedCount: insertions.length }
}

interface FoundLeaves {
  readonly indices: Uint32Array
  readonly leaves: Uint32Array
  /** Those below a new leaf, which change in any case. */
  readonly lows: ReadonlySet<number>
}

/** Writes the new value hashes, closes up the leaves that change, and returns their indices. */
function updateLeaves(
  { indices, leaves, lows }: FoundLeaves,
  updates: ReadonlyMap<number, Uint8Array>
): Uint32Array {
  const bytes = bytesOf(leaves)
  let kept = 0
  for (const [position, index] of indices.entries()) {
    const valueHash = updates.get(index)
    const start = position * LEAF_BYTES
    const valueStart = start + 2 * HASH_BYTES
    const isUpdated = valueHash !== undefined && compareKeys(bytes, valueStart, valueHash) !== 0
    if (isUpdated) bytes.set(valueHash, valueStart)
    else if (!lows.has(index)) continue
    if (kept !== position) bytes.copyWithin(kept * LEAF_BYTES, start, start + LEAF_BYTES)
    indices[kept] = index
    kept++
  }
  return indices.subarray(0, kept)
}

interface SortedChanges {
  /** The new value hashes of leaves that there are, by index. */
  readonly updates: ReadonlyMap<number, Uint8Array>
  /** In ascending order of key. */
  readonly insertions: readonly Insertion[]
}

/** Tells updates from insertions; what would insert no value is dropped. */
function sortOut(lineage: Lineage, changes: readonly StateChange[]): SortedChanges {
  const updates = new Map<number, Uint8Array>()
  const insertions: Insertion[] = []
  const place = new Place()
  for (const { key, valueHash } of changes) {
    checkKey(key)
    invariant(valueHash.length === HASH_BYTES, 'a value hash has 32 bytes')
    lineage.find(key, place)
    if (place.isExact) {
      invariant(place.index !== 0, 'the sentinel never has a value')
      invariant(!updates.has(place.index), 'changes are of distinct keys')
      updates.set(place.index, valueHash)
    } else if (!equalBytes(valueHash, ZERO_HASH))
      insertions.push({ key, valueHash, lowIndex: place.index })
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
  const bytes = bytesOf(leaves)
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
    bytes.set(key, position * LEAF_BYTES)
    bytes.set(valueHash, position * LEAF_BYTES + 2 * HASH_BYTES)
    copyHash(leaves, belowNextKey, leaves, start + LEAF_NEXT_KEY_WORD)
    copyHash(leaves, start, leaves, belowNextKey)
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
  { level, pairs }: { level: number; pairs: Uint32Array },
  { indices, hashes }: ChangedNodes
): ChangedNodes {
  const parents = new Uint32Array(indices.length)
  const wanted = new WantedRows(indices.length)
  let count = 0
  for (let position = 0; position < indices.length; position++, count++) {
    const index = indices[position] as number
    const isRight = index % 2 === 1
    const left = 2 * HASH_WORDS * count
    const right = left + HASH_WORDS
    copyHash(hashes, position * HASH_WORDS, pairs, isRight ? right : left)
    if (isRight) wanted.add(index - 1, left)
    else if (indices[position + 1] === index + 1) {
      position++
      copyHash(hashes, position * HASH_WORDS, pairs, right)
    } else wanted.add(index + 1, right)
    parents[count] = index >>> 1
  }
  lineage.copyNodes(level, wanted, pairs)
  const digests = hashPairs(bytesOf(pairs.subarray(0, 2 * HASH_WORDS * count)))
  return { indices: parents.slice(0, count), hashes: wordsOf(digests) }
}

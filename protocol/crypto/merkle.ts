/**
 * List trees: one root over an ordered list, with short paths to its items.
 *
 * Leaves and nodes are hashed under different prefixes, so a node never passes
 * for a leaf; an odd last node is promoted, so no item is ever counted twice.
 *
 * @see SPEC.md §1.4 List trees
 * @module
 */

import { sha256 } from '#crypto'
import { concatBytes, equalBytes } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** The hash of one item. */
export function listLeafHash(value: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, value))
}

/** The root over items; of no items, SHA-256 of nothing. */
export function listRoot(values: readonly Uint8Array[]): Uint8Array {
  return listRootOfLeaves(values.map(listLeafHash))
}

/** The root over item hashes already made by {@link listLeafHash}. */
export function listRootOfLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  let level = leaves
  while (level.length > 1) level = parentsOf(level)
  return level[0] as Uint8Array
}

/** The siblings of item `index` from its leaf up to the root. */
export function listPath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  return createListTree(leaves).path(index)
}

/** A list tree with all its levels at hand, for many paths. */
export interface ListTree {
  readonly root: Uint8Array
  readonly count: number
  /** The siblings of item `index` from its leaf up to the root. */
  readonly path: (index: number) => Uint8Array[]
}

/** The tree over item hashes made by {@link listLeafHash}: built once, each path then costs its length. */
export function createListTree(leaves: readonly Uint8Array[]): ListTree {
  const levels: (readonly Uint8Array[])[] = [leaves]
  for (let level = leaves; level.length > 1; levels.push(level)) level = parentsOf(level)
  const path = (index: number): Uint8Array[] => {
    invariant(index >= 0 && index < leaves.length, 'a path leads to an item of the list')
    return levels
      .map((level, height) => level[Math.floor(index / 2 ** height) ^ 1])
      .filter((sibling) => sibling !== undefined)
  }
  return { root: listRootOfLeaves(levels.at(-1) ?? []), count: leaves.length, path }
}

/**
 * Whether `path` proves that `value` stands at `index` of a list of `count` items with that root.
 *
 * @param proof - untrusted, of any length
 */
export function isInList(
  value: Uint8Array,
  proof: {
    readonly index: number
    readonly count: number
    readonly path: readonly Uint8Array[]
  },
  root: Uint8Array
): boolean {
  if (proof.index >= proof.count || proof.path.length > 53) return false
  let hash = listLeafHash(value)
  let position = proof.index
  let last = proof.count - 1
  let step = 0
  while (last > 0) {
    if (position % 2 === 1 || position < last) {
      const sibling = proof.path[step++]
      if (sibling === undefined || sibling.length !== 32) return false
      hash = position % 2 === 1 ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
    }
    position = Math.floor(position / 2)
    last = Math.floor(last / 2)
  }
  return step === proof.path.length && equalBytes(hash, root)
}

function parentsOf(level: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = []
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index] as Uint8Array
    const right = level[index + 1]
    parents.push(right === undefined ? left : nodeHash(left, right))
  }
  return parents
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, left, right))
}

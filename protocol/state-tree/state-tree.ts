/**
 * The state tree: an indexed Merkle tree of the whole state, and its unfinalised versions.
 *
 * @module
 */

import { invariant } from '../foundation/invariant.ts'
import { HASH_BYTES, LEAF_BYTES } from './format.ts'
import { createSettledLeaves, type SettledLeaves } from './settled-leaves.ts'
import { type TreeVersion, Version } from './version.ts'

/** A leaf and where it stands. */
export interface StateLeaf {
  readonly index: number
  readonly key: Uint8Array
  readonly nextKey: Uint8Array
  readonly valueHash: Uint8Array
}

/** The settled state and the door to its versions. */
export interface StateTree {
  /** The settled version: the one adopted last. */
  readonly base: TreeVersion
  /**
   * Makes a child of the base the base, in place. What descends from it goes on working; the old
   * base and its other descendants are void.
   */
  adopt(version: TreeVersion): void
  /** The leaves that differ from the parent's, in order of index: what must be stored with a block. */
  changedLeaves(version: TreeVersion): readonly StateLeaf[]
  /** The base's leaves from `first` up to, not including, `end`: 96 bytes each, a copy. */
  packLeaves(first: number, end: number): Uint8Array
}

/** A tree that holds nothing. */
export function createStateTree(): StateTree {
  return treeOn(createSettledLeaves())
}

/** The tree whose base is `settled`, which nobody else may write to. */
export function treeOn(settled: SettledLeaves): StateTree {
  let base = Version.settled(settled)
  return {
    get base(): TreeVersion {
      return base
    },
    adopt(version): void {
      const adopted = asVersion(version)
      settled.absorb(adopted.overlayOn(base))
      adopted.settle()
      base = adopted
    },
    changedLeaves: (version) => unpackChanges(asVersion(version)),
    packLeaves: (first, end) => settled.packLeaves(first, end)
  }
}

function asVersion(version: TreeVersion): Version {
  invariant(version instanceof Version, 'a version is one that this tree has derived')
  return version
}

function unpackChanges(version: Version): StateLeaf[] {
  const { leafBytes, levels } = version.overlay()
  return Array.from(levels[0]?.indices ?? [], (index, position) => {
    const start = position * LEAF_BYTES
    const part = (number: number): Uint8Array =>
      leafBytes.subarray(start + number * HASH_BYTES, start + (number + 1) * HASH_BYTES)
    return { index, key: part(0), nextKey: part(1), valueHash: part(2) }
  })
}

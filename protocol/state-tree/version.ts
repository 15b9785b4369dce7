/**
 * Versions of the state: the settled one, and what unfinalised blocks make of it.
 *
 * A version never changes what it says. It is void, and using it our own bug, once a version that
 * it does not descend from has been adopted.
 *
 * @module
 */

import { invariant } from '../foundation/invariant.ts'
import {
  depthOf,
  HASH_BYTES,
  LEAF_VALUE_HASH_WORD,
  LEAF_WORDS,
  NO_NEXT_KEY,
  rootOf,
  ZERO_WORDS
} from './format.ts'
import { Lineage, Place } from './lineage.ts'
import type { Overlay } from './overlay.ts'
import type { SettledLeaves } from './settled-leaves.ts'
import type { StateProof } from './state-proof.ts'
import { WantedRows } from './wanted-rows.ts'
import { bytesOf, equalHashes, HASH_WORDS } from './words.ts'

/** The state as one block leaves it. */
export interface TreeVersion {
  /** How many leaves there are, the sentinel among them. */
  readonly count: number
  /** The commitment to all leaves. */
  readonly root: Uint8Array
  /** The hash of the value under `key`; undefined when there is none. */
  valueHash(key: Uint8Array): Uint8Array | undefined
  /** A proof of the value under `key`, or of there being none. */
  prove(key: Uint8Array): StateProof
  /** The leaf that holds `key`, with a value or without; undefined when none does. */
  leafIndex(key: Uint8Array): number | undefined
}

type Ground =
  | { readonly kind: 'settled'; readonly generation: number }
  | { readonly kind: 'derived'; readonly parent: Version; readonly overlay: Overlay }

/** A version as the tree itself sees it. */
export class Version implements TreeVersion {
  readonly count: number
  readonly root: Uint8Array
  readonly #settled: SettledLeaves
  #ground: Ground

  private constructor(
    shape: { count: number; root: Uint8Array },
    settled: SettledLeaves,
    ground: Ground
  ) {
    this.count = shape.count
    this.root = shape.root
    this.#settled = settled
    this.#ground = ground
  }

  /** The version that the settled leaves are. */
  static settled(settled: SettledLeaves): Version {
    const { count, generation } = settled
    const lineage = new Lineage(count, [], settled)
    return new Version({ count, root: rootAt(lineage) }, settled, { kind: 'settled', generation })
  }

  /** The version that an overlay, of all levels up to the top, makes of its parent. */
  static derived(parent: Version, overlay: Overlay): Version {
    const count = parent.count + overlay.insertedCount
    const lineage = new Lineage(count, [overlay, ...parent.#overlays()], parent.#settled)
    const root = overlay.leaves.length === 0 ? parent.root : rootAt(lineage)
    return new Version({ count, root }, parent.#settled, { kind: 'derived', parent, overlay })
  }

  /** What this version is read through. */
  lineage(): Lineage {
    return new Lineage(this.count, this.#overlays(), this.#settled)
  }

  valueHash(key: Uint8Array): Uint8Array | undefined {
    const { place, leaf } = this.#find(key)
    if (!place.isExact || equalHashes(leaf, LEAF_VALUE_HASH_WORD, ZERO_WORDS, 0)) return undefined
    return bytesOf(leaf).slice(2 * HASH_BYTES)
  }

  leafIndex(key: Uint8Array): number | undefined {
    const { place } = this.#find(key)
    return place.isExact ? place.index : undefined
  }

  prove(key: Uint8Array): StateProof {
    const { lineage, place, leaf } = this.#find(key)
    const bytes = bytesOf(leaf)
    return {
      index: place.index,
      count: this.count,
      key: bytes.slice(0, HASH_BYTES),
      nextKey: bytes.slice(HASH_BYTES, 2 * HASH_BYTES),
      valueHash: bytes.slice(2 * HASH_BYTES),
      siblings: siblingsOf(lineage, place.index)
    }
  }

  /** What this version changes on `parent`, which must be its parent. */
  overlayOn(parent: Version): Overlay {
    invariant(
      this.#ground.kind === 'derived' && this.#ground.parent === parent,
      'a version is adopted on its own parent'
    )
    return this.#ground.overlay
  }

  /** What this version changes on its parent, as long as it stands above the settled leaves. */
  overlay(): Overlay {
    invariant(this.#ground.kind === 'derived', 'changes are read before their version is adopted')
    return this.#ground.overlay
  }

  /** Becomes the base: the settled leaves have absorbed its overlay. Lets go of its ancestors. */
  settle(): void {
    this.#ground = { kind: 'settled', generation: this.#settled.generation }
  }

  #find(key: Uint8Array): { lineage: Lineage; place: Place; leaf: Uint32Array } {
    checkKey(key)
    const lineage = this.lineage()
    const place = new Place()
    lineage.find(key, place)
    const leaf = new Uint32Array(LEAF_WORDS)
    lineage.copyLeaf(place.index, leaf)
    return { lineage, place, leaf }
  }

  /** The overlays down to the settled leaves, the newest first. */
  #overlays(): Overlay[] {
    const overlays: Overlay[] = []
    let ground = this.#ground
    while (ground.kind === 'derived') {
      overlays.push(ground.overlay)
      ground = ground.parent.#ground
    }
    invariant(
      ground.generation === this.#settled.generation,
      'a version is used only while the base is itself or its ancestor'
    )
    return overlays
  }
}

/** Stops the node unless `key` is 32 bytes below the mark that means "no next key". */
export function checkKey(key: Uint8Array): void {
  invariant(key.length === HASH_BYTES, 'a key of the state is a 32-byte hash')
  invariant(
    key[0] !== 0xff || key.some((byte) => byte !== NO_NEXT_KEY[0]),
    'a key of the state is a hash, so below 32 bytes of 0xff'
  )
}

function rootAt(lineage: Lineage): Uint8Array {
  const top = new Uint32Array(HASH_WORDS)
  const wanted = new WantedRows(1)
  wanted.add(0, 0)
  lineage.copyNodes(depthOf(lineage.count), wanted, top)
  return rootOf(lineage.count, bytesOf(top))
}

function siblingsOf(lineage: Lineage, index: number): Uint8Array[] {
  const siblings: Uint8Array[] = []
  const depth = depthOf(lineage.count)
  const path = new Uint32Array(depth * HASH_WORDS)
  const wanted = new WantedRows(1)
  for (let level = 0, position = index; level < depth; level++, position >>>= 1) {
    const start = level * HASH_WORDS
    wanted.add(position % 2 === 0 ? position + 1 : position - 1, start)
    lineage.copyNodes(level, wanted, path)
    siblings.push(bytesOf(path.subarray(start, start + HASH_WORDS)))
  }
  return siblings
}

/**
 * The state tree told naively: a sorted list and a recursion, to hold the real one against.
 *
 * @module
 */

import { sha256 } from '#crypto'
import { compareBytes, concatBytes, toHex, uint64 } from '../foundation/bytes.ts'

const ZERO = new Uint8Array(32)

interface ReferenceLeaf {
  readonly key: Uint8Array
  valueHash: Uint8Array
}

/** An unhurried state tree. */
export class ReferenceStateTree {
  readonly #leaves: ReferenceLeaf[]

  constructor(leaves: readonly ReferenceLeaf[] = [{ key: ZERO, valueHash: ZERO }]) {
    this.#leaves = leaves.map(({ key, valueHash }) => ({ key, valueHash }))
  }

  /** What becomes of it by changes of distinct keys. */
  derive(changes: readonly ReferenceLeaf[]): ReferenceStateTree {
    const child = new ReferenceStateTree(this.#leaves)
    for (const change of [...changes].sort((a, b) => compareBytes(a.key, b.key))) {
      const leaf = child.#leaves.find(({ key }) => toHex(key) === toHex(change.key))
      if (leaf !== undefined) leaf.valueHash = change.valueHash
      else if (toHex(change.valueHash) !== toHex(ZERO)) child.#leaves.push({ ...change })
    }
    return child
  }

  /** The hash of the value under a key. */
  valueHash(key: Uint8Array): Uint8Array | undefined {
    const leaf = this.#leaves.find((candidate) => toHex(candidate.key) === toHex(key))
    return leaf === undefined || toHex(leaf.valueHash) === toHex(ZERO) ? undefined : leaf.valueHash
  }

  /** All leaves packed, in order of index. */
  pack(): Uint8Array {
    const sorted = this.#leaves.map(({ key }) => key).sort(compareBytes)
    return concatBytes(
      ...this.#leaves.flatMap(({ key, valueHash }) => [
        key,
        sorted.find((other) => compareBytes(other, key) > 0) ?? new Uint8Array(32).fill(0xff),
        valueHash
      ])
    )
  }

  /** The commitment to all leaves. */
  root(): Uint8Array {
    const packed = this.pack()
    const hashes = this.#leaves.map((_, index) =>
      sha256(concatBytes(Uint8Array.of(0), packed.subarray(96 * index, 96 * index + 96)))
    )
    let capacity = 1
    while (capacity < hashes.length) capacity *= 2
    while (hashes.length < capacity) hashes.push(ZERO)
    const tag = Uint8Array.from('tm/tree/1', (letter) => letter.charCodeAt(0))
    return sha256(concatBytes(tag, uint64(this.#leaves.length), fold(hashes)))
  }
}

function fold(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] as Uint8Array
  const half = hashes.length / 2
  return sha256(concatBytes(fold(hashes.slice(0, half)), fold(hashes.slice(half))))
}

/**
 * Hashes: SHA-256 with one domain tag per use.
 *
 * A tag stands in front of everything that is hashed, so bytes meant for one
 * use never hash to a value of another.
 *
 * @see SPEC.md §1.2 Hashes
 * @module
 */

import { sha256 } from '#crypto'
import { ascii, concatBytes } from '../foundation/bytes.ts'

/** Hashes `parts`, joined, under a domain tag such as `tm/tx/1`. */
export type TaggedHash = (...parts: readonly Uint8Array[]) => Uint8Array

/** Makes the hash of one domain. */
export function createTaggedHash(tag: string): TaggedHash {
  const prefix = ascii(tag)
  return (...parts) => sha256(concatBytes(prefix, ...parts))
}

const hashKey = createTaggedHash('tm/key/1')
const hashContent = createTaggedHash('tm/content/1')
const hashNetwork = createTaggedHash('tm/network/1')

/** The 32-byte commitment to a public key. */
export function keyHash(key: Uint8Array): Uint8Array {
  return hashKey(key)
}

/** The 32-byte hash of a device message's content. */
export function contentHash(content: Uint8Array): Uint8Array {
  return hashContent(content)
}

/** The 32 bytes that bind every signature and id to one network. */
export function networkTagOf(networkId: string, genesisHash: Uint8Array): Uint8Array {
  return hashNetwork(ascii(networkId), Uint8Array.of(0), genesisHash)
}

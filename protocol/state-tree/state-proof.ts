/**
 * State proofs: that the state holds a value under a key, or none.
 *
 * One leaf and its path to the root prove either: the leaf of the key itself, or, as each leaf names
 * the next larger key, the leaf below a gap in which the key would have to stand.
 *
 * @module
 */

import { hashPairs } from '#crypto'
import { compareBytes, concatBytes, equalBytes } from '../foundation/bytes.ts'
import { depthOf, HASH_BYTES, LEAF_COUNT_MAX, LeafHasher, rootOf, ZERO_HASH } from './format.ts'
import { wordsOf } from './words.ts'

/** One leaf and its path to the root. */
export interface StateProof {
  /** Where the leaf stands: how many were inserted before it. */
  readonly index: number
  /** How many leaves the tree has. */
  readonly count: number
  readonly key: Uint8Array
  /** The next larger key of the tree; 32 bytes of 0xff when there is none. */
  readonly nextKey: Uint8Array
  /** 32 zero bytes when the key has no value. */
  readonly valueHash: Uint8Array
  /** The siblings on the way up, from the leaf's to the top's. */
  readonly siblings: readonly Uint8Array[]
}

/** A proof as it stands in encoded form: index, count, key, next key, value hash, siblings. */
export type StateProofFields = readonly [
  number,
  number,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  readonly Uint8Array[]
]

/** The rules a proof can break, in the order they are checked. */
export type StateProofFault =
  | 'STATE_PROOF_MALFORMED'
  | 'STATE_PROOF_KEY_DIFFERENT'
  | 'STATE_PROOF_ROOT_DIFFERENT'

/** What a proof proves: the hash of the key's value, or null for no value; else the rule it broke. */
export type StateProofVerdict =
  | { readonly ok: true; readonly valueHash: Uint8Array | null }
  | { readonly ok: false; readonly fault: StateProofFault }

/** A proof read from its fields, or the fault of their shape. */
export type StateProofReading =
  | { readonly ok: true; readonly proof: StateProof }
  | { readonly ok: false; readonly fault: 'STATE_PROOF_MALFORMED' }

/** The fields of a proof, for a codec to write. */
export function stateProofToFields(proof: StateProof): StateProofFields {
  const { index, count, key, nextKey, valueHash, siblings } = proof
  return [index, count, key, nextKey, valueHash, siblings]
}

/**
 * Reads a proof from its fields.
 *
 * @param fields - untrusted, of any type
 */
export function stateProofFromFields(fields: unknown): StateProofReading {
  if (!Array.isArray(fields) || fields.length !== 6)
    return { ok: false, fault: 'STATE_PROOF_MALFORMED' }
  const [index, count, key, nextKey, valueHash, siblings] = fields as unknown[]
  if (!Array.isArray(siblings)) return { ok: false, fault: 'STATE_PROOF_MALFORMED' }
  const proof = { index, count, key, nextKey, valueHash, siblings } as StateProof
  return isWellFormed(proof) ? { ok: true, proof } : { ok: false, fault: 'STATE_PROOF_MALFORMED' }
}

/**
 * Judges a proof of what the state holds under a key.
 *
 * @param proof - untrusted
 * @param root  - trusted: the state root of a final header
 * @param key   - the key that was asked for
 */
export function judgeStateProof(
  proof: StateProof,
  root: Uint8Array,
  key: Uint8Array
): StateProofVerdict {
  if (!isWellFormed(proof)) return { ok: false, fault: 'STATE_PROOF_MALFORMED' }
  const isOwnLeaf = equalBytes(proof.key, key)
  if (!(isOwnLeaf || isBetween(proof.key, key, proof.nextKey)))
    return { ok: false, fault: 'STATE_PROOF_KEY_DIFFERENT' }
  if (!equalBytes(rootOf(proof.count, climb(proof)), root))
    return { ok: false, fault: 'STATE_PROOF_ROOT_DIFFERENT' }
  const hasValue = isOwnLeaf && !equalBytes(proof.valueHash, ZERO_HASH)
  return { ok: true, valueHash: hasValue ? proof.valueHash : null }
}

/** The top node that the proof's leaf and siblings lead to. */
function climb({ index, key, nextKey, valueHash, siblings }: StateProof): Uint8Array {
  let node = new LeafHasher().hash(wordsOf(concatBytes(key, nextKey, valueHash)), 0)
  let position = index
  for (const sibling of siblings) {
    const isRight = position % 2 === 1
    node = hashPairs(isRight ? concatBytes(sibling, node) : concatBytes(node, sibling))
    position = Math.floor(position / 2)
  }
  return node
}

function isBetween(low: Uint8Array, key: Uint8Array, high: Uint8Array): boolean {
  return compareBytes(low, key) < 0 && compareBytes(key, high) < 0
}

function isWellFormed(proof: StateProof): boolean {
  const { index, count, key, nextKey, valueHash, siblings } = proof
  return (
    isIntegerWithin(count, 1, LEAF_COUNT_MAX) &&
    isIntegerWithin(index, 0, count - 1) &&
    siblings.length === depthOf(count) &&
    [key, nextKey, valueHash, ...siblings].every(isHash)
  )
}

function isIntegerWithin(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
}

function isHash(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === HASH_BYTES
}

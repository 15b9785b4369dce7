/**
 * Read proofs: that the state holds a value under a key, or none, at a final height.
 *
 * @see SPEC.md §10.3 Read proofs
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytesBetween, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { equalBytes } from '../foundation/bytes.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import { stateKey, stateValueHash } from '../ledger/table.ts'
import type { Electorate } from '../membership/electorate.ts'
import {
  judgeStateProof,
  type StateProof,
  stateProofFromFields,
  stateProofToFields
} from '../state-tree/state-proof.ts'
import {
  type FinalHeader,
  type FinalityFault,
  type FinalityProof,
  finalityProofFromFields,
  finalityProofToFields,
  judgeFinality
} from './finality-proof.ts'

/** A value of the state, or its absence, with its way to a final header. */
export interface ReadProof {
  readonly table: number
  readonly key: Uint8Array
  /** The encoded record; null when there is none. */
  readonly value: Uint8Array | null
  readonly state: StateProof
  readonly finality: FinalityProof
}

/** What a read proof can get wrong. */
export type ReadFault =
  | FinalityFault
  | 'READ_PROOF_MALFORMED'
  | 'STATE_PROOF_WRONG'
  | 'VALUE_DIFFERENT'

/** The number that opens an encoded read proof. */
export const READ_FORMAT = 2

const readStateProof: Shape<StateProof> = (value) => {
  const reading = stateProofFromFields(value)
  return reading.ok ? reading.proof : undefined
}

const fields = tuple(
  uint(READ_FORMAT, READ_FORMAT),
  uint(255),
  bytesBetween(0, 128),
  nullable(bytesBetween(1, 65_536)),
  readStateProof,
  finalityProofFromFields
)

/** The wire form of a read proof. */
export function encodeReadProof(proof: ReadProof): Uint8Array {
  const value: CborValue = [
    READ_FORMAT,
    proof.table,
    proof.key,
    proof.value,
    stateProofToFields(proof.state),
    finalityProofToFields(proof.finality)
  ]
  return encodeCbor(value)
}

/** Reads a read proof; undefined when the bytes are no canonical one. */
export function decodeReadProof(encoded: Uint8Array): ReadProof | undefined {
  const read = fields(decodeCbor(encoded))
  if (read === undefined) return undefined
  const [, table, key, value, state, finality] = read
  return { table, key, value, state, finality }
}

/** Judges a read proof: a final header, and the value or its absence under its state root. */
export function judgeRead(
  proof: ReadProof,
  trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): Verdict<ReadFault, FinalHeader> {
  const judged = judgeFinality(proof.finality, trusted)
  if (!judged.ok) return judged
  const { stateRoot } = judged.value.header
  const verdict = judgeStateProof(proof.state, stateRoot, stateKey(proof.table, proof.key))
  if (!verdict.ok) return reject('STATE_PROOF_WRONG')
  const { value } = proof
  const isSame =
    value === null || verdict.valueHash === null
      ? value === null && verdict.valueHash === null
      : equalBytes(stateValueHash(value), verdict.valueHash)
  return isSame ? acceptAs(judged.value) : reject('VALUE_DIFFERENT')
}

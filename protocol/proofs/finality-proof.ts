/**
 * Finality proofs: that a header is final, for anyone who knows the electorate.
 *
 * A block is final when it, or a descendant, carries a finalisation. The headers
 * between tie the two together by their parents' ids.
 *
 * @see SPEC.md §10.1 Finality proofs
 * @module
 */

import { type BlockHeader, blockIdOf, decodeBlockHeader } from '../blocks/block.ts'
import type { CborValue } from '../codec/cbor.ts'
import { bytesBetween, list, type Shape, tuple } from '../codec/shape.ts'
import {
  type Certificate,
  certificateFromFields,
  certificateToFields,
  judgeCertificate
} from '../consensus/certificate.ts'
import { equalBytes, toHex } from '../foundation/bytes.ts'
import { UNFINALISED_MAX } from '../foundation/limits.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { BlockId } from '../types.ts'

/** A header, what finalises it, and the headers from it to the finalised one. */
export interface FinalityProof {
  readonly headerBytes: Uint8Array
  readonly finalisation: Certificate
  /** Headers of the descendants up to the finalised block, lowest first; empty when it is itself. */
  readonly descendants: readonly Uint8Array[]
}

/** A header that was proved final. */
export interface FinalHeader {
  readonly header: BlockHeader
  readonly blockId: BlockId
}

/** What a finality proof can get wrong. */
export type FinalityFault =
  | 'HEADER_MALFORMED'
  | 'HEADER_NETWORK_WRONG'
  | 'HEADER_ELECTORATE_WRONG'
  | 'DESCENDANTS_BROKEN'
  | 'FINALISATION_OF_OTHER_BLOCK'
  | 'FINALISATION_FORGED'

const fields = tuple(
  bytesBetween(1, 2048),
  certificateFromFields,
  list(bytesBetween(1, 2048), 4 * UNFINALISED_MAX)
)

/** Reads a finality proof. */
export const finalityProofFromFields: Shape<FinalityProof> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return { headerBytes: read[0], finalisation: read[1], descendants: read[2] }
}

/** The positions of a finality proof. */
export function finalityProofToFields(proof: FinalityProof): CborValue {
  return [proof.headerBytes, certificateToFields(proof.finalisation), proof.descendants]
}

/**
 * Judges a finality proof.
 *
 * @param proof   - untrusted
 * @param trusted - the network, and the electorate of the header's epoch
 */
export function judgeFinality(
  proof: FinalityProof,
  trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): Verdict<FinalityFault, FinalHeader> {
  const { networkTag, electorate } = trusted
  const header = decodeBlockHeader(proof.headerBytes)
  if (header === undefined) return reject('HEADER_MALFORMED')
  if (!equalBytes(header.networkTag, networkTag)) return reject('HEADER_NETWORK_WRONG')
  const isElectorate =
    header.epoch === electorate.epoch && equalBytes(header.electorateHash, electorate.hash)
  if (!isElectorate) return reject('HEADER_ELECTORATE_WRONG')
  let last = blockIdOf(proof.headerBytes)
  const blockId = toHex(last) as BlockId
  for (const descendantBytes of proof.descendants) {
    const descendant = decodeBlockHeader(descendantBytes)
    if (descendant === undefined || !equalBytes(descendant.parentId, last))
      return reject('DESCENDANTS_BROKEN')
    last = blockIdOf(descendantBytes)
  }
  const { vote } = proof.finalisation
  if (vote.kind !== 'finalise' || vote.subject?.blockId !== toHex(last))
    return reject('FINALISATION_OF_OTHER_BLOCK')
  if (!judgeCertificate(proof.finalisation, networkTag, electorate).ok)
    return reject('FINALISATION_FORGED')
  return acceptAs({ header, blockId })
}

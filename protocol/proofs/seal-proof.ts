/**
 * Seal proofs: how whoever knows one electorate comes to know the next.
 *
 * A sealing block names the next electorate by its hash, and a quorum of the present one made the
 * block final. Nothing else begins an epoch, so whoever follows every seal from an electorate it
 * trusts never needs to be told what to trust again.
 *
 * @see SPEC.md §10.5 Seal proofs
 * @module
 */

import { blockIdOf, decodeBlockHeader } from '../blocks/block.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytesBetween, list, type Shape, tuple } from '../codec/shape.ts'
import {
  type Certificate,
  certificateFromFields,
  certificateToFields,
  judgeCertificate
} from '../consensus/certificate.ts'
import { equalBytes, toHex } from '../foundation/bytes.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import { decodeElectorate, type Electorate } from '../membership/electorate.ts'

/** A seal: the header of the block, its finalisation, and the electorate that it begins. */
export interface SealProof {
  readonly headerBytes: Uint8Array
  readonly finalisation: Certificate
  /** As the seal's hash covers it. */
  readonly electorateBytes: Uint8Array
}

/** What a seal proof can get wrong. */
export type SealFault =
  | 'HEADER_MALFORMED'
  | 'HEADER_NETWORK_WRONG'
  | 'HEADER_ELECTORATE_WRONG'
  | 'HEADER_NOT_SEAL'
  | 'SEAL_ELECTORATE_WRONG'
  | 'FINALISATION_OF_OTHER_BLOCK'
  | 'FINALISATION_FORGED'

/** Seals that are handed out at once, at most. */
export const SEALS_MAX = 64

const ELECTORATE_MAX_BYTES = 524_288
const fields = tuple(
  bytesBetween(1, 512),
  certificateFromFields,
  bytesBetween(1, ELECTORATE_MAX_BYTES)
)

/** Reads a seal proof. */
export const sealProofFromFields: Shape<SealProof> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return { headerBytes: read[0], finalisation: read[1], electorateBytes: read[2] }
}

/** The positions of a seal proof. */
export function sealProofToFields(proof: SealProof): CborValue {
  return [proof.headerBytes, certificateToFields(proof.finalisation), proof.electorateBytes]
}

/** The wire form of a seal proof. */
export function encodeSealProof(proof: SealProof): Uint8Array {
  return encodeCbor(sealProofToFields(proof))
}

/** Reads a seal proof from its bytes; undefined when they are no canonical one. */
export function decodeSealProof(encoded: Uint8Array): SealProof | undefined {
  return sealProofFromFields(decodeCbor(encoded))
}

/** The wire form of seals in the order of their epochs, as nodes, clients and files pass them on. */
export function encodeSealProofs(proofs: readonly SealProof[]): Uint8Array {
  return encodeCbor(proofs.map(sealProofToFields))
}

/** Reads seals; undefined when the bytes are no list of them, or of more than `countMax`. */
export function decodeSealProofs(
  encoded: Uint8Array,
  countMax: number = SEALS_MAX
): readonly SealProof[] | undefined {
  return list(sealProofFromFields, countMax)(decodeCbor(encoded))
}

/**
 * Judges a seal by the electorate that it ends.
 *
 * @param proof   - untrusted
 * @param trusted - the network, and the electorate of the epoch that the seal ends
 * @returns the electorate of the next epoch
 */
export function judgeSeal(
  proof: SealProof,
  trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): Verdict<SealFault, Electorate> {
  const { networkTag, electorate } = trusted
  const header = decodeBlockHeader(proof.headerBytes)
  if (header === undefined) return reject('HEADER_MALFORMED')
  if (!equalBytes(header.networkTag, networkTag)) return reject('HEADER_NETWORK_WRONG')
  const isElectorate =
    header.epoch === electorate.epoch && equalBytes(header.electorateHash, electorate.hash)
  if (!isElectorate) return reject('HEADER_ELECTORATE_WRONG')
  if (header.seal === null) return reject('HEADER_NOT_SEAL')
  const next = decodeElectorate(proof.electorateBytes)
  if (next === undefined || next.epoch !== header.epoch + 1 || !equalBytes(next.hash, header.seal))
    return reject('SEAL_ELECTORATE_WRONG')
  const { vote } = proof.finalisation
  // A seal may have been proposed again: any finalisation of it, from its own view on, is as good.
  const isOfSeal =
    vote.kind === 'finalise' &&
    vote.view >= header.view &&
    vote.subject?.blockId === toHex(blockIdOf(proof.headerBytes))
  if (!isOfSeal) return reject('FINALISATION_OF_OTHER_BLOCK')
  if (!judgeCertificate(proof.finalisation, networkTag, electorate).ok)
    return reject('FINALISATION_FORGED')
  return acceptAs(next)
}

/** How far seals lead. */
export interface SealsFollowed {
  /** The electorates that the good seals begin, in order. */
  readonly electorates: readonly Electorate[]
  /** What is wrong with the first seal that leads no further; null when all of them are good. */
  readonly fault: SealFault | null
}

/**
 * Follows seals one after the other, each judged by the electorate before it.
 *
 * @param proofs  - untrusted
 * @param trusted - the network, and the electorate of the epoch that the first seal ends
 */
export function followSeals(
  proofs: readonly SealProof[],
  trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): SealsFollowed {
  const electorates: Electorate[] = []
  let { electorate } = trusted
  for (const proof of proofs) {
    const judged = judgeSeal(proof, { networkTag: trusted.networkTag, electorate })
    if (!judged.ok) return { electorates, fault: judged.fault }
    electorate = judged.value
    electorates.push(electorate)
  }
  return { electorates, fault: null }
}

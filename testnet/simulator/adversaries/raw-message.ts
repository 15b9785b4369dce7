/**
 * Messages as bytes that no honest encoder would write: whoever lies does not keep to the types.
 *
 * @module
 */

import {
  type Block,
  type CborValue,
  type Certificate,
  encodeBlock,
  encodeCbor,
  fromHex,
  type Proposal,
  VOTE_KINDS,
  type Vote
} from '../../../protocol/index.ts'

/** A certificate whose bitmap and signatures need not fit together. */
export interface RawCertificate {
  readonly vote: Vote
  readonly bitmap: Uint8Array
  readonly signatures: readonly Uint8Array[]
}

const PROPOSAL_NUMBER = 2
const CERTIFICATE_NUMBER = 3

/** A bitmap with the bits of some members. */
export function bitmapOf(members: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(Math.floor(Math.max(0, ...members) / 8) + 1)
  for (const member of members)
    bitmap[member >> 3] = (bitmap[member >> 3] as number) | (1 << (member & 7))
  return bitmap
}

/** A genuine certificate, open to be changed. */
export function rawOf({ vote, signatures }: Certificate): RawCertificate {
  return {
    vote,
    bitmap: bitmapOf(signatures.map(({ signer }) => signer)),
    signatures: signatures.map(({ signature }) => signature)
  }
}

/** The positions of a certificate, whatever is in them. */
function rawFields({ vote, bitmap, signatures }: RawCertificate): CborValue {
  const { kind, epoch, view, subject } = vote
  return [
    VOTE_KINDS[kind],
    epoch,
    view,
    subject === null ? null : subject.parentView,
    subject === null ? null : (fromHex(subject.blockId) as Uint8Array),
    bitmap,
    signatures
  ]
}

/** A certificate message. */
export function rawCertificateMessage(certificate: RawCertificate): Uint8Array {
  return encodeCbor([CERTIFICATE_NUMBER, rawFields(certificate)])
}

/** A proposal with whatever shall justify it. */
export function rawProposalMessage(
  { block, vote }: Pick<Proposal, 'block' | 'vote'>,
  justification: readonly RawCertificate[],
  batches: readonly Uint8Array[]
): Uint8Array {
  return encodeCbor([
    PROPOSAL_NUMBER,
    [
      block.headerBytes,
      block.batches.map(({ authorIndex, headerBytes }) => [authorIndex, headerBytes])
    ],
    justification.map(rawFields),
    vote.signature,
    batches
  ])
}

/** An answer to a question about certificates. */
export function rawCertificatesAnswer(certificates: readonly RawCertificate[]): Uint8Array {
  return encodeCbor(certificates.map((certificate) => encodeCbor(rawFields(certificate))))
}

/** A final block as it travels, with whatever shall prove it. */
export interface RawParcel {
  readonly block: Block
  readonly finalisation: RawCertificate | null
  readonly batches: readonly Uint8Array[]
}

/** An answer to a question about final blocks. */
export function rawParcels(parcels: readonly RawParcel[]): Uint8Array {
  return encodeCbor(
    parcels.map(({ block, finalisation, batches }) => [
      encodeBlock(block),
      finalisation === null ? null : encodeCbor(rawFields(finalisation)),
      batches
    ])
  )
}

/**
 * Certificates: portable proof that a quorum agreed.
 *
 * A certificate carries the votes of members that together reach the quorum.
 * Any two quorums share an honest member, and honest members never sign votes
 * that conflict; so of two votes that conflict at most one is ever certified.
 *
 * @see SPEC.md §9.2 Certificates
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { fromHex, toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { CERTIFICATE_SIZE_MAX_BYTES, MEMBERS_MAX } from '../foundation/limits.ts'
import { accept, reject, type Verdict } from '../foundation/verdict.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { BlockId, Epoch, MemberIndex, View } from '../types.ts'
import { isVoteGenuine, type SignedVote, VOTE_KINDS, type Vote, type VoteKind } from './vote.ts'

/** Proof that a quorum of one electorate signed one vote. */
export interface Certificate {
  readonly vote: Vote
  /** Strictly ascending by member: one set of signers has exactly one encoding. */
  readonly signatures: readonly {
    readonly signer: MemberIndex
    readonly signature: Uint8Array
  }[]
}

/** The rules a certificate can break, in the order they are checked. */
export type CertificateFault =
  | 'CERTIFICATE_EPOCH_WRONG'
  | 'CERTIFICATE_SIGNER_UNKNOWN'
  | 'CERTIFICATE_UNDERWEIGHT'
  | 'CERTIFICATE_SIGNATURE_FORGED'

const KIND_NAMES: readonly (VoteKind | undefined)[] = [undefined, 'notarise', 'nullify', 'finalise']

const fields = tuple(
  uint(3, 1),
  uint(),
  uint(),
  nullable(uint()),
  nullable(bytes(32)),
  bytesBetween(1, Math.ceil(MEMBERS_MAX / 8)),
  list(bytes(64), MEMBERS_MAX, 1)
)

/**
 * Judges a certificate by the electorate of its epoch.
 *
 * Signatures come last, so junk is refused for the price of an addition, and no
 * certificate costs more verifications than there are members.
 *
 * @param certificate - untrusted, as decoded from the wire
 * @param electorate  - trusted, the one seated for the vote's epoch
 */
export function judgeCertificate(
  certificate: Certificate,
  networkTag: Uint8Array,
  electorate: Electorate
): Verdict<CertificateFault> {
  const { vote, signatures } = certificate
  if (vote.epoch !== electorate.epoch) return reject('CERTIFICATE_EPOCH_WRONG')
  let weight = 0
  for (const { signer } of signatures) {
    const seat = electorate.seats[signer]
    if (seat === undefined) return reject('CERTIFICATE_SIGNER_UNKNOWN')
    weight += seat.weight
  }
  if (weight < electorate.quorumWeight) return reject('CERTIFICATE_UNDERWEIGHT')
  const isGenuine = signatures.every(({ signer, signature }) =>
    isVoteGenuine(networkTag, electorate, { vote, signer, signature })
  )
  return isGenuine ? accept : reject('CERTIFICATE_SIGNATURE_FORGED')
}

/** Makes a certificate of votes that say the same and reach the quorum. */
export function createCertificate(votes: readonly SignedVote[]): Certificate {
  const [first] = votes
  invariant(first !== undefined, 'a certificate holds votes')
  const signatures = [...votes]
    .sort((a, b) => a.signer - b.signer)
    .map(({ signer, signature }) => ({ signer, signature }))
  return { vote: first.vote, signatures }
}

/** The positions of a certificate: kind, epoch, view, parentView, blockId, bitmap, signatures. */
export function certificateToFields({ vote, signatures }: Certificate): CborValue {
  const last = signatures[signatures.length - 1]
  invariant(last !== undefined, 'a certificate holds signatures')
  const bitmap = new Uint8Array(Math.floor(last.signer / 8) + 1)
  for (const { signer } of signatures)
    bitmap[signer >> 3] = (bitmap[signer >> 3] as number) | (1 << (signer & 7))
  return [
    VOTE_KINDS[vote.kind],
    vote.epoch,
    vote.view,
    vote.subject === null ? null : vote.subject.parentView,
    vote.subject === null ? null : (fromHex(vote.subject.blockId) as Uint8Array),
    bitmap,
    signatures.map(({ signature }) => signature)
  ]
}

/** Reads a certificate: as many signatures as bits, no trailing empty byte of the bitmap. */
export const certificateFromFields: Shape<Certificate> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [number, epoch, view, parentView, blockId, bitmap, signatures] = read
  const kind = KIND_NAMES[number] as VoteKind
  const isNullify = kind === 'nullify'
  if (isNullify !== (parentView === null) || isNullify !== (blockId === null)) return undefined
  const signers = membersOf(bitmap)
  if (signers.length !== signatures.length || bitmap[bitmap.length - 1] === 0) return undefined
  return {
    vote: {
      kind,
      epoch: epoch as Epoch,
      view: view as View,
      subject:
        parentView === null || blockId === null
          ? null
          : { parentView: parentView as View, blockId: toHex(blockId) as BlockId }
    },
    signatures: signers.map((signer, index) => ({
      signer,
      signature: signatures[index] as Uint8Array
    }))
  }
}

/** The wire form of a certificate. */
export function encodeCertificate(certificate: Certificate): Uint8Array {
  return encodeCbor(certificateToFields(certificate))
}

/** Reads a certificate; undefined when the bytes are no canonical one. */
export function decodeCertificate(encoded: Uint8Array): Certificate | undefined {
  if (encoded.length > CERTIFICATE_SIZE_MAX_BYTES) return undefined
  return certificateFromFields(decodeCbor(encoded))
}

function membersOf(bitmap: Uint8Array): MemberIndex[] {
  const signers: MemberIndex[] = []
  for (const [index, byte] of bitmap.entries())
    for (let bit = 0; bit < 8; bit++)
      if ((byte & (1 << bit)) !== 0) signers.push((8 * index + bit) as MemberIndex)
  return signers
}

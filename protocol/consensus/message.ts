/**
 * Messages: what members say to each other on their direct streams.
 *
 * @see SPEC.md §9.3 Messages
 * @module
 */

import { type Block, blockFromFields } from '../blocks/block.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, nullable, tuple, uint } from '../codec/shape.ts'
import { fromHex, toHex } from '../foundation/bytes.ts'
import { BATCH_ENCODED_MAX_BYTES, BLOCK_BATCHES_MAX } from '../foundation/limits.ts'
import type { BlockId, Epoch, MemberIndex, View } from '../types.ts'
import { type Certificate, certificateFromFields, certificateToFields } from './certificate.ts'
import { type SignedVote, VOTE_KINDS, type VoteKind } from './vote.ts'

/** Certificates that may justify one proposal: a notarisation and the gaps after it. */
export const JUSTIFICATION_MAX = 64

/** A block offered for a view, as it was received. */
export interface Proposal {
  readonly block: Block
  /**
   * The leader's own NOTARISE: there is no other signature on a proposal. Its views are those of the
   * block's header, but for a seal that is proposed again.
   */
  readonly vote: SignedVote
  readonly justification: readonly Certificate[]
}

/** Where a member stands. */
export interface Status {
  readonly epoch: Epoch
  readonly view: View
  readonly finalView: View
  readonly height: number
  readonly pendingBatches: number
  /** The vote of the receiver with the highest view that the sender holds; null for none. */
  readonly latestVoteOfYours: SignedVote | null
  /** A number that the sender's process drew when it came up. */
  readonly instance: number
  /** Whether the sender heard another process with the receiver's key after the present one. */
  readonly hasTwin: boolean
  /** Whether the sender asks for a status in return. */
  readonly isQuestion: boolean
}

/** One message on a member stream. */
export type MemberMessage =
  | { readonly kind: 'vote'; readonly vote: SignedVote }
  | {
      readonly kind: 'proposal'
      readonly proposal: Proposal
      /** Encoded batches that came with it. */
      readonly batches: readonly Uint8Array[]
    }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'status'; readonly status: Status }

const NUMBERS: {
  readonly vote: 1
  readonly proposal: 2
  readonly certificate: 3
  readonly status: 4
} = { vote: 1, proposal: 2, certificate: 3, status: 4 }
const KIND_NAMES: readonly (VoteKind | undefined)[] = [undefined, 'notarise', 'nullify', 'finalise']

const voteFields = tuple(
  uint(1, 1),
  uint(3, 1),
  uint(),
  uint(),
  nullable(uint()),
  nullable(bytes(32)),
  bytes(64)
)
const isVoteFields = (value: CborValue | undefined): CborValue | undefined =>
  voteFields(value) === undefined ? undefined : value
const proposalFields = tuple(
  uint(2, 2),
  blockFromFields,
  list(certificateFromFields, JUSTIFICATION_MAX),
  bytes(64),
  list(bytesBetween(1, BATCH_ENCODED_MAX_BYTES), BLOCK_BATCHES_MAX),
  uint(),
  uint()
)
const certificateFields = tuple(uint(3, 3), certificateFromFields)
const statusFields = tuple(
  uint(4, 4),
  uint(),
  uint(),
  uint(),
  uint(),
  uint(),
  nullable(isVoteFields),
  uint(1),
  uint(),
  uint(1)
)

/** The wire form of a vote. */
export function encodeVoteMessage(vote: SignedVote): Uint8Array {
  return encodeCbor(voteToFields(vote))
}

function voteToFields({ vote, signature }: SignedVote): CborValue {
  return [
    NUMBERS.vote,
    VOTE_KINDS[vote.kind],
    vote.epoch,
    vote.view,
    vote.subject === null ? null : vote.subject.parentView,
    vote.subject === null ? null : (fromHex(vote.subject.blockId) as Uint8Array),
    signature
  ]
}

/** The wire form of a proposal, with batches that travel inside it. */
export function encodeProposalMessage(
  { block, vote, justification }: Proposal,
  batches: readonly Uint8Array[]
): Uint8Array {
  const blockFields: CborValue = [
    block.headerBytes,
    block.batches.map(({ authorIndex, headerBytes }) => [authorIndex, headerBytes])
  ]
  return encodeCbor([
    NUMBERS.proposal,
    blockFields,
    justification.map(certificateToFields),
    vote.signature,
    batches,
    vote.vote.view,
    vote.vote.subject?.parentView ?? 0
  ])
}

/** The wire form of a certificate message. */
export function encodeCertificateMessage(certificate: Certificate): Uint8Array {
  return encodeCbor([NUMBERS.certificate, certificateToFields(certificate)])
}

/** The wire form of a status. */
export function encodeStatusMessage(status: Status): Uint8Array {
  return encodeCbor([
    NUMBERS.status,
    status.epoch,
    status.view,
    status.finalView,
    status.height,
    status.pendingBatches,
    status.latestVoteOfYours === null ? null : voteToFields(status.latestVoteOfYours),
    status.isQuestion ? 1 : 0,
    status.instance,
    status.hasTwin ? 1 : 0
  ])
}

/**
 * Reads a message that came on a member's stream.
 *
 * @param from - the member whose stream it came on: the only signer of its votes
 * @param to   - the member that reads it: the signer of a vote that a status names
 */
export function decodeMemberMessage(
  encoded: Uint8Array,
  from: MemberIndex,
  to: MemberIndex | null = null
): MemberMessage | undefined {
  const value = decodeCbor(encoded)
  const number = Array.isArray(value) ? (value as readonly CborValue[])[0] : undefined
  if (number === NUMBERS.vote) return readVote(value, from)
  if (number === NUMBERS.proposal) return readProposal(value, from)
  if (number === NUMBERS.certificate) {
    const read = certificateFields(value)
    return read && { kind: 'certificate', certificate: read[1] }
  }
  return number === NUMBERS.status ? readStatus(value, to) : undefined
}

function readVote(value: CborValue | undefined, from: MemberIndex): MemberMessage | undefined {
  const vote = voteFromFields(value, from)
  return vote && { kind: 'vote', vote }
}

function voteFromFields(value: CborValue | undefined, signer: MemberIndex): SignedVote | undefined {
  const read = voteFields(value)
  if (read === undefined) return undefined
  const [, number, epoch, view, parentView, blockId, signature] = read
  const kind = KIND_NAMES[number] as VoteKind
  const isNullify = kind === 'nullify'
  if (isNullify !== (parentView === null) || isNullify !== (blockId === null)) return undefined
  const subject =
    parentView === null || blockId === null
      ? null
      : { parentView: parentView as View, blockId: toHex(blockId) as BlockId }
  const vote = { kind, epoch: epoch as Epoch, view: view as View, subject }
  return { vote, signer, signature }
}

function readProposal(value: CborValue | undefined, from: MemberIndex): MemberMessage | undefined {
  const read = proposalFields(value)
  if (read === undefined) return undefined
  const [, block, justification, signature, batches, view, parentView] = read
  const subject = { parentView: parentView as View, blockId: block.id }
  const { epoch } = block.header
  const vote = {
    vote: { kind: 'notarise' as const, epoch, view: view as View, subject },
    signer: from,
    signature
  }
  return { kind: 'proposal', proposal: { block, vote, justification }, batches }
}

function readStatus(
  value: CborValue | undefined,
  to: MemberIndex | null
): MemberMessage | undefined {
  const read = statusFields(value)
  if (read === undefined) return undefined
  const [, epoch, view, finalView, height, pendingBatches, voteValue, isQuestion, instance, twin] =
    read
  const vote = voteValue === null || to === null ? null : voteFromFields(voteValue, to)
  if (vote === undefined) return undefined
  return {
    kind: 'status',
    status: {
      epoch: epoch as Epoch,
      view: view as View,
      finalView: finalView as View,
      height,
      pendingBatches,
      latestVoteOfYours: vote,
      isQuestion: isQuestion === 1,
      instance,
      hasTwin: twin === 1
    }
  }
}

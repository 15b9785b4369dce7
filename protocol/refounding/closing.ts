/**
 * Closings: a survivor's word that it votes no more in an epoch, and what it knows to be notarised.
 *
 * On the wire `[signedBody, [memberSignature, voteKeySignature]]`. A closing is made where so many
 * members are gone for good that the epoch can never go on. It binds its maker for ever: whoever
 * signs votes and a closing of one epoch has lied, so the vote log is closed before it is signed.
 *
 * @see SPEC.md §7.6 Refounding
 * @module
 */

import { decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type Certificate,
  decodeCertificate,
  encodeCertificate,
  judgeCertificate
} from '../consensus/certificate.ts'
import { type CoseSignature, coseFromFields, coseToFields, verifyCose } from '../crypto/cose.ts'
import { ascii, concatBytes, equalBytes, toHex } from '../foundation/bytes.ts'
import { CERTIFICATE_SIZE_MAX_BYTES } from '../foundation/limits.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import type { Electorate, Seat } from '../membership/electorate.ts'

/** What a survivor says. */
export interface ClosingStatement {
  /** The network that ends. */
  readonly networkTag: Uint8Array
  readonly epoch: number
  readonly electorateHash: Uint8Array
  readonly memberId: Uint8Array
  /** Votes for it in the network that follows; never used before. */
  readonly voteKey: Uint8Array
  readonly nextVoteKeyHash: Uint8Array
  /**
   * The notarisation or finalisation of the highest view that it knows; null while nothing but the
   * block that the epoch stands on is known.
   */
  readonly certificate: Certificate | null
  /** Its last final block. */
  readonly floor: { readonly height: number; readonly blockId: Uint8Array }
  readonly closedAtMs: number
}

/** A statement with the two signatures under it. */
export interface Closing {
  readonly statement: ClosingStatement
  readonly signedBody: Uint8Array
  readonly memberSignature: CoseSignature
  readonly voteKeySignature: CoseSignature
}

/** Why a closing is not counted. */
export type ClosingFault =
  | 'CLOSING_NETWORK_WRONG'
  | 'CLOSING_EPOCH_WRONG'
  | 'CLOSING_MEMBER_UNKNOWN'
  | 'CLOSING_CERTIFICATE_WRONG'
  | 'CLOSING_SIGNATURE_FORGED'

const CLOSING_FORMAT = 1
/** The size of a closing, at most: a certificate and a few fields. */
export const CLOSING_SIZE_MAX_BYTES: number = CERTIFICATE_SIZE_MAX_BYTES + 1_024

const MEMBER_DOMAIN = ascii('tm/closing/1')
const VOTE_KEY_DOMAIN = ascii('tm/closing-key/1')

const bodyFields = tuple(
  uint(CLOSING_FORMAT, CLOSING_FORMAT),
  bytes(32),
  uint(),
  bytes(32),
  bytes(32),
  bytes(32),
  bytes(32),
  nullable(bytesBetween(1, CERTIFICATE_SIZE_MAX_BYTES)),
  uint(),
  bytes(32),
  uint()
)
const readCose: Shape<CoseSignature> = coseFromFields
const wireFields = tuple(bytesBetween(1, CLOSING_SIZE_MAX_BYTES), list(readCose, 2, 2))

/** The bytes that both signatures are made over, as the payload of a COSE_Sign1. */
export function encodeClosingStatement(statement: ClosingStatement): Uint8Array {
  const { certificate, floor } = statement
  return encodeCbor([
    CLOSING_FORMAT,
    statement.networkTag,
    statement.epoch,
    statement.electorateHash,
    statement.memberId,
    statement.voteKey,
    statement.nextVoteKeyHash,
    certificate === null ? null : encodeCertificate(certificate),
    floor.height,
    floor.blockId,
    statement.closedAtMs
  ])
}

/** What stands beside the payload: who signs in which role, and for which network. */
export function closingAad(role: 'member' | 'vote-key', networkTag: Uint8Array): Uint8Array {
  return concatBytes(role === 'member' ? MEMBER_DOMAIN : VOTE_KEY_DOMAIN, networkTag)
}

/** The bytes of a closing. */
export function encodeClosing(closing: Closing): Uint8Array {
  const { signedBody, memberSignature, voteKeySignature } = closing
  return encodeCbor([signedBody, [coseToFields(memberSignature), coseToFields(voteKeySignature)]])
}

/** Reads a closing from anybody; undefined when the bytes are no canonical one. */
export function decodeClosing(encoded: Uint8Array): Closing | undefined {
  if (encoded.length > CLOSING_SIZE_MAX_BYTES) return undefined
  const wire = wireFields(decodeCbor(encoded))
  if (wire === undefined) return undefined
  const [signedBody, [memberSignature, voteKeySignature]] = wire
  const statement = readStatement(signedBody)
  if (statement === undefined || !memberSignature || !voteKeySignature) return undefined
  return { statement, signedBody, memberSignature, voteKeySignature }
}

function readStatement(signedBody: Uint8Array): ClosingStatement | undefined {
  const read = bodyFields(decodeCbor(signedBody))
  if (read === undefined) return undefined
  const certificate = read[7] === null ? null : decodeCertificate(read[7])
  if (certificate === undefined) return undefined
  return {
    networkTag: read[1],
    epoch: read[2],
    electorateHash: read[3],
    memberId: read[4],
    voteKey: read[5],
    nextVoteKeyHash: read[6],
    certificate,
    floor: { height: read[8], blockId: read[9] },
    closedAtMs: read[10]
  }
}

/**
 * Judges a closing by the electorate of the epoch that it closes.
 *
 * @returns the seat of its maker
 */
export function judgeClosing(
  { statement, signedBody, memberSignature, voteKeySignature }: Closing,
  { networkTag, electorate }: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): Verdict<ClosingFault, Seat> {
  if (!equalBytes(statement.networkTag, networkTag)) return reject('CLOSING_NETWORK_WRONG')
  const isOfEpoch =
    statement.epoch === electorate.epoch && equalBytes(statement.electorateHash, electorate.hash)
  if (!isOfEpoch) return reject('CLOSING_EPOCH_WRONG')
  const index = electorate.indexOf.get(toHex(statement.memberId))
  const seat = index === undefined ? undefined : electorate.seats[index]
  if (seat === undefined) return reject('CLOSING_MEMBER_UNKNOWN')
  const isSigned =
    verifyCose(seat.memberId, memberSignature, {
      externalAad: closingAad('member', networkTag),
      payload: signedBody
    }) &&
    verifyCose(statement.voteKey, voteKeySignature, {
      externalAad: closingAad('vote-key', networkTag),
      payload: signedBody
    })
  if (!isSigned) return reject('CLOSING_SIGNATURE_FORGED')
  const { certificate } = statement
  if (certificate === null) return acceptAs(seat)
  const isOfBlock = certificate.vote.subject !== null
  const isGenuine = isOfBlock && judgeCertificate(certificate, networkTag, electorate).ok
  return isGenuine ? acceptAs(seat) : reject('CLOSING_CERTIFICATE_WRONG')
}

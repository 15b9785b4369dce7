/**
 * How the vote log looks on disk: a marker, and numbered writes joined by a hash chain.
 *
 * LevelDB may lose a record from the middle of its own log without a word; the
 * chain turns such a hole into an error.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { decode, encode } from 'cborg'
import * as z from 'zod'

/** A place in the order of views. */
export interface Position {
  readonly epoch: number
  readonly view: number
}

/** The votes that a member may cast in one view. */
export type VoteKind = 'notarise' | 'nullify' | 'finalise'

/** The certificates that a view may end in. */
export type CertificateKind = 'notarisation' | 'nullification' | 'finalisation'

/** One of my votes, as the bytes that were or will be sent. */
export interface LoggedVote extends Position {
  readonly kind: VoteKind
  readonly bytes: Uint8Array
}

/** One certificate that a vote of mine relied on. */
export interface LoggedCertificate extends Position {
  readonly kind: CertificateKind
  readonly bytes: Uint8Array
}

/** What one write holds. */
export interface VoteLogWrite {
  readonly entries: readonly LoggedVote[]
  readonly certificates: readonly LoggedCertificate[]
}

/** A link of the chain: after the write of this number, the chain has this value. */
export interface ChainLink {
  readonly sequence: number
  readonly chain: Uint8Array
}

/**
 * Why a log takes no more votes: an earlier log of this key was lost, or the epoch was closed so that
 * a new network is founded.
 */
export type Retirement = 'lost' | 'closed'

/** What the log says about itself, written anew with every write. */
export interface Marker extends Position {
  readonly uuid: string
  /** The highest position ever voted in; pruning does not lower it. */
  readonly highestEpoch: number
  readonly highestView: number
  /** Votes and certificates held. */
  readonly count: number
  readonly head: ChainLink
  /** The last write that was pruned. */
  readonly base: ChainLink
  /** Why nothing more is ever signed; null while this log is good for signing. */
  readonly retired: Retirement | null
}

/** The key of the marker. */
export const MARKER_KEY: Uint8Array = Uint8Array.of(1)

const WRITE_TABLE = 2

/** The range of all writes. */
export const WRITES: { readonly gte: Uint8Array; readonly lt: Uint8Array } = {
  gte: Uint8Array.of(WRITE_TABLE),
  lt: Uint8Array.of(WRITE_TABLE + 1)
}

const integer = z.int().nonnegative()
const bytes = z.instanceof(Uint8Array)
const link = z.tuple([integer, bytes])
const markerFields = [z.string(), integer, integer, integer, integer, integer, link, link] as const
/** A log that takes no more votes says why at the end of its marker; no other says anything there. */
const markerShape = z.union([
  z.tuple([...markerFields]),
  z.tuple([...markerFields, z.enum(['lost', 'closed'])])
])
const voteKind = z.enum(['notarise', 'nullify', 'finalise'])
const certificateKind = z.enum(['notarisation', 'nullification', 'finalisation'])
const writeShape = z.tuple([
  z.array(z.tuple([integer, integer, voteKind, bytes])),
  z.array(z.tuple([integer, integer, certificateKind, bytes])),
  bytes
])

/** The key of a numbered write. */
export function writeKey(sequence: number): Uint8Array {
  const key = Buffer.alloc(9)
  key[0] = WRITE_TABLE
  key.writeBigUInt64BE(BigInt(sequence), 1)
  return key
}

/** The number in a write's key. */
export function sequenceOf(key: Uint8Array): number {
  return key.length === 9 ? Number(Buffer.from(key).readBigUInt64BE(1)) : Number.NaN
}

/** The chain before the first write. */
export function firstLink(uuid: string): ChainLink {
  return { sequence: 0, chain: sha256(Buffer.from(`tm/vote-log/1${uuid}`)) }
}

/** Encodes a write and links it to the chain. */
export function encodeWrite(
  previous: ChainLink,
  write: VoteLogWrite
): { readonly link: ChainLink; readonly payload: Uint8Array } {
  const next = linkAfter(previous, write)
  const payload = encode([...listsOf(write), next.chain])
  return { link: next, payload }
}

/** Reads a write back; undefined when it does not follow `previous`. */
export function decodeWrite(
  previous: ChainLink,
  payload: Uint8Array
): { readonly link: ChainLink; readonly write: VoteLogWrite } | undefined {
  const found = writeShape.safeParse(decodeOrUndefined(payload)).data
  if (found === undefined) return undefined
  const [votes, certificates, chain] = found
  const write: VoteLogWrite = {
    entries: votes.map(([epoch, view, kind, content]) => ({ epoch, view, kind, bytes: content })),
    certificates: certificates.map(([epoch, view, kind, content]) => ({
      epoch,
      view,
      kind,
      bytes: content
    }))
  }
  const next = linkAfter(previous, write)
  return Buffer.compare(next.chain, chain) === 0 ? { link: next, write } : undefined
}

/** The marker's payload. */
export function encodeMarker(marker: Marker): Uint8Array {
  const { uuid, highestEpoch, highestView, count, epoch, view, head, base, retired } = marker
  return encode([
    uuid,
    highestEpoch,
    highestView,
    count,
    epoch,
    view,
    [head.sequence, head.chain],
    [base.sequence, base.chain],
    ...(retired === null ? [] : [retired])
  ])
}

/** Reads the marker back. */
export function decodeMarker(payload: Uint8Array): Marker | undefined {
  const found = markerShape.safeParse(decodeOrUndefined(payload)).data
  if (found === undefined) return undefined
  const [uuid, highestEpoch, highestView, count, epoch, view, head, base, retired] = found
  return {
    uuid,
    highestEpoch,
    highestView,
    count,
    epoch,
    view,
    head: { sequence: head[0], chain: head[1] },
    base: { sequence: base[0], chain: base[1] },
    retired: retired ?? null
  }
}

/** Orders positions: by epoch, then by view. */
export function comparePositions(left: Position, right: Position): number {
  return left.epoch - right.epoch || left.view - right.view
}

function linkAfter(previous: ChainLink, write: VoteLogWrite): ChainLink {
  const sequence = previous.sequence + 1
  return { sequence, chain: sha256(previous.chain, encode([sequence, ...listsOf(write)])) }
}

function listsOf(write: VoteLogWrite): readonly unknown[] {
  return [write.entries.map(row), write.certificates.map(row)]
}

function row(item: LoggedVote | LoggedCertificate): readonly unknown[] {
  return [item.epoch, item.view, item.kind, item.bytes]
}

function decodeOrUndefined(payload: Uint8Array): unknown {
  try {
    return decode(payload)
  } catch {
    // not CBOR: the shape check refuses undefined, and the caller names the place
    return undefined
  }
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

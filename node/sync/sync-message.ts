/**
 * What nodes ask each other for: batches, blocks, certificates, and where they stand.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import {
  type BatchId,
  type Block,
  type BlockId,
  bytes,
  bytesBetween,
  type CborValue,
  type Certificate,
  decodeBlock,
  decodeCbor,
  decodeCertificate,
  encodeBlock,
  encodeCbor,
  encodeCertificate,
  fromHex,
  list,
  nullable,
  type Outcome,
  toHex,
  tuple,
  uint
} from '../../protocol/index.ts'
import { packedOutcomes, packOutcomes, unpackOutcomes } from '../ledger/stored-block.ts'
import type { PartName } from '../snapshot/snapshot-folder.ts'

/** Most batches of one request. */
export const BATCHES_PER_REQUEST_MAX = 64
/** Most blocks of one request. */
export const BLOCKS_PER_REQUEST_MAX = 64
/** Most snapshots that one node offers. */
export const SNAPSHOTS_OFFERED_MAX = 16
/** Most values of the state of one request. */
const STATE_VALUES_PER_REQUEST_MAX = 64
/** Most certificates of one answer. */
export const CERTIFICATES_PER_ANSWER_MAX = 64

/** One question of the fetch protocol. */
export type FetchRequest =
  | { readonly kind: 'batches'; readonly ids: readonly BatchId[] }
  | { readonly kind: 'block'; readonly id: BlockId }
  | { readonly kind: 'certificates'; readonly first: number; readonly last: number }
  | { readonly kind: 'final-blocks'; readonly from: number; readonly count: number }
  | { readonly kind: 'state-values'; readonly places: readonly StatePlace[] }
  | { readonly kind: 'outcomes'; readonly height: number }
  /** Seals in order, the first being the one that ends this epoch. */
  | { readonly kind: 'seals'; readonly from: number }
  | SnapshotRequest

/** One question about snapshots. */
export type SnapshotRequest =
  | { readonly kind: 'snapshots' }
  | { readonly kind: 'snapshot-manifest'; readonly id: Uint8Array }
  | { readonly kind: 'snapshot-part'; readonly id: Uint8Array; readonly part: PartName }

/** A snapshot as it is offered. */
export interface SnapshotOffer {
  readonly height: number
  readonly id: Uint8Array
  readonly bytes: number
}

/** Where a record stands in the state. */
export interface StatePlace {
  readonly table: number
  readonly key: Uint8Array
}

/** A final block as it travels: with what finalised it, if that was itself, and its batches. */
export interface FinalBlockParcel {
  readonly block: Block
  readonly finalisation: Certificate | null
  /** Encoded batches, in the block's order; fewer when the receiver must fetch the rest. */
  readonly batches: readonly Uint8Array[]
}

/** Where a node stands, as it tells anyone. */
export interface NodeStatus {
  readonly height: number
  readonly view: number
  readonly isMember: boolean
}

/** Parts by their numbers on the wire. */
const PART_KINDS: readonly PartName['kind'][] = ['leaves', 'values']

const batchesRequest = tuple(uint(1, 1), list(bytes(32), BATCHES_PER_REQUEST_MAX, 1))
const blockRequest = tuple(uint(2, 2), bytes(32))
const certificatesRequest = tuple(uint(3, 3), uint(), uint())
const finalBlocksRequest = tuple(uint(4, 4), uint(), uint(BLOCKS_PER_REQUEST_MAX, 1))
const snapshotsRequest = tuple(uint(5, 5))
const manifestRequest = tuple(uint(6, 6), bytes(32))
const partRequest = tuple(uint(7, 7), bytes(32), uint(1), uint())
const offerList = list(tuple(uint(), bytes(32), uint()), SNAPSHOTS_OFFERED_MAX)
const stateValuesRequest = tuple(
  uint(8, 8),
  list(tuple(uint(255), bytesBetween(0, 128)), STATE_VALUES_PER_REQUEST_MAX, 1)
)
const outcomesRequest = tuple(uint(9, 9), uint())
const sealsRequest = tuple(uint(10, 10), uint())
const valueList = list(nullable(bytesBetween(1, 1_048_576)), STATE_VALUES_PER_REQUEST_MAX)
const outcomeFields = tuple(packedOutcomes.numbers, packedOutcomes.codes)
const batchList = list(nullable(bytesBetween(1, 131_072)), BATCHES_PER_REQUEST_MAX)
const certificateList = list(bytesBetween(1, 65_536), CERTIFICATES_PER_ANSWER_MAX)
const parcelFields = tuple(
  bytesBetween(1, 2_097_152),
  nullable(bytesBetween(1, 65_536)),
  list(bytesBetween(1, 131_072), 512)
)
const parcelList = list(parcelFields, 4 * BLOCKS_PER_REQUEST_MAX)
const statusFields = tuple(uint(), uint(), uint(1))

/** The wire form of a question. */
export function encodeFetchRequest(request: FetchRequest): Uint8Array {
  switch (request.kind) {
    case 'batches':
      return encodeCbor([1, request.ids.map((id) => fromHex(id) as Uint8Array)])
    case 'block':
      return encodeCbor([2, fromHex(request.id) as Uint8Array])
    case 'certificates':
      return encodeCbor([3, request.first, request.last])
    case 'final-blocks':
      return encodeCbor([4, request.from, request.count])
    case 'snapshots':
      return encodeCbor([5])
    case 'snapshot-manifest':
      return encodeCbor([6, request.id])
    case 'snapshot-part': {
      const { kind, index } = request.part
      return encodeCbor([7, request.id, PART_KINDS.indexOf(kind), index])
    }
    case 'state-values':
      return encodeCbor([8, request.places.map(({ table, key }) => [table, key])])
    case 'outcomes':
      return encodeCbor([9, request.height])
    case 'seals':
      return encodeCbor([10, request.from])
  }
}

/** Reads a question; undefined when it is none. */
export function decodeFetchRequest(encoded: Uint8Array): FetchRequest | undefined {
  const value = decodeCbor(encoded)
  const batches = batchesRequest(value)
  if (batches !== undefined)
    return { kind: 'batches', ids: batches[1].map((id) => toHex(id) as BatchId) }
  const block = blockRequest(value)
  if (block !== undefined) return { kind: 'block', id: toHex(block[1]) as BlockId }
  const certificates = certificatesRequest(value)
  if (certificates !== undefined)
    return { kind: 'certificates', first: certificates[1], last: certificates[2] }
  const final = finalBlocksRequest(value)
  if (final !== undefined) return { kind: 'final-blocks', from: final[1], count: final[2] }
  const seals = sealsRequest(value)
  if (seals !== undefined) return { kind: 'seals', from: seals[1] }
  return readMendingRequest(value) ?? readSnapshotRequest(value)
}

function readMendingRequest(value: CborValue | undefined): FetchRequest | undefined {
  const values = stateValuesRequest(value)
  if (values !== undefined)
    return { kind: 'state-values', places: values[1].map(([table, key]) => ({ table, key })) }
  const outcomes = outcomesRequest(value)
  return outcomes && { kind: 'outcomes', height: outcomes[1] }
}

function readSnapshotRequest(value: CborValue | undefined): SnapshotRequest | undefined {
  if (snapshotsRequest(value) !== undefined) return { kind: 'snapshots' }
  const manifest = manifestRequest(value)
  if (manifest !== undefined) return { kind: 'snapshot-manifest', id: manifest[1] }
  const part = partRequest(value)
  if (part === undefined) return undefined
  const kind = PART_KINDS[part[2]] as PartName['kind']
  return { kind: 'snapshot-part', id: part[1], part: { kind, index: part[3] } }
}

/** The answer to the question which snapshots there are. */
export function encodeOffers(offers: readonly SnapshotOffer[]): Uint8Array {
  const told = offers.slice(0, SNAPSHOTS_OFFERED_MAX)
  return encodeCbor(told.map(({ height, id, bytes: total }) => [height, id, total]))
}

/** Reads the snapshots that a node offers; undefined when the bytes are no list of them. */
export function decodeOffers(encoded: Uint8Array): readonly SnapshotOffer[] | undefined {
  const read = offerList(decodeCbor(encoded))
  return read?.map(([height, id, total]) => ({ height, id, bytes: total }))
}

/** The answer to a question about a manifest or a part: null when it is not held. */
export function encodeBytesAnswer(found: Uint8Array | null): Uint8Array {
  return encodeCbor(found)
}

/** Reads such an answer; undefined when it is neither bytes nor null. */
export function decodeBytesAnswer(encoded: Uint8Array): Uint8Array | null | undefined {
  const value = decodeCbor(encoded)
  return value === null || value instanceof Uint8Array ? value : undefined
}

/** The answer to a question about batches: null for those that are not held. */
export function encodeBatchesAnswer(batches: readonly (Uint8Array | null)[]): Uint8Array {
  return encodeCbor(batches)
}

/** Reads an answer about batches. */
export function decodeBatchesAnswer(
  encoded: Uint8Array
): readonly (Uint8Array | null)[] | undefined {
  return batchList(decodeCbor(encoded))
}

/** The answer to a question about values of the state: null for those that it does not hold. */
export function encodeStateValuesAnswer(values: readonly (Uint8Array | null)[]): Uint8Array {
  return encodeCbor(values)
}

/** Reads an answer about values of the state. */
export function decodeStateValuesAnswer(
  encoded: Uint8Array
): readonly (Uint8Array | null)[] | undefined {
  return valueList(decodeCbor(encoded))
}

/** The answer to a question about a final block's outcomes: null when it is not held. */
export function encodeOutcomesAnswer(outcomes: readonly Outcome[] | undefined): Uint8Array {
  return encodeCbor(outcomes === undefined ? null : [...packOutcomes(outcomes)])
}

/** Reads an answer about outcomes; whether they are the block's, its header tells. */
export function decodeOutcomesAnswer(encoded: Uint8Array): readonly Outcome[] | undefined {
  const read = outcomeFields(decodeCbor(encoded))
  return read && unpackOutcomes(read[0], read[1])
}

/** The answer to a question about a block: null when it is not held. */
export function encodeBlockAnswer(block: Block | undefined): Uint8Array {
  return encodeCbor(block === undefined ? null : encodeBlock(block))
}

/** Reads an answer about a block. */
export function decodeBlockAnswer(encoded: Uint8Array): Block | undefined {
  const value = decodeCbor(encoded)
  return value instanceof Uint8Array ? decodeBlock(value) : undefined
}

/** The answer to a question about certificates. */
export function encodeCertificatesAnswer(certificates: readonly Certificate[]): Uint8Array {
  return encodeCbor(certificates.slice(0, CERTIFICATES_PER_ANSWER_MAX).map(encodeCertificate))
}

/** Reads an answer about certificates; what is no certificate is left out. */
export function decodeCertificatesAnswer(encoded: Uint8Array): readonly Certificate[] {
  return (certificateList(decodeCbor(encoded)) ?? [])
    .map(decodeCertificate)
    .filter((certificate) => certificate !== undefined)
}

/** The wire form of final blocks: an answer, or one of them as it is gossiped. */
export function encodeParcels(parcels: readonly FinalBlockParcel[]): Uint8Array {
  return encodeCbor(
    parcels.map(
      ({ block, finalisation, batches }): CborValue => [
        encodeBlock(block),
        finalisation === null ? null : encodeCertificate(finalisation),
        batches
      ]
    )
  )
}

/** Reads final blocks; undefined when anything in them is malformed. */
export function decodeParcels(encoded: Uint8Array): readonly FinalBlockParcel[] | undefined {
  const read = parcelList(decodeCbor(encoded))
  if (read === undefined) return undefined
  const parcels: FinalBlockParcel[] = []
  for (const [blockBytes, certificateBytes, batches] of read) {
    const block = decodeBlock(blockBytes)
    const finalisation = certificateBytes === null ? null : decodeCertificate(certificateBytes)
    if (block === undefined || finalisation === undefined) return undefined
    parcels.push({ block, finalisation, batches })
  }
  return parcels
}

/** The wire form of a node's status. */
export function encodeNodeStatus({ height, view, isMember }: NodeStatus): Uint8Array {
  return encodeCbor([height, view, isMember ? 1 : 0])
}

/** Reads a node's status. */
export function decodeNodeStatus(encoded: Uint8Array): NodeStatus | undefined {
  const read = statusFields(decodeCbor(encoded))
  return read && { height: read[0], view: read[1], isMember: read[2] === 1 }
}

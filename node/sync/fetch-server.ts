/**
 * The fetch server: answers other nodes from what is held, within bounds.
 *
 * @module
 */

import {
  type BatchId,
  type Block,
  type BlockId,
  type Certificate,
  encodeSealProofs,
  type SealProof
} from '../../protocol/index.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'
import {
  CERTIFICATES_PER_ANSWER_MAX,
  decodeFetchRequest,
  encodeBatchesAnswer,
  encodeBlockAnswer,
  encodeCertificatesAnswer,
  encodeOutcomesAnswer,
  encodeParcels,
  encodeStateValuesAnswer,
  type FinalBlockParcel,
  type SnapshotRequest
} from './sync-message.ts'

/** Bytes of batches in one answer; what is beyond, the asker asks for again. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024
/** Blocks that an answer may grow by until one is finalised directly. */
const EXTRA_BLOCKS_MAX = 64

/** What the server answers from. */
export interface FetchServerPorts {
  readonly batchBytes: (id: BatchId) => Uint8Array | undefined
  readonly bodyOf: (id: BlockId) => Block | undefined
  readonly finalBlock: (height: number) => StoredBlock | undefined
  readonly certificates: (first: number, last: number) => readonly Certificate[]
  /** The lowest height whose batches are here. */
  readonly batchesFrom: () => number
  readonly snapshots: (question: SnapshotRequest) => Promise<Uint8Array>
  /** The value under a key of a table in the committed state. */
  readonly stateValue: (table: number, key: Uint8Array) => Uint8Array | undefined
  /** Seals in order, from the one that ends an epoch on, no more than an answer holds. */
  readonly seals: (from: number) => readonly SealProof[]
}

/** Answers one question; undefined when the bytes are none. */
export async function answerFetch(
  request: Uint8Array,
  ports: FetchServerPorts
): Promise<Uint8Array | undefined> {
  const question = decodeFetchRequest(request)
  if (question === undefined) return undefined
  switch (question.kind) {
    case 'batches':
      return encodeBatchesAnswer(within(question.ids.map(ports.batchBytes)))
    case 'block':
      return encodeBlockAnswer(ports.bodyOf(question.id))
    case 'certificates': {
      const last = Math.min(question.last, question.first + CERTIFICATES_PER_ANSWER_MAX)
      return encodeCertificatesAnswer(ports.certificates(question.first, last))
    }
    case 'final-blocks':
      return encodeParcels(finalBlocks(question.from, question.count, ports))
    case 'snapshots':
    case 'snapshot-manifest':
    case 'snapshot-part':
      return await ports.snapshots(question)
    case 'state-values': {
      const { places } = question
      const values = places.map(({ table, key }) => ports.stateValue(table, key))
      return encodeStateValuesAnswer(within(values))
    }
    case 'outcomes':
      return encodeOutcomesAnswer(ports.finalBlock(question.height)?.outcomes)
    case 'seals':
      return encodeSealProofs(ports.seals(question.from))
  }
}

/** A final block with its batches, as far as these fit into `bytesMax`. */
function parcelOf(
  { block, finalisation }: StoredBlock,
  ports: Pick<FetchServerPorts, 'batchBytes'>,
  bytesMax: number
): FinalBlockParcel {
  const batches: Uint8Array[] = []
  let size = 0
  for (const { id } of block.batches) {
    const bytes = ports.batchBytes(id)
    if (bytes === undefined || size + bytes.length > bytesMax) break
    batches.push(bytes)
    size += bytes.length
  }
  return { block, finalisation, batches }
}

/** Blocks from a height on, the last one finalised directly, so that all of them are proved final. */
function finalBlocks(from: number, count: number, ports: FetchServerPorts): FinalBlockParcel[] {
  const parcels: FinalBlockParcel[] = []
  let lastProved = 0
  let bytes = 0
  // A block whose batches were pruned helps nobody onward: a snapshot does.
  if (from < ports.batchesFrom()) return []
  for (let height = from; height < from + count + EXTRA_BLOCKS_MAX; height++) {
    if (height >= from + count && lastProved > 0) break
    const stored = ports.finalBlock(height)
    if (stored === undefined) break
    const parcel = parcelOf(stored, ports, Math.max(0, ANSWER_BYTES_MAX - bytes))
    // What does not fit comes whole with the next run, rather than batch by batch.
    if (parcel.batches.length < stored.block.batches.length && lastProved > 0) break
    bytes += parcel.batches.reduce((sum, { length }) => sum + length, 0)
    parcels.push(parcel)
    if (stored.finalisation !== null) lastProved = parcels.length
  }
  return parcels.slice(0, lastProved)
}

/** What was found, in order, as far as it fits into an answer; null for all else. */
function within(found: readonly (Uint8Array | undefined)[]): (Uint8Array | null)[] {
  let size = 0
  return found.map((bytes) => {
    if (bytes === undefined || size + bytes.length > ANSWER_BYTES_MAX) return null
    size += bytes.length
    return bytes
  })
}

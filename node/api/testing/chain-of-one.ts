/**
 * A chain with one member, for tests: its blocks are final as soon as they are made.
 *
 * @module
 */

import { ed25519PublicKey, ed25519Sign } from '#crypto'
import {
  ascii,
  BLOCK_FORMAT,
  type BlockId,
  batchListRoot,
  blockIdOf,
  createCertificate,
  createElectorate,
  type Electorate,
  type Epoch,
  encodeBlockHeader,
  encodeCbor,
  encodeCertificate,
  encodeReceiptLeaf,
  encodeVote,
  type FinalityProof,
  type Height,
  listRoot,
  type MemberIndex,
  networkTagOf,
  toHex,
  type View
} from '../../../protocol/index.ts'
import type { BlockView } from '../../ledger-service.ts'

/** The network of the chain. */
export const NETWORK_ID = 'memory'

const GENESIS_TIME_MS = 1_760_000_000_000
const BLOCK_TIME_MS = 1_000
const SEED: Uint8Array = new Uint8Array(32).fill(7)
const ZERO: Uint8Array = new Uint8Array(32)

/** The tag of the chain's network. */
export const NETWORK_TAG: Uint8Array = networkTagOf(NETWORK_ID, ZERO)

/** The only member. */
export const MEMBER_ID: Uint8Array = ed25519PublicKey(SEED)

/** The electorate of the only member. */
export const ELECTORATE: Electorate = createElectorate({
  epoch: 0 as Epoch,
  faultModel: 'byzantine',
  parameters: {
    delta0Ms: 500,
    deltaMaxMs: 30_000,
    heartbeatMs: 60_000,
    blockBytesMax: 1_048_576,
    messageDelayMs: 15_000,
    precisionMs: 500
  },
  seats: [
    {
      memberId: MEMBER_ID,
      voteKey: MEMBER_ID,
      weight: 1,
      operatorId: ascii('operator-of-one!'),
      region: 'here',
      endpoints: []
    }
  ]
})

/** A final block with what proves things about it. */
export interface FinalBlock {
  readonly view: BlockView
  readonly finality: FinalityProof
  /** Leaves of its receipts tree. */
  readonly leaves: readonly Uint8Array[]
}

/** Makes the block after `parent` that applies these transactions. */
export function nextBlock(
  parent: FinalBlock | undefined,
  transactionIds: readonly Uint8Array[],
  stateRoot: Uint8Array
): FinalBlock {
  const height = parent === undefined ? 0 : parent.view.height + 1
  const transactions = transactionIds.map((transactionId) => ({
    transactionId,
    outcome: 'applied' as const,
    code: null
  }))
  const leaves = transactions.map((item) => encodeReceiptLeaf(item.transactionId, item))
  const timeMs = GENESIS_TIME_MS + height * BLOCK_TIME_MS
  const headerBytes = encodeBlockHeader({
    format: BLOCK_FORMAT,
    networkTag: NETWORK_TAG,
    epoch: 0 as Epoch,
    view: height as View,
    parentId: parent?.view.blockId ?? ZERO,
    parentView: Math.max(0, height - 1) as View,
    height: height as Height,
    timeMs,
    batchListRoot: batchListRoot([]),
    stateRoot,
    receiptsRoot: listRoot(leaves),
    transactionCount: leaves.length,
    electorateHash: ELECTORATE.hash,
    seal: null
  })
  const finality = finalityOf(headerBytes, height)
  const view: BlockView = {
    height,
    blockId: blockIdOf(headerBytes),
    headerBytes,
    blockBytes: encodeCbor([headerBytes, []]),
    epoch: 0,
    view: height,
    timeMs,
    stateRoot,
    transactionCount: leaves.length,
    isPruned: false,
    transactions,
    finalisation: encodeCertificate(finality.finalisation)
  }
  return { view, finality, leaves }
}

function finalityOf(headerBytes: Uint8Array, height: number): FinalityProof {
  const blockId = toHex(blockIdOf(headerBytes)) as BlockId
  const subject = { parentView: Math.max(0, height - 1) as View, blockId }
  const vote = { kind: 'finalise' as const, epoch: 0 as Epoch, view: height as View, subject }
  const signature = ed25519Sign(SEED, encodeVote(NETWORK_TAG, ELECTORATE, vote))
  const finalisation = createCertificate([{ vote, signer: 0 as MemberIndex, signature }])
  return { headerBytes, finalisation, descendants: [] }
}

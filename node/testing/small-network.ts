/**
 * A network of two founders with fixed seeds, for tests of the node's parts: real signatures, no links.
 *
 * @module
 */

import { ed25519PublicKey, ed25519Sign } from '#crypto'
import {
  type BatchHeader,
  type BatchId,
  type BatchReference,
  batchIdOf,
  batchSigningBytes,
  createBatchReference,
  type Electorate,
  encodeBatch,
  encodeBatchHeader,
  type Genesis,
  genesisElectorate,
  invariant,
  judgeTransaction,
  listRoot,
  networkTagOfGenesis,
  PARAMETERS,
  type Parameters,
  type Priority,
  plainTrustPolicy,
  type Transaction,
  transactionLeaf
} from '../../protocol/index.ts'

const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** Seeds of the founders' identity keys. */
const IDENTITY_SEEDS: readonly Uint8Array[] = [seedOf(71), seedOf(72)]
/** Seeds of the keys that sign their votes. */
const VOTE_SEEDS: readonly Uint8Array[] = [seedOf(81), seedOf(82)]

/** The genesis of the two. */
export const GENESIS: Genesis = {
  networkId: 'small',
  timeMs: 1_700_000_000_000,
  faultModel: 'byzantine',
  trust: plainTrustPolicy('open-vote'),
  vendorTrust: plainTrustPolicy('open-vote'),
  parameters: Object.fromEntries(
    PARAMETERS.map(({ name, default: value }) => [name, value])
  ) as Parameters,
  members: IDENTITY_SEEDS.map((seed, index) => ({
    memberId: ed25519PublicKey(seed),
    voteKey: ed25519PublicKey(VOTE_SEEDS[index] as Uint8Array),
    nextVoteKeyHash: seedOf(1),
    recoveryKeyHash: seedOf(2),
    operatorId: new Uint8Array(16).fill(index),
    region: 'eu',
    weight: 1,
    endpoints: []
  })),
  vendorGrants: [],
  regions: ['eu']
}

/** Its tag. */
export const NETWORK_TAG: Uint8Array = networkTagOfGenesis(GENESIS)
/** The two as an electorate. */
export const ELECTORATE: Electorate = genesisElectorate(GENESIS)

/** The founder at a place of the list above. */
export function founder(number: number): {
  readonly memberId: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
  readonly signVote: (message: Uint8Array) => Uint8Array
} {
  const [identity, vote] = [IDENTITY_SEEDS[number], VOTE_SEEDS[number]]
  invariant(identity !== undefined && vote !== undefined, 'there are two founders')
  return {
    memberId: ed25519PublicKey(identity),
    sign: (message) => ed25519Sign(identity, message),
    signVote: (message) => ed25519Sign(vote, message)
  }
}

/** A transaction of bytes that a test made well. */
export function judgedTransaction(wire: Uint8Array): Transaction {
  const judged = judgeTransaction(wire, NETWORK_TAG)
  invariant(judged.ok, 'a test makes sound transactions, or none')
  return judged.value
}

/** A batch with what names it. */
export interface TestBatch {
  readonly bytes: Uint8Array
  readonly header: BatchHeader
  readonly headerBytes: Uint8Array
  readonly id: BatchId
  readonly reference: BatchReference
}

/** What may be told otherwise of a batch. */
export interface BatchChange {
  readonly header?: Partial<BatchHeader>
  readonly author?: number
  readonly priority?: Priority
  /** Signs the header in the author's place. */
  readonly sign?: (message: Uint8Array) => Uint8Array
}

let lastSequence = 0

/** Signs transactions into a batch; the root is that of their leaves unless the header says otherwise. */
export function signBatch(wires: readonly Uint8Array[], change: BatchChange = {}): TestBatch {
  const author = founder(change.author ?? 0)
  const root = change.header?.transactionsRoot ?? listRoot(wires.map(leafOf))
  const header: BatchHeader = {
    author: author.memberId,
    authorSequence: ++lastSequence,
    priority: change.priority ?? 2,
    receivedAtMs: GENESIS.timeMs,
    height: 0,
    count: wires.length,
    bytes: wires.reduce((sum, { length }) => sum + length, 0),
    ...change.header,
    transactionsRoot: root
  }
  const headerBytes = encodeBatchHeader(header)
  const sign = change.sign ?? author.sign
  const signature = {
    algorithm: 'Ed25519' as const,
    signature: sign(batchSigningBytes(NETWORK_TAG, headerBytes))
  }
  const bytes = encodeBatch({ headerBytes, signature, transactions: wires })
  const reference = createBatchReference(
    headerBytes,
    { ...header, author: author.memberId },
    ELECTORATE
  )
  invariant(reference !== undefined, 'the author is a founder')
  return { bytes, header, headerBytes, id: batchIdOf(headerBytes), reference }
}

function leafOf(wire: Uint8Array): Uint8Array {
  return transactionLeaf(judgedTransaction(wire))
}

/**
 * A short chain made of fixed seeds: what the golden vectors of consensus and proofs are taken from.
 *
 * Four members, one maker, one batch of two transactions. View 1 is nullified, view 2 has the
 * block with the batch, view 3 an empty one on top. All keys are Ed25519, so every byte follows
 * from the inputs.
 *
 * @module
 */

import { ed25519Sign } from '#crypto'
import {
  type Batch,
  type BatchHeader,
  batchSigningBytes,
  encodeBatchHeader
} from '../blocks/batch.ts'
import {
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  batchListRoot,
  createBatchReference,
  createBlock
} from '../blocks/block.ts'
import { type Certificate, createCertificate } from '../consensus/certificate.ts'
import { encodeVote, type SignedVote, type Subject, type VoteKind } from '../consensus/vote.ts'
import { keyHash } from '../crypto/hash.ts'
import { listRoot } from '../crypto/merkle.ts'
import { toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { type ExecutableBatch, type ExecutedBlock, executeBlock } from '../ledger/execute-block.ts'
import {
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisView,
  networkTagOfGenesis
} from '../ledger/genesis.ts'
import { type LedgerVersion, versionOfBlock, versionOfState } from '../ledger/ledger-version.ts'
import { type ChangedValue, LedgerBase } from '../ledger/ledger-view.ts'
import { PARAMETERS, type Parameters } from '../ledger/parameters.ts'
import type { Electorate } from '../membership/electorate.ts'
import { deriveVersion } from '../state-tree/derive-version.ts'
import { createStateTree } from '../state-tree/state-tree.ts'
import { type Transaction, transactionLeaf } from '../transactions/transaction.ts'
import { plainTrustPolicy } from '../transactions/trust-policy.ts'
import { vendorIdOf } from '../transactions/vendor-set.ts'
import type { Epoch, MemberIndex, View } from '../types.ts'
import { publicKey, seedOf, transactionsOf, type VectorInputs } from './vector-inputs.ts'

/** The chain with everything signed on the way. */
export interface VectorChain {
  readonly genesis: Genesis
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly genesisValues: readonly ChangedValue[]
  readonly block0: Block
  readonly transactions: readonly Transaction[]
  readonly vendorId: Uint8Array
  readonly batch: Omit<Batch, 'id'>
  readonly reference: BatchReference
  readonly executed: ExecutedBlock
  readonly block1: Block
  readonly block2: Block
  /** Signs a vote as the member at an index of the electorate. */
  readonly sign: (kind: VoteKind, view: number, block: Block | null, signer: number) => SignedVote
  /** A certificate by the first members whose weight reaches the quorum. */
  readonly certify: (kind: VoteKind, view: number, block: Block | null) => Certificate
}

/** Builds the chain. */
export function buildVectorChain(inputs: VectorInputs): VectorChain {
  const vendorId = vendorIdOf([publicKey(inputs.vendor[0])], 1)
  const genesis = genesisOf(inputs, vendorId)
  const networkTag = networkTagOfGenesis(genesis)
  const electorate = genesisElectorate(genesis)
  const base = new LedgerBase(() => undefined)
  const view = genesisView(genesis, base)
  const genesisValues = view.changedValues()
  const tree = deriveVersion(
    createStateTree().base,
    genesisValues.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  )
  const block0 = genesisBlock(genesis, tree.root)
  const parent = versionOfState({
    blockId: block0.id,
    blockIdBytes: block0.idBytes,
    height: block0.header.height,
    timeMs: block0.header.timeMs,
    view,
    tree,
    electorate: genesisElectorate(genesis)
  })
  const transactions = transactionsOf(inputs, vendorId, networkTag)
  const batch = batchOf(inputs, transactions, networkTag)
  const reference = createBatchReference(batch.headerBytes, batch.header, electorate)
  invariant(reference !== undefined, 'the author is a member')
  const carried = { author: batch.header.author, transactions }
  const shared = { networkTag, electorate }
  const first = extend(parent, { ...shared, view: 2, timeMs: inputs.blockTimesMs[0] as number }, [
    [reference, carried]
  ])
  const second = extend(
    versionOfBlock(first.block, first.executed),
    { ...shared, view: 3, timeMs: inputs.blockTimesMs[1] as number, parentView: 2 },
    []
  )
  const sign = signerOf(inputs, networkTag, electorate)
  return {
    genesis,
    networkTag,
    electorate,
    genesisValues,
    block0,
    transactions,
    vendorId,
    batch,
    reference,
    executed: first.executed,
    block1: first.block,
    block2: second.block,
    sign,
    certify: (kind, number, block) => {
      let weight = 0
      const votes: SignedVote[] = []
      for (let index = 0; weight < electorate.quorumWeight; index++) {
        weight += electorate.seats[index]?.weight ?? 0
        votes.push(sign(kind, number, block, index))
      }
      return createCertificate(votes)
    }
  }
}

function genesisOf(inputs: VectorInputs, vendorId: Uint8Array): Genesis {
  return {
    networkId: inputs.networkId,
    timeMs: inputs.genesisTimeMs,
    faultModel: 'byzantine',
    trust: plainTrustPolicy('open-vote'),
    vendorTrust: plainTrustPolicy('open-vote'),
    parameters: Object.fromEntries(
      PARAMETERS.map(({ name, default: value }) => [name, value])
    ) as Parameters,
    members: inputs.members.map(([identity, vote, weight], index) => ({
      memberId: publicKey(identity),
      voteKey: publicKey(vote),
      nextVoteKeyHash: keyHash(publicKey(vote + 1)),
      recoveryKeyHash: keyHash(publicKey(identity + 1)),
      operatorId: new Uint8Array(16).fill(identity),
      region: index % 2 === 0 ? 'eu' : 'us',
      weight,
      endpoints: [`/dns4/m${index}.example/tcp/4001`]
    })),
    vendorGrants: [{ vendorId, birthCap: 1000, claimsPerDay: 100, rateUnitsPerHour: 3600 }],
    regions: ['eu', 'us']
  }
}

function batchOf(
  { members, genesisTimeMs }: VectorInputs,
  transactions: readonly Transaction[],
  networkTag: Uint8Array
): Omit<Batch, 'id'> {
  const [identity] = members[0] as VectorInputs['members'][number]
  const header: BatchHeader = {
    author: publicKey(identity),
    authorSequence: 1,
    priority: 0,
    receivedAtMs: genesisTimeMs + 400,
    height: 0,
    transactionsRoot: listRoot(transactions.map(transactionLeaf)),
    count: transactions.length,
    bytes: transactions.reduce((sum, { wire }) => sum + wire.length, 0)
  }
  const headerBytes = encodeBatchHeader(header)
  const signature = ed25519Sign(seedOf(identity), batchSigningBytes(networkTag, headerBytes))
  return {
    header,
    headerBytes,
    signature: { algorithm: 'Ed25519', signature },
    transactions: transactions.map(({ wire }) => wire)
  }
}

function extend(
  parent: LedgerVersion,
  place: {
    readonly networkTag: Uint8Array
    readonly electorate: Electorate
    readonly view: number
    readonly timeMs: number
    readonly parentView?: number
  },
  carried: readonly (readonly [BatchReference, ExecutableBatch])[]
): { readonly block: Block; readonly executed: ExecutedBlock } {
  const { networkTag, electorate, timeMs } = place
  const batches = carried.map(([, batch]) => batch)
  const references = carried.map(([reference]) => reference)
  const executed = executeBlock(parent, { timeMs, networkTag, batches })
  const header = {
    format: BLOCK_FORMAT,
    networkTag,
    epoch: 0 as Epoch,
    view: place.view as View,
    parentId: parent.blockIdBytes,
    parentView: (place.parentView ?? 0) as View,
    height: executed.height,
    timeMs,
    batchListRoot: batchListRoot(references),
    stateRoot: executed.stateRoot,
    receiptsRoot: executed.receiptsRoot,
    transactionCount: executed.outcomes.length,
    electorateHash: electorate.hash,
    seal: null
  }
  return { block: createBlock(header, references), executed }
}

function signerOf(
  { members }: VectorInputs,
  networkTag: Uint8Array,
  electorate: Electorate
): VectorChain['sign'] {
  const seeds = new Map(members.map(([identity, vote]) => [toHex(publicKey(identity)), vote]))
  return (kind, number, block, signer) => {
    const seat = electorate.seats[signer]
    invariant(seat !== undefined, 'the signer is a member')
    const subject: Subject | null =
      block === null ? null : { parentView: block.header.parentView, blockId: block.id }
    const vote = { kind, epoch: 0 as Epoch, view: number as View, subject }
    const seed = seedOf(seeds.get(toHex(seat.memberId)) as number)
    const signature = ed25519Sign(seed, encodeVote(networkTag, electorate, vote))
    return { vote, signer: signer as MemberIndex, signature }
  }
}

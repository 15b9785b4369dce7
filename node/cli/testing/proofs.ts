/**
 * Proofs as a network of one founder would give them, made with the founder's own keys.
 *
 * @module
 */

import { ed25519Sign } from '#crypto'
import type { BlockId, Height } from '../../../protocol/index.ts'
import {
  ascii,
  type Block,
  batchSigningBytes,
  blockIdOf,
  createBlock,
  createCertificate,
  createElectorate,
  createStateTree,
  deriveVersion,
  type Electorate,
  type Epoch,
  encodeAcceptedReceipt,
  encodeBatchHeader,
  encodeReadProof,
  encodeReceiptLeaf,
  encodeReceiptProof,
  encodeVote,
  type FinalityProof,
  genesisBlock,
  genesisElectorate,
  genesisView,
  LedgerBase,
  listRoot,
  type MemberIndex,
  NETWORK_KEY,
  networkTable,
  networkTagOfGenesis,
  type Outcome,
  type SealProof,
  stateKey,
  type Transaction,
  toHex,
  transactionLeaf,
  type View
} from '../../../protocol/index.ts'
import type { TestHome } from './run-program.ts'

/** A receipt for a transaction of block 1, in an epoch. */
export function makeReceipt(
  home: TestHome,
  transactionId: Uint8Array,
  outcome: Outcome,
  epoch = 0
): Uint8Array {
  const { block } = makeGenesisBlock(home)
  const leaf = encodeReceiptLeaf(transactionId, outcome)
  const header = {
    ...block.header,
    view: 1 as View,
    height: 1 as Height,
    parentId: blockIdOf(block.headerBytes),
    receiptsRoot: listRoot([leaf]),
    transactionCount: 1,
    epoch: epoch as Epoch,
    electorateHash: electorateOf(home, epoch).hash
  }
  const finality = makeFinality(home, createBlock(header, []))
  return encodeReceiptProof({ transactionId, outcome, index: 0, path: [], finality })
}

/** The seals of so many epochs, the founder alone being seated in each. */
export function makeSeals(home: TestHome, count: number): readonly SealProof[] {
  const { block } = makeGenesisBlock(home)
  return Array.from({ length: count }, (_, epoch) => {
    const next = electorateOf(home, epoch + 1)
    const header = {
      ...block.header,
      view: 1 as View,
      height: (epoch + 1) as Height,
      epoch: epoch as Epoch,
      electorateHash: electorateOf(home, epoch).hash,
      seal: next.hash
    }
    const { headerBytes, finalisation } = makeFinality(home, createBlock(header, []))
    return { headerBytes, finalisation, electorateBytes: next.encoded }
  })
}

/** A proved read of the network's own record in block 0. */
export function makeRead(home: TestHome): Uint8Array {
  const { block, changes, tree } = makeGenesisBlock(home)
  const key = stateKey(networkTable.number, NETWORK_KEY)
  const value = changes.find((change) => toHex(change.stateKey) === toHex(key))?.value ?? null
  return encodeReadProof({
    table: networkTable.number,
    key: NETWORK_KEY,
    value,
    state: tree.prove(key),
    finality: makeFinality(home, block)
  })
}

/** The founder's word that it carries a transaction. */
export function makeAccepted(
  home: TestHome,
  transaction: Pick<Transaction, 'id' | 'wire'>
): Uint8Array {
  const { identity } = home.keys
  const headerBytes = encodeBatchHeader({
    author: identity.publicKey,
    authorSequence: 1,
    priority: 2,
    receivedAtMs: 0,
    height: 0,
    transactionsRoot: listRoot([transactionLeaf(transaction)]),
    count: 1,
    bytes: transaction.wire.length
  })
  const message = batchSigningBytes(networkTagOfGenesis(home.genesis), headerBytes)
  const signature = {
    algorithm: 'Ed25519',
    signature: ed25519Sign(identity.seed, message)
  } as const
  return encodeAcceptedReceipt({ headerBytes, signature, index: 0, path: [] })
}

function makeGenesisBlock({ genesis }: TestHome): {
  readonly block: Block
  readonly changes: ReturnType<ReturnType<typeof genesisView>['changedValues']>
  readonly tree: ReturnType<typeof deriveVersion>
} {
  const changes = genesisView(genesis, new LedgerBase(() => undefined)).changedValues()
  const tree = deriveVersion(
    createStateTree().base,
    changes.map((change) => ({ key: change.stateKey, valueHash: change.valueHash }))
  )
  return { block: genesisBlock(genesis, tree.root), changes, tree }
}

function electorateOf({ genesis }: TestHome, epoch: number): Electorate {
  return createElectorate({ ...genesisElectorate(genesis), epoch: epoch as Epoch })
}

function makeFinality(home: TestHome, { headerBytes, header }: Block): FinalityProof {
  const { genesis, keys } = home
  const electorate = electorateOf(home, header.epoch)
  const vote = {
    kind: 'finalise',
    epoch: header.epoch,
    view: header.view,
    subject: { parentView: header.parentView, blockId: toHex(blockIdOf(headerBytes)) as BlockId }
  } as const
  const message = encodeVote(networkTagOfGenesis(genesis), electorate, vote)
  const seed = keys.voteKeys.get(0)?.seed ?? ascii('no vote key of epoch 0')
  const signature = ed25519Sign(seed, message)
  const finalisation = createCertificate([{ vote, signer: 0 as MemberIndex, signature }])
  return { headerBytes, finalisation, descendants: [] }
}

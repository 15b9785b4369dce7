/**
 * A ledger of one member in memory, for tests: the real rules, real proofs, no network.
 *
 * @module
 */

import {
  BLOCK_FORMAT,
  type Block,
  type BlockId,
  batchListRoot,
  batchSigningBytes,
  type CommittedLedger,
  commitVersion,
  createBlock,
  createCertificate,
  createStateTree,
  decodeTransaction,
  deriveVersion,
  type Electorate,
  type ExecutedBlock,
  encodeAcceptedReceipt,
  encodeBatchHeader,
  encodeReadProof,
  encodeReceiptProof,
  encodeVote,
  executeBlock,
  type FinalityProof,
  fromHex,
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisView,
  type Height,
  invariant,
  LedgerBase,
  listLeafHash,
  listPath,
  listRootOfLeaves,
  type MemberIndex,
  networkTagOfGenesis,
  type Outcome,
  openCommittedLedger,
  SEALS_MAX,
  type SealProof,
  signBytes,
  stateKey,
  type Table,
  type Transaction,
  toHex,
  transactionLeaf,
  type View,
  versionOfBlock
} from '../../protocol/index.ts'
import { signMotion } from './motion.ts'
import { MEMBER_ID, MEMBER_KEY, VOTE_KEY } from './test-genesis.ts'

const BLOCK_MS = 1000

interface FinalBlock {
  readonly block: Block
  readonly executed: ExecutedBlock
  readonly transactions: readonly Transaction[]
}

/** The ledger: each call of `execute` is one final block. */
export class TestLedger {
  readonly genesis: Genesis
  readonly networkTag: Uint8Array
  readonly genesisId: Uint8Array
  readonly #values = new Map<string, Uint8Array>()
  readonly #blocks: FinalBlock[] = []
  readonly #electorates = new Map<number, Electorate>()
  readonly #seals: SealProof[] = []
  #ledger: CommittedLedger
  #tip: Block

  constructor(genesis: Genesis) {
    this.genesis = genesis
    this.networkTag = networkTagOfGenesis(genesis)
    const base = new LedgerBase((table, key) => this.#values.get(`${table}:${toHex(key)}`))
    const view = genesisView(genesis, base)
    const tree = createStateTree()
    const changes = view.changedValues()
    tree.adopt(
      deriveVersion(
        tree.base,
        changes.map((change) => ({ key: change.stateKey, valueHash: change.valueHash }))
      )
    )
    this.#keep(changes)
    this.#tip = genesisBlock(genesis, tree.base.root)
    this.genesisId = this.#tip.idBytes
    const electorate = genesisElectorate(genesis)
    this.#ledger = openCommittedLedger(base, tree, { ...this.#placeOf(this.#tip), electorate })
  }

  get height(): number {
    return this.#tip.header.height
  }

  /** First 16 bytes of the id of the last block. */
  get tipId(): Uint8Array {
    return this.#tip.idBytes.slice(0, 16)
  }

  /** Executes transactions as the next block, which is final at once. */
  execute(wires: readonly Uint8Array[]): readonly Outcome[] {
    this.#sealIfDue()
    return this.#append(wires)
  }

  /** Header time of the last block. */
  get timeMs(): number {
    return this.#tip.header.timeMs
  }

  /** A record of the state after the last block. */
  read<Record>(table: Table<Record>, key: Uint8Array): Record | undefined {
    const value = this.#values.get(`${table.number}:${toHex(key)}`)
    return value && table.decode(value)
  }

  /** The seals from an epoch on. */
  seals(from: number): readonly SealProof[] {
    return this.#seals.slice(from, from + SEALS_MAX)
  }

  /** Changes a parameter, which begins another epoch. */
  turnEpoch(): void {
    const place = { networkTag: this.networkTag, timeMs: this.#tip.header.timeMs }
    this.execute(signMotion(MEMBER_KEY, place))
    invariant(this.#sealIfDue(), 'the motion is carried')
  }

  #append(wires: readonly Uint8Array[]): readonly Outcome[] {
    const transactions = wires.map((wire) => {
      const decoded = decodeTransaction(wire, this.networkTag)
      invariant(decoded.ok, 'a test hands in transactions that decode')
      return decoded.value
    })
    const timeMs = this.#tip.header.timeMs + BLOCK_MS
    const { networkTag } = this
    const { electorate, nextEpoch } = this.#ledger.tip
    const batches = nextEpoch === null ? [{ author: MEMBER_ID, transactions }] : []
    const executed = executeBlock(this.#ledger.tip, { timeMs, networkTag, batches })
    const { header } = this.#tip
    const block = createBlock(
      {
        ...header,
        format: BLOCK_FORMAT,
        epoch: electorate.epoch,
        electorateHash: electorate.hash,
        seal: nextEpoch?.electorate.hash ?? null,
        view: (header.view + 1) as View,
        parentId: this.#tip.idBytes,
        parentView: header.view,
        height: (header.height + 1) as Height,
        timeMs,
        batchListRoot: batchListRoot([]),
        stateRoot: executed.stateRoot,
        receiptsRoot: executed.receiptsRoot,
        transactionCount: transactions.length
      },
      []
    )
    this.#keep(executed.changedValues)
    const version = versionOfBlock(block, executed)
    this.#ledger = commitVersion(this.#ledger, version)
    this.#tip = block
    this.#blocks.push({ block, executed, transactions })
    this.#electorates.set(block.header.epoch, electorate)
    return executed.outcomes
  }

  /** The encoded receipt of a transaction's last outcome. */
  receipt(transactionId: Uint8Array): Uint8Array {
    const id = toHex(transactionId)
    const final = this.#blocks.findLast(({ transactions }) =>
      transactions.some((transaction) => toHex(transaction.id) === id)
    )
    invariant(final !== undefined, 'a test asks for receipts of what it executed')
    const index = final.transactions.findIndex((transaction) => toHex(transaction.id) === id)
    return encodeReceiptProof({
      transactionId,
      outcome: final.executed.outcomes[index] as Outcome,
      index,
      path: listPath(final.executed.receiptLeaves, index),
      finality: this.#finality(final.block)
    })
  }

  /** The encoded read proof of a key at the last block. */
  readProof(table: number, key: Uint8Array): Uint8Array {
    return encodeReadProof({
      table,
      key,
      value: this.#values.get(`${table}:${toHex(key)}`) ?? null,
      state: this.#ledger.tree.base.prove(stateKey(table, key)),
      finality: this.#finality(this.#tip)
    })
  }

  /** The encoded accepted receipt of one of the transactions of a batch. */
  acceptedReceipt(wires: readonly Uint8Array[], index: number): Uint8Array {
    const leaves = wires.map((wire) => {
      const decoded = decodeTransaction(wire, this.networkTag)
      invariant(decoded.ok, 'a test hands in transactions that decode')
      return listLeafHash(transactionLeaf(decoded.value))
    })
    const headerBytes = encodeBatchHeader({
      author: MEMBER_ID,
      authorSequence: 1,
      priority: 2,
      receivedAtMs: 0,
      height: this.height,
      transactionsRoot: listRootOfLeaves(leaves),
      count: wires.length,
      bytes: wires.reduce((sum, { length }) => sum + length, 0)
    })
    const signature = signBytes(MEMBER_KEY, batchSigningBytes(this.networkTag, headerBytes))
    const path = listPath(leaves, index)
    return encodeAcceptedReceipt({ headerBytes, signature, index, path })
  }

  /** Whether a carried motion made the next block a seal. */
  #sealIfDue(): boolean {
    const { nextEpoch } = this.#ledger.tip
    if (nextEpoch === null) return false
    this.#append([])
    const { headerBytes, finalisation } = this.#finality(this.#tip)
    const electorateBytes = nextEpoch.electorate.encoded
    this.#seals.push({ headerBytes, finalisation, electorateBytes })
    return true
  }

  #finality(block: Block): FinalityProof {
    const { epoch, view, parentView } = block.header
    const subject = { parentView, blockId: block.id }
    const vote = { kind: 'finalise', epoch, view, subject } as const
    const electorate = this.#electorates.get(epoch) ?? genesisElectorate(this.genesis)
    const message = encodeVote(this.networkTag, electorate, vote)
    const { signature } = signBytes(VOTE_KEY, message)
    const finalisation = createCertificate([{ vote, signer: 0 as MemberIndex, signature }])
    return { headerBytes: block.headerBytes, finalisation, descendants: [] }
  }

  #keep(changes: ExecutedBlock['changedValues']): void {
    for (const { table, key, value } of changes) this.#values.set(`${table}:${toHex(key)}`, value)
  }

  #placeOf(block: Block): {
    readonly blockId: BlockId
    readonly blockIdBytes: Uint8Array
    readonly height: Height
    readonly timeMs: number
  } {
    const { height, timeMs } = block.header
    return { blockId: block.id, blockIdBytes: fromHex(block.id) as Uint8Array, height, timeMs }
  }
}

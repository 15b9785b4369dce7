/**
 * A ledger with one claimed device, for tests: real blocks by two founders who sit far apart, real
 * signatures, a real database.
 *
 * @module
 */

import {
  BIRTH_BATCH_KIND,
  type Block,
  CLAIM_KIND,
  CLASS_DEFINE_KIND,
  encodeBirthBatch,
  encodeClaim,
  encodeClassDefine,
  encodeVendorSet,
  invariant,
  keyHash,
  type LedgerVersion,
  listRoot,
  publicKeyOf,
  RATE_PER_HOUR_MAX,
  type Transaction,
  transactionLeaf,
  transactionPriority,
  VENDOR_SET_KIND,
  type View
} from '../../../protocol/index.ts'
import { systemClock } from '../../clock.ts'
import { batchKey } from '../../ledger/keyspace.ts'
import { type CommittedBlock, LedgerKeeper } from '../../ledger/ledger-keeper.ts'
import { openLedger } from '../../ledger/open-ledger.ts'
import { Archive } from '../../service/archive.ts'
import type { Database } from '../../storage/database.ts'
import { certify } from '../../testing/small-chain.ts'
import { GENESIS, signBatch } from '../../testing/small-network.ts'
import {
  BOX_KEY,
  classId,
  DEVICE_ID,
  genesis,
  inceptionBytes,
  NETWORK_TAG,
  NO_HASH,
  OWNER_KEY,
  PRESENCE_KEY,
  PROFILE,
  signBody,
  testKey,
  VENDOR_KEY,
  vendorId,
  YEAR_MS
} from './claimed-device.ts'

const BLOCK_MS = 1_000

/** A ledger that a test makes blocks for. */
export class ClaimedLedger {
  readonly keeper: LedgerKeeper
  readonly archive: Archive
  readonly database: Database
  /** Id of the claim: the first message names it as the one before. */
  readonly claimId: Uint8Array
  /** Id of block 0: the anchor of all messages. */
  readonly genesisId: Uint8Array
  readonly #held: Map<string, readonly Transaction[]>

  private constructor(
    database: Database,
    keeper: LedgerKeeper,
    rest: { readonly held: Map<string, readonly Transaction[]>; readonly claimId: Uint8Array }
  ) {
    this.database = database
    this.keeper = keeper
    this.claimId = rest.claimId
    this.genesisId = keeper.tip.blockIdBytes
    this.#held = rest.held
    this.archive = new Archive(database, NETWORK_TAG, {
      readValue: (table, key) => keeper.readValue(table, key),
      holdsBlock: (height) => height <= keeper.durableHeight
    })
  }

  /** Founds it on an empty database, and has the device claimed. */
  static async open(
    database: Database,
    onWritten: () => void = () => undefined
  ): Promise<ClaimedLedger> {
    const held = new Map<string, readonly Transaction[]>()
    const opened = await openLedger(database, genesis)
    const keeper = new LedgerKeeper(
      { database, networkTag: NETWORK_TAG, opened },
      {
        transactionsOf: ({ id }) => held.get(id),
        pause: systemClock.pause,
        awaitCure: async () => false,
        onWritten
      }
    )
    const acts = registration()
    const [claim] = acts.slice(-1)
    invariant(claim !== undefined, 'a claim is the last of the acts')
    const ledger = new ClaimedLedger(database, keeper, { held, claimId: claim.id })
    for (const act of acts) {
      const { executed } = await ledger.grow([act])
      invariant(executed.outcomes[0]?.outcome === 'applied', 'the device is registered')
    }
    return ledger
  }

  /** The last final version. */
  get tip(): LedgerVersion {
    return this.keeper.tip
  }

  /** Makes one block of transactions final, carried by one of the founders. */
  async grow(
    transactions: readonly Transaction[],
    { author = 0, afterMs = BLOCK_MS }: { author?: number; afterMs?: number } = {}
  ): Promise<CommittedBlock> {
    const { keeper } = this
    const batches = await Promise.all(transactions.map((one) => this.#hold(one, author)))
    const view = keeper.floor.view + 1
    const block = await keeper.build({
      epoch: keeper.floor.epoch,
      view: view as View,
      parentView: keeper.floor.view,
      parentId: keeper.tip.blockId,
      batches,
      timeMs: keeper.tip.timeMs + afterMs
    })
    invariant(block !== null, 'what it stands on is there')
    const [committed] = await keeper.commit(
      [block.id],
      certify('finalise', block, keeper.electorate, NETWORK_TAG)
    )
    invariant(committed !== undefined, 'the block is committed')
    return committed
  }

  /** Makes empty blocks, of which only the last is waited for on the disk. */
  async growEmpty(count: number): Promise<void> {
    const { keeper } = this
    const { epoch } = keeper.floor
    const blocks: Block[] = []
    let parent = { view: keeper.floor.view, id: keeper.tip.blockId, timeMs: keeper.tip.timeMs }
    while (blocks.length < count) {
      const view = (parent.view + 1) as View
      const timeMs = parent.timeMs + BLOCK_MS
      const place = { epoch, view, parentView: parent.view, parentId: parent.id, timeMs }
      const block = await keeper.build({ ...place, batches: [] })
      invariant(block !== null, 'what it stands on is there')
      blocks.push(block)
      parent = { view, id: block.id, timeMs }
    }
    const last = blocks[blocks.length - 1]
    invariant(last !== undefined, 'there are blocks to make')
    const ids = blocks.map(({ id }) => id)
    await keeper.commit(ids, certify('finalise', last, keeper.electorate, NETWORK_TAG))
  }

  async #hold(
    transaction: Transaction,
    author: number
  ): Promise<ReturnType<typeof signBatch>['reference']> {
    const { bytes, id, reference } = signBatch([transaction.wire], {
      author,
      priority: transactionPriority(transaction),
      header: {
        height: this.keeper.tip.height,
        transactionsRoot: listRoot([transactionLeaf(transaction)])
      }
    })
    this.#held.set(id, [transaction])
    const write = this.database.createBatch()
    write.put(batchKey(id), bytes)
    await write.write({ sync: false })
    return reference
  }
}

/** The maker's keys, its class, the birth of the device, and its claim. */
function registration(): readonly Transaction[] {
  const prefix = { vendorId, signers: [0] }
  const vendor = [['vendor', VENDOR_KEY]] as const
  const vendorSet = encodeVendorSet({
    ...prefix,
    vendorSequence: 1,
    keys: [publicKeyOf(VENDOR_KEY)],
    threshold: 1,
    nextKeysHash: NO_HASH,
    infoHash: NO_HASH
  })
  const classDefine = encodeClassDefine({
    ...prefix,
    vendorSequence: 2,
    classNumber: 1,
    version: 1,
    custody: 0,
    canSeal: 0,
    profile: PROFILE,
    thingModelHash: NO_HASH,
    mudHash: null,
    referenceValuesHash: null,
    birthCap: 10,
    rateUnitsPerHour: RATE_PER_HOUR_MAX,
    supportUntilMs: GENESIS.timeMs + YEAR_MS
  })
  const births = encodeBirthBatch({
    ...prefix,
    vendorSequence: 3,
    classId,
    merkleRoot: listRoot([DEVICE_ID]),
    count: 1,
    notAfterMs: GENESIS.timeMs + YEAR_MS
  })
  const birth = signBody(BIRTH_BATCH_KIND, births, vendor)
  const claim = encodeClaim({
    birthBatchId: birth.id,
    leafIndex: 0,
    path: [],
    inceptionBytes,
    ownerKeyHash: keyHash(publicKeyOf(OWNER_KEY)),
    rotationKeyHashes: [keyHash(publicKeyOf(testKey(36)))],
    rotationThreshold: 1,
    guardians: null,
    boxKey: publicKeyOf(BOX_KEY)
  })
  return [
    signBody(VENDOR_SET_KIND, vendorSet, vendor),
    signBody(CLASS_DEFINE_KIND, classDefine, vendor),
    birth,
    signBody(CLAIM_KIND, claim, [
      ['box', BOX_KEY],
      ['presence', PRESENCE_KEY]
    ])
  ]
}

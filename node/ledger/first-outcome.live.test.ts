import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type BatchReference,
  type BlockId,
  createBatchReference,
  createCertificate,
  decodeCbor,
  type Epoch,
  encodeBatchHeader,
  encodeTransaction,
  encodeVendorSet,
  genesisElectorate,
  invariant,
  judgeTransaction,
  listRoot,
  type MemberIndex,
  networkTagOfGenesis,
  type PrivateKey,
  signBytes,
  type Transaction,
  transactionLeaf,
  transactionSigningBytes,
  VENDOR_SET_KIND,
  type View
} from '../../protocol/index.ts'
import { type TestHome, withHome } from '../cli/testing/run-program.ts'
import { create } from '../storage/testing/entries.ts'
import { transactionKey } from './keyspace.ts'
import { LedgerKeeper } from './ledger-keeper.ts'
import { openLedger } from './open-ledger.ts'

const test = suite('first outcome of a transaction')

test(
  'of copies in one block, and in later ones, the first that counts keeps the place',
  withHome(async (home) => {
    const database = await create(`${home.folder}/ledger`)
    const held = new Map<string, readonly Transaction[]>()
    const { genesis } = home
    const keeper = new LedgerKeeper(
      {
        database,
        networkTag: networkTagOfGenesis(genesis),
        opened: await openLedger(database, genesis)
      },
      {
        transactionsOf: ({ id }) => held.get(id),
        pause: () => Promise.resolve(),
        awaitCure: async () => false
      }
    )
    const transaction = vendorSetOf(home)
    const batches = [1, 2, 3].map((authorSequence) => batchOf(home, transaction, authorSequence))
    for (const { id } of batches) held.set(id, [transaction])
    const placeOf = (): unknown => {
      const encoded = database.getSync(transactionKey(transaction.id))
      return encoded === undefined ? undefined : decodeCbor(encoded)
    }
    try {
      const outcomes = await commitNext(keeper, batches.slice(0, 2))
      assert.equal(outcomes, ['applied', 'refused'])
      assert.equal(placeOf(), [1, 0])
      assert.equal(await commitNext(keeper, batches.slice(2)), ['refused'])
      assert.equal(placeOf(), [1, 0])
    } finally {
      await database.close()
    }
  })
)

test.run()

/** Builds and commits a block of these batches; the outcomes of its transactions. */
async function commitNext(
  keeper: LedgerKeeper,
  batches: readonly BatchReference[]
): Promise<readonly string[]> {
  const { height, blockId: parentId, timeMs } = keeper.tip
  const view = (height + 1) as View
  const parentView = height as number as View
  const { epoch } = keeper.floor
  const plan = { epoch, view, parentView, parentId, batches, timeMs: timeMs + 1_000 }
  const block = await keeper.build(plan)
  invariant(block !== null, 'the batches of the block are held')
  const subject = { parentView, blockId: block.id as BlockId }
  const vote = { kind: 'finalise', epoch: 0 as Epoch, view, subject } as const
  const signature = new Uint8Array(64)
  const finalisation = createCertificate([{ vote, signer: 0 as MemberIndex, signature }])
  const [committed] = await keeper.commit([block.id], finalisation)
  return (committed?.executed.outcomes ?? []).map(({ outcome }) => outcome)
}

function vendorSetOf({ genesis, maker }: TestHome): Transaction {
  const networkTag = networkTagOfGenesis(genesis)
  const { vendor, nextKeysHash } = maker
  const [[index, key]] = vendor.signingKeys as [readonly [number, PrivateKey]]
  const signedBody = encodeVendorSet({
    vendorId: vendor.vendorId,
    vendorSequence: 1,
    signers: [index],
    keys: vendor.publicKeys,
    threshold: vendor.threshold,
    nextKeysHash,
    infoHash: new Uint8Array(32)
  })
  const signer = {
    kind: VENDOR_SET_KIND,
    role: 'vendor' as const,
    key: vendor.publicKeys[index] as Uint8Array
  }
  const signature = signBytes(key, transactionSigningBytes(networkTag, signedBody, signer))
  const judged = judgeTransaction(encodeTransaction(signedBody, [signature], null), networkTag)
  invariant(judged.ok, 'the act of a maker is well formed')
  return judged.value
}

function batchOf(
  { genesis, keys }: TestHome,
  transaction: Transaction,
  authorSequence: number
): BatchReference {
  const header = {
    author: keys.identity.publicKey,
    authorSequence,
    priority: 0 as const,
    receivedAtMs: 0,
    height: 0,
    transactionsRoot: listRoot([transactionLeaf(transaction)]),
    count: 1,
    bytes: transaction.wire.length
  }
  const reference = createBatchReference(
    encodeBatchHeader(header),
    header,
    genesisElectorate(genesis)
  )
  invariant(reference !== undefined, 'the founder sits in the electorate')
  return reference
}

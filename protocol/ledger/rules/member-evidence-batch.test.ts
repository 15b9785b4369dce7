import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { batchSigningBytes, encodeBatchHeader } from '../../blocks/batch.ts'
import { encodeCbor } from '../../codec/cbor.ts'
import { coseToFields } from '../../crypto/cose.ts'
import { createListTree, listLeafHash } from '../../crypto/merkle.ts'
import { signBytes } from '../../crypto/signing.ts'
import { identityOf, idOf } from '../../testing/governance-keys.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import { MEMBER_OFFENCES } from '../../transactions/member-evidence.ts'
import {
  encodeTransaction,
  type Transaction,
  transactionLeaf
} from '../../transactions/transaction.ts'
import type { Priority } from '../../types.ts'
import { tombstones } from '../records/governance-record.ts'

const test = suite('member-evidence of faulty batches')

const { faultyBatch } = MEMBER_OFFENCES
const LIAR = 2

interface BatchPlan {
  readonly author?: number
  readonly signer?: number
  readonly priority?: Priority
  readonly index?: number
}

/** Accuses the liar of a batch that holds a transaction. */
function accuseBatch(
  world: GovernanceWorld,
  faulty: Transaction,
  plan: BatchPlan = {}
): Transaction {
  const { author = LIAR, signer = author, priority = 0, index = 1 } = plan
  const transactions = [world.acts.renew(0), faulty, world.acts.renew(1)]
  const leaves = transactions.map((one) => listLeafHash(transactionLeaf(one)))
  const tree = createListTree(leaves)
  const headerBytes = encodeBatchHeader({
    ...{ author: idOf(author), authorSequence: 1, priority, receivedAtMs: 1, height: 0 },
    ...{ transactionsRoot: tree.root, count: 3 },
    bytes: transactions.reduce((sum, { wire }) => sum + wire.length, 0)
  })
  const signature = signBytes(identityOf(signer), batchSigningBytes(world.networkTag, headerBytes))
  return world.acts.evidence({
    ...{ offence: faultyBatch, accusedMemberId: idOf(LIAR), epoch: 0 },
    itemA: encodeCbor([headerBytes, coseToFields(signature)]),
    itemB: faulty.wire,
    proof: encodeCbor([index, tree.path(1)])
  })
}

/** A renewal whose signature is another's. */
function forgedRenewal(world: GovernanceWorld): Transaction {
  const [good, other] = [world.acts.renew(3), world.acts.renew(3)]
  return { ...good, wire: encodeTransaction(good.signedBody, other.signatures, null) }
}

test('whoever signs for a batch with a forged transaction in it is convicted', () => {
  const world = new GovernanceWorld()
  assert.equal(world.block([accuseBatch(world, forgedRenewal(world))]), ['applied'])
  assert.is(world.state.read(tombstones, idOf(LIAR))?.offence, faultyBatch)
  world.settle()
  assert.equal(world.seated, [0, 1, 3])
})

test('so is whoever signs for a batch of the wrong priority', () => {
  const world = new GovernanceWorld()
  const act = accuseBatch(world, world.acts.renew(3), { priority: 2 })
  assert.equal(world.block([act]), ['applied'])
})

test('a batch that is in order, not the accused’s, not signed, or without this transaction convicts nobody', () => {
  const world = new GovernanceWorld()
  const acts = [
    accuseBatch(world, world.acts.renew(3)),
    accuseBatch(world, forgedRenewal(world), { author: 1 }),
    accuseBatch(world, forgedRenewal(world), { signer: 1 }),
    accuseBatch(world, forgedRenewal(world), { index: 0 })
  ]
  assert.equal(
    world.block(acts),
    acts.map(() => 'refused EVIDENCE_WRONG')
  )
})

test.run()

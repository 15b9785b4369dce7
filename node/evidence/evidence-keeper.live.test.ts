import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  CONTENT_KINDS,
  encodeCbor,
  encodePlainOwnerAct,
  keyHash,
  PLAIN_OWNER_KINDS,
  publicKeyOf,
  type Transaction
} from '../../protocol/index.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import {
  ANCHOR_WINDOW_BLOCKS,
  DEVICE_ID,
  OWNER_KEY,
  signBody,
  testKey
} from './testing/claimed-device.ts'
import { Keeping } from './testing/keeping.ts'

const test = suite('the keeper of evidence')

const WITNESS = [...CONTENT_KINDS].find(([, { name }]) => name === 'witness')?.[0] as number
const PAUSE_MS = 10_000

/** Runs a test with a keeper; nothing may go wrong in it unseen. */
function withKeeping(run: (keeping: Keeping) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const keeping = await Keeping.open(join(folder, 'node'))
    await run(keeping)
    await keeping.keeper.stop()
    assert.equal(keeping.troubles, [])
    await keeping.ledger.database.close()
  })
}

function kindsOf(filed: readonly Transaction[]): readonly string[] {
  return filed.map(({ body }) => body.kind)
}

test(
  'two messages of one turn, one of which counted, stop the device',
  withKeeping(async (keeping) => {
    const clone = keeping.genuine.copy(150)
    await keeping.grow([clone.say()])
    await keeping.refuse(keeping.genuine.say(), 'SEQUENCE_USED')
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
    await keeping.growFiled()
    assert.ok(keeping.isStopped)
    // Proved once is enough: it is not filed again, and not kept.
    keeping.pass(PAUSE_MS)
    await keeping.grow([])
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 0])
  })
)

test(
  'it is proved too when the device has spoken on, and goes on speaking meanwhile',
  withKeeping(async (keeping) => {
    const { genuine } = keeping
    await keeping.grow([genuine.say()])
    const late = genuine.copy(150).say()
    for (let count = 0; count < 5; count++) await keeping.grow([genuine.say()])
    await keeping.refuse(late, 'SEQUENCE_USED')
    await keeping.grow([genuine.say()])
    await keeping.growFiled()
    assert.ok(keeping.isStopped)
  })
)

test(
  'it is proved too when the device spoke twice in the last block, as soon as the next one stands',
  withKeeping(async (keeping) => {
    const { genuine } = keeping
    const late = genuine.copy(150).say()
    await keeping.grow([genuine.say(), genuine.say()])
    await keeping.refuse(late, 'SEQUENCE_USED')
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 1])
    assert.equal(keeping.tooOld, [])
    await keeping.grow([])
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
    await keeping.growFiled()
    assert.ok(keeping.isStopped)
  })
)

test(
  'what was refused while its rival was on the way is proved when that one has counted',
  withKeeping(async (keeping) => {
    const clone = keeping.genuine.copy(150)
    const first = clone.say()
    await keeping.refuse(keeping.genuine.say(), 'SEQUENCE_USED')
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 1])
    await keeping.grow([first])
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
  })
)

test(
  'what was refused in a block of another member is filed, after that one had its chance',
  withKeeping(async (keeping) => {
    const clone = keeping.genuine.copy(150)
    await keeping.grow([clone.say(), keeping.genuine.say()], { author: 1 })
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 1])
    keeping.pass(PAUSE_MS)
    await keeping.grow([])
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
  })
)

test(
  'a key that speaks after its turn makes the device suspect, and no more',
  withKeeping(async (keeping) => {
    const { genuine } = keeping
    await keeping.grow([genuine.say()])
    const { key } = genuine
    for (let count = 0; count < 3; count++) await keeping.grow([genuine.say()])
    await keeping.refuse(genuine.draft({ key }), 'SIGNING_KEY_WRONG')
    assert.equal(kindsOf(keeping.filed), ['key-misuse'])
    await keeping.growFiled()
    assert.not(keeping.isStopped)
    assert.ok(keeping.device.suspectUntilMs > 0)
    await keeping.grow([genuine.say()])
    assert.is(keeping.device.sequence, 5)
  })
)

test(
  'the same bytes again prove nothing, wherever and however late they come',
  withKeeping(async (keeping) => {
    const said = Array.from({ length: 4 }, () => keeping.genuine.say())
    for (const one of said) await keeping.grow([one])
    for (const one of said) await keeping.refuse(one, 'SEQUENCE_USED')
    await keeping.grow(said, { author: 1 })
    await keeping.restart()
    for (const one of said) await keeping.refuse(one, 'SEQUENCE_USED', true)
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 0])
  })
)

test(
  'a forged copy proves nothing, and does not stand in the way of the genuine one',
  withKeeping(async (keeping) => {
    const clone = keeping.genuine.copy(150)
    await keeping.grow([clone.say()])
    const genuine = keeping.genuine.say()
    // Both at once, so that the second comes while the first is being looked at.
    keeping.keeper.refused(forged(genuine), 'SEQUENCE_USED', { isVerified: false })
    await keeping.refuse(genuine, 'SEQUENCE_USED')
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
    assert.is(keeping.counts.get('forged'), 1)
  })
)

test(
  'what a stranger signs in the name of a device costs looks, which are counted, and is not kept',
  withKeeping(async (keeping) => {
    const { genuine } = keeping
    await keeping.grow([genuine.say()])
    for (let byte = 1; byte <= 30; byte++)
      await keeping.refuse(genuine.draft({ key: testKey(byte), sequence: 1 }), 'SEQUENCE_USED')
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 0])
    assert.is(keeping.counts.get('unseen'), 14)
    // What was verified on its way is looked at all the same, and the rest when time has passed.
    const clone = genuine.copy(150)
    await keeping.grow([genuine.say()])
    await keeping.refuse(clone.say(), 'SEQUENCE_USED', true)
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
  })
)

test(
  'what waits for the ledger has a bound for each device',
  withKeeping(async (keeping) => {
    for (let count = 0; count < 12; count++) {
      const early = keeping.genuine.draft({ sequence: 5 + count, key: testKey(1 + count) })
      await keeping.refuse(early, 'CHAIN_BROKEN', true)
    }
    assert.is(keeping.keeper.size, 8)
    keeping.pass(60_000)
    await keeping.grow([])
    assert.is(keeping.keeper.size, 0, 'and is let go when nothing has come of it')
  })
)

test(
  'evidence that was not final when the node ended is filed after its start',
  withKeeping(async (keeping) => {
    const clone = keeping.genuine.copy(150)
    await keeping.grow([clone.say()])
    await keeping.refuse(keeping.genuine.say(), 'SEQUENCE_USED')
    keeping.filed.length = 0
    await keeping.restart()
    assert.is(keeping.keeper.size, 1)
    await keeping.grow([])
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
    await keeping.growFiled()
    keeping.pass(PAUSE_MS)
    await keeping.grow([])
    await keeping.restart()
    assert.is(keeping.keeper.size, 0)
  })
)

test(
  'two messages of the next turn that both wait prove the fork by themselves',
  withKeeping(async (keeping) => {
    await keeping.grow([ownerAct('lost', 1)])
    const clone = keeping.genuine.copy(150)
    await keeping.grow([keeping.genuine.say(), clone.say()])
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 2])
    keeping.pass(PAUSE_MS)
    await keeping.grow([])
    assert.ok(kindsOf(keeping.filed).includes('device-fork'))
    await keeping.growFiled()
    assert.ok(keeping.isStopped)
  })
)

test(
  'what the ledger has forgotten proves nothing any more, and is told to those who suspect',
  withKeeping(async (keeping) => {
    const { genuine, ledger } = keeping
    const late = genuine.copy(150).say()
    await keeping.grow([genuine.say()])
    await keeping.grow([genuine.say()])
    await ledger.growEmpty(ANCHOR_WINDOW_BLOCKS)
    await keeping.refuse(late, 'SEQUENCE_USED')
    assert.equal(keeping.tooOld, [DEVICE_ID])
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 0])
    // Forged it is nothing at all.
    await keeping.refuse(forged(late), 'SEQUENCE_USED')
    assert.is(keeping.tooOld.length, 1)
  })
)

test(
  'two acts of an owner under one key freeze the device',
  withKeeping(async (keeping) => {
    const [act, other] = [ownerAct('lost', 1), ownerAct('transfer-cancel', 1)]
    keeping.isOwn = true
    await keeping.grow([act, other])
    assert.equal(kindsOf(keeping.filed), ['owner-fork'])
    const { executed } = await keeping.growFiled()
    assert.is(executed.outcomes[0]?.outcome, 'applied')
    await keeping.refuse(act, 'OWNER_SEQUENCE_USED')
    keeping.pass(PAUSE_MS)
    await keeping.grow([])
    assert.equal([keeping.filed.length, keeping.keeper.size], [0, 0])
  })
)

test(
  'what a neighbour witnessed is compared with the ledger',
  withKeeping(async (keeping) => {
    const { genuine } = keeping
    await keeping.grow([genuine.say()])
    const heard = genuine.copy(150).say()
    await keeping.grow([genuine.say()])
    const [signature] = heard.signatures
    const content = encodeCbor([heard.signedBody, signature?.signature ?? null])
    // The device itself is the witness here; anybody's word would do.
    const witness = genuine.say({ contentKind: WITNESS, content })
    await keeping.grow([witness])
    keeping.pass(PAUSE_MS)
    await keeping.grow([])
    assert.equal(kindsOf(keeping.filed), ['device-fork'])
    await keeping.growFiled()
    assert.ok(keeping.isStopped)
  })
)

test.run()

/** The same words with a signature that nobody made. */
function forged(transaction: Transaction): Transaction {
  const signatures = [{ algorithm: 'Ed25519' as const, signature: new Uint8Array(64) }]
  return { ...transaction, signatures }
}

function ownerAct(kind: 'lost' | 'transfer-cancel', ownerSequence: number): Transaction {
  const body = encodePlainOwnerAct(kind, {
    deviceId: DEVICE_ID,
    ownerSequence,
    ownerKey: publicKeyOf(OWNER_KEY),
    nextOwnerKeyHash: keyHash(publicKeyOf(testKey(99)))
  })
  return signBody(PLAIN_OWNER_KINDS[kind], body, [['owner', OWNER_KEY]])
}

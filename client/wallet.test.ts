import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import type { OwnerOrder } from './owner-acts.ts'
import { MortalStorage } from './testing/fixtures.ts'
import { signAct, WalletWorld } from './testing/wallet-world.ts'
import { importWallet } from './wallet.ts'
import { exportWalletFile, readWalletFile } from './wallet-storage.ts'

const test = suite('wallet')

const MINUTE_MS = 60_000
const LOST: OwnerOrder = { kind: 'lost' }
const FOUND: OwnerOrder = { kind: 'found' }
const CANCEL: OwnerOrder = { kind: 'transfer-cancel' }
const FAST = 4

const signed = signAct

async function claimed(world: WalletWorld, seedByte = 1, storage = new MortalStorage()) {
  const wallet = await world.wallet(seedByte, storage)
  await world.claim(wallet)
  return wallet
}

test('claims a device, acts for it, and shows another key each time', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  assert.equal(wallet.recovery, { known: 4, taken: 1 })
  const { ownership } = await world.owned()
  assert.is(ownership.rotationKeyHashes.length, 2)
  const acts = [await signed(wallet, world, LOST), await signed(wallet, world, FOUND)]
  assert.equal(
    acts.map(({ ownerSequence }) => ownerSequence),
    [1, 2]
  )
  assert.equal(world.verdicts(acts), ['applied', 'applied'])
  assert.is(wallet.pending(world.deviceId).length, 2)
  const seen = await wallet.observe(world.deviceId, await world.owned())
  assert.ok(seen.ok)
  if (seen.ok) assert.equal([seen.value.ended.length, seen.value.isElsewhere], [2, false])
  assert.is(wallet.pending(world.deviceId).length, 0)
})

test('nothing is signed before the claim is seen to count, and the claim is sent again till then', async () => {
  const world = new WalletWorld()
  const storage = new MortalStorage()
  const wallet = await world.wallet(1, storage)
  const claim = await world.signClaim(wallet)
  assert.ok(claim.ok)
  assert.equal(await wallet.act(world.deviceId, LOST), { ok: false, fault: 'OWNERSHIP_PENDING' })
  const reopened = await world.open(storage)
  assert.equal(
    reopened.pending(world.deviceId).map(({ wire }) => toHex(wire)),
    claim.ok ? [toHex(claim.value.wire)] : []
  )
  assert.ok((await world.signClaim(reopened)).ok, 'a claim may be signed anew')
  // The claim before may count yet, so its recovery key is given to nobody else.
  assert.equal(reopened.recovery, { known: 4, taken: 2 })
})

test('up to eight acts are in flight as a chain, which the ledger takes in order', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  const acts = []
  for (let round = 0; round < 4; round++)
    acts.push(await signed(wallet, world, LOST), await signed(wallet, world, FOUND))
  assert.equal(await wallet.act(world.deviceId, LOST), { ok: false, fault: 'CHAIN_FULL' })
  assert.equal(
    world.verdicts(acts),
    acts.map(() => 'applied')
  )
  await wallet.observe(world.deviceId, await world.owned())
  assert.is((await signed(wallet, world, LOST)).ownerSequence, 9)
})

test('a void act keeps its sequence used, and the chain goes on behind it', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  const acts = [await signed(wallet, world, CANCEL), await signed(wallet, world, LOST)]
  assert.equal(world.verdicts(acts), ['void OFFER_NONE', 'applied'])
  await wallet.observe(world.deviceId, await world.owned())
  assert.is((await signed(wallet, world, FOUND)).ownerSequence, 3)
})

test('an old proof takes nothing back', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  const before = await world.owned()
  world.execute([await signed(wallet, world, LOST)])
  await wallet.observe(world.deviceId, await world.owned())
  const stale = await wallet.observe(world.deviceId, before)
  assert.equal(stale, { ok: false, fault: 'LEDGER_STALE' })
  assert.is((await signed(wallet, world, FOUND)).ownerSequence, 2)
})

test('after a write that failed it signs nothing until it is opened anew', async () => {
  const world = new WalletWorld()
  const storage = new MortalStorage()
  const wallet = await claimed(world, 1, storage)
  for (const fate of ['dies-before', 'dies-after'] as const) {
    const used = await world.open(storage)
    storage.fates.push(fate)
    await assertRejects(() => used.act(world.deviceId, LOST), 'RECORD_NOT_WRITTEN')
    await assertRejects(() => used.act(world.deviceId, FOUND), 'WALLET_CLOSED')
    const reopened = await world.open(storage)
    assert.is(reopened.pending(world.deviceId).length, fate === 'dies-after' ? 1 : 0)
  }
  assert.is(wallet.pending(world.deviceId).length, 0)
})

test('restored from words it reads the ledger, waits ten minutes, reads again, and acts', async () => {
  const world = new WalletWorld()
  world.execute([await signed(await claimed(world), world, LOST)])
  const restored = await world.wallet(1)
  const { networkTag } = world.claimed.ledger
  const place = { networkTag, deviceId: world.deviceId }
  assert.ok((await restored.adopt(place, await world.owned())).ok)
  assert.equal(restored.recovery, { known: 4, taken: 1 })
  assert.equal(await restored.act(world.deviceId, FOUND), { ok: false, fault: 'WALLET_WAITS' })
  await world.pass(9 * MINUTE_MS)
  await restored.observe(world.deviceId, await world.owned())
  assert.is(restored.judgeAct(world.deviceId), 'WALLET_WAITS')
  const old = await world.owned()
  await world.pass(7 * MINUTE_MS)
  assert.equal(await restored.observe(world.deviceId, old), { ok: false, fault: 'LEDGER_STALE' })
  assert.ok((await restored.observe(world.deviceId, await world.owned())).ok)
  assert.equal(world.verdicts([await signed(restored, world, FOUND)]), ['applied'])
  const stranger = await world.wallet(2)
  const refused = await stranger.adopt(place, await world.owned())
  assert.equal(refused, { ok: false, fault: 'OWNER_OTHER' })
})

test('restored twice, the copy that sees the other act waits anew, and no key signs two things', async () => {
  const world = new WalletWorld()
  await claimed(world)
  const { networkTag } = world.claimed.ledger
  const place = { networkTag, deviceId: world.deviceId }
  const [one, two] = [await world.wallet(1), await world.wallet(1)]
  for (const copy of [one, two]) await copy.adopt(place, await world.owned())
  await world.pass(10 * MINUTE_MS)
  for (const copy of [one, two]) await copy.observe(world.deviceId, await world.owned())
  assert.equal(world.verdicts([await signed(one, world, LOST)]), ['applied'])
  const seen = await two.observe(world.deviceId, await world.owned())
  assert.ok(seen.ok && seen.value.isElsewhere)
  assert.is(two.judgeAct(world.deviceId), 'WALLET_WAITS')
  assert.equal(world.verdicts([await signed(one, world, FOUND)]), ['applied'])
  await world.pass(10 * MINUTE_MS)
  await two.observe(world.deviceId, await world.owned())
  assert.is(two.judgeAct(world.deviceId), 'WALLET_WAITS', 'it moved again')
  await world.pass(10 * MINUTE_MS)
  await two.observe(world.deviceId, await world.owned())
  assert.equal(world.verdicts([await signed(two, world, LOST)]), ['applied'])
})

test('a wallet file carries everything under a passphrase, and waits where it arrives', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  const sent = await signed(wallet, world, LOST)
  const text = await exportWalletFile(wallet.exported, 'correct horse', FAST)
  assert.match(text, /^-----BEGIN AGE ENCRYPTED FILE-----/)
  assert.is(await readWalletFile(text, 'wrong horse'), undefined)
  assert.is(await readWalletFile('no age file', 'correct horse'), undefined)
  const state = await readWalletFile(text, 'correct horse')
  assert.ok(state)
  const ports = { storage: new MortalStorage(), now: world.now }
  const other = await importWallet(state!, ports)
  assert.equal(
    other.pending(world.deviceId).map(({ transactionId }) => toHex(transactionId)),
    [toHex(sent.transactionId)]
  )
  assert.is(other.judgeAct(world.deviceId), 'WALLET_WAITS')
  await assertRejects(() => importWallet(state!, ports), 'RECORD_EXISTS')
})

async function assertRejects(run: () => Promise<unknown>, code: string): Promise<void> {
  try {
    await run()
  } catch (error) {
    assert.ok(error instanceof ClientError, String(error))
    assert.is((error as ClientError).code, code)
    return
  }
  assert.unreachable(`nothing failed, ${code} was expected`)
}

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyHash, publicKeyOf, toHex } from '../protocol/index.ts'
import { ownerKeyOf } from './owner.ts'
import { controllersOrder, type OwnerOrder } from './owner-acts.ts'
import { findRecoveryKey, localRotationSigner, planRekeying, planReveal } from './owner-rotation.ts'
import { recoverySeedOf, signAct, WalletWorld } from './testing/wallet-world.ts'
import type { Wallet } from './wallet.ts'

const test = suite('owner acts')

const MINUTE_MS = 60_000
const LOST: OwnerOrder = { kind: 'lost' }
const FOUND: OwnerOrder = { kind: 'found' }
const signed = signAct

async function claimed(world: WalletWorld, seedByte = 1): Promise<Wallet> {
  const wallet = await world.wallet(seedByte)
  await world.claim(wallet)
  return wallet
}

test('sold, the seller is refused; bought back, no key that it showed is used again', async () => {
  const world = new WalletWorld()
  const [seller, buyer] = [await claimed(world, 1), await world.wallet(2)]
  await handOver(world, seller, buyer)
  const left = [await signed(seller, world, LOST), await signed(seller, world, FOUND)]
  assert.equal(world.verdicts(left), ['refused OWNER_SEQUENCE_USED', 'refused OWNER_KEY_WRONG'])
  const sold = await seller.observe(world.deviceId, await world.owned())
  assert.equal(sold, { ok: false, fault: 'OWNER_OTHER' })
  assert.equal(await seller.act(world.deviceId, LOST), { ok: false, fault: 'DEVICE_NOT_OWNED' })
  await buyer.observe(world.deviceId, await world.owned())
  await handOver(world, buyer, seller)
  await seller.observe(world.deviceId, await world.owned())
  const again = await signed(seller, world, LOST)
  assert.equal(world.verdicts([again]), ['applied'])
  const shown = left.map(({ ownerSequence }) => ownerKeyHex(world, ownerSequence))
  const { nextKeyIndex } = seller.devices[0]!
  assert.not(shown.includes(ownerKeyHex(world, nextKeyIndex - 1)))
})

test('re-keyed by the device, or by the phrase that is kept apart, with one more key each time', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  const device = world.beside()
  await rekey(world, wallet, { device, signer: world.rotation(device), kind: 'rotate' })
  const { ownership } = await world.owned()
  const key = findRecoveryKey(recoverySeedOf(1), ownership, 4)
  assert.ok(key)
  const signer = localRotationSigner(key!, world.claimed.ledger.networkTag)
  const next = world.beside(device.next)
  await rekey(world, wallet, { device: next, signer, kind: 'recover' })
  assert.equal(wallet.recovery, { known: 4, taken: 2 })
  const after = await world.facts()
  assert.is(after.device.incarnation, 2)
  assert.equal(after.ownership.encryptionKey, next.coming.encryptionKey)
  const other = findRecoveryKey(recoverySeedOf(1), after.ownership, 4)
  assert.not.equal(toHex(publicKeyOf(other!)), toHex(publicKeyOf(key!)))
})

test('neither the wallet nor a rotation key ends a device alone', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  const { ownership } = await world.owned()
  assert.equal(planReveal(ownership, []), { ok: false, fault: 'ROTATION_KEYS_TOO_FEW' })
  const alone = await wallet.act(world.deviceId, { kind: 'retire', revealed: [] })
  assert.ok(alone.ok)
  const plan = planReveal(ownership, [world.rotation(world.beside())])
  assert.ok(plan.ok)
  if (!alone.ok || !plan.ok) return
  const { revealed, signers } = plan.value
  const unsigned = await wallet.act(world.deviceId, { kind: 'retire', revealed }, [])
  assert.equal(unsigned, { ok: false, fault: 'ROTATION_UNSIGNED' })
  const both = await wallet.act(world.deviceId, { kind: 'retire', revealed }, signers)
  assert.ok(both.ok)
  if (!both.ok) return
  assert.equal(world.verdicts([alone.value, both.value]), ['void ROTATION_KEYS_WRONG', 'applied'])
})

test('controllers are put in the order that the ledger wants', async () => {
  const world = new WalletWorld()
  const wallet = await claimed(world)
  const terms = [5, 3, 4].map((index) => ({
    controllerKey: publicKeyOf(ownerKeyOf(new Uint8Array(32), world.deviceId, index)),
    notAfterMs: 1_800_000_000_000
  }))
  const act = await signed(wallet, world, controllersOrder(terms))
  assert.equal(world.verdicts([act]), ['applied'])
  assert.is((await world.facts()).controllers.length, 3)
})

async function handOver(world: WalletWorld, seller: Wallet, buyer: Wallet): Promise<void> {
  const { ownership, timeMs } = await world.owned()
  const buyerKeyHash = buyer.buyerKeyHash(world.deviceId, ownership.ownerSequence)
  const offer = await signed(seller, world, {
    kind: 'transfer-offer',
    buyerKeyHash,
    termsHash: keyHash(buyerKeyHash),
    notAfterMs: timeMs + 60 * MINUTE_MS
  })
  assert.equal(world.verdicts([offer]), ['applied'])
  await seller.observe(world.deviceId, await world.owned())
  const device = world.beside()
  const offered = await world.owned()
  const options = {
    networkTag: world.claimed.ledger.networkTag,
    deviceId: world.deviceId,
    ownership: offered.ownership,
    coming: device.coming,
    guardians: null
  }
  const lying = { ...device, coming: world.beside().coming }
  const refused = await buyer.accept(options, world.presence(lying))
  assert.equal(refused, { ok: false, fault: 'PRESENCE_REFUSED' })
  const accepted = await buyer.accept(options, world.presence(device))
  assert.ok(accepted.ok)
  if (accepted.ok) assert.equal(world.verdicts([accepted.value]), ['applied'])
}

async function rekey(
  world: WalletWorld,
  wallet: Wallet,
  how: {
    readonly device: ReturnType<WalletWorld['beside']>
    readonly signer: ReturnType<WalletWorld['rotation']>
    readonly kind: 'rotate' | 'recover'
  }
): Promise<void> {
  const { device, ownership } = await world.facts()
  const { coming, rotationKey } = how.device
  const plan = planRekeying({ ownership, incarnation: device.incarnation }, [how.signer], {
    newSigningKeyHash: coming.signingKeyHash,
    newEncryptionKey: coming.encryptionKey,
    deviceRotationKeyHash: coming.rotationKeyHash,
    oldDeviceRotationKeyHash: keyHash(publicKeyOf(rotationKey)),
    freeRecoveryHash: wallet.freeRecoveryHash
  })
  assert.ok(plan.ok)
  if (!plan.ok) return
  const { part, signers } = plan.value
  assert.is(part.newRotationKeyHashes.length, 2)
  const why = {
    evidenceId: new Uint8Array(32),
    goodBranch: 0,
    disputedFromSequence: 0,
    reason: 2
  }
  const order: OwnerOrder =
    how.kind === 'rotate' ? { kind: 'rotate', ...part } : { kind: 'recover', ...part, ...why }
  const act = await wallet.act(world.deviceId, order, signers)
  assert.ok(act.ok)
  if (act.ok) assert.equal(world.verdicts([act.value]), ['applied'])
  await wallet.observe(world.deviceId, await world.owned())
}

function ownerKeyHex(world: WalletWorld, index: number): string {
  return toHex(publicKeyOf(ownerKeyOf(new Uint8Array(32).fill(1), world.deviceId, index)))
}

test.run()

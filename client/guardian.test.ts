import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PrivateKey, publicKeyOf } from '../protocol/index.ts'
import {
  createGuardians,
  decodeGuardianShare,
  draftGuardianAct,
  encodeGuardianShare,
  finishGuardianAct,
  type GuardianOrder,
  type GuardianShare,
  guardianHashOf,
  isKeyOfShare,
  signGuardianAct
} from './guardian.ts'
import type { SignedTransaction } from './signed-transaction.ts'
import { signAct, WalletWorld } from './testing/wallet-world.ts'

const test = suite('guardians')

const HOUR_MS = 3_600_000
const KEYS: readonly PrivateKey[] = [201, 202, 203].map((byte) => ({
  algorithm: 'Ed25519',
  bytes: new Uint8Array(32).fill(byte)
}))

async function guarded(world: WalletWorld): Promise<readonly GuardianShare[]> {
  const wallet = await world.wallet(1)
  await world.claim(wallet)
  const place = { networkTag: world.claimed.ledger.networkTag, deviceId: world.deviceId }
  const terms = { threshold: 2, delayMs: HOUR_MS }
  const { guardians, shares } = createGuardians(place, KEYS.map(guardianHashOf), terms)
  const act = await signAct(wallet, world, { kind: 'guardians-set', guardians })
  assert.equal(world.verdicts([act]), ['applied'])
  return shares.map((share) => decodeGuardianShare(encodeGuardianShare(share))!)
}

async function actOf(
  world: WalletWorld,
  shares: readonly GuardianShare[],
  order: Pick<GuardianOrder, 'act' | 'guardianSequence' | 'ownerKeyHash'>
): Promise<SignedTransaction> {
  const place = { networkTag: world.claimed.ledger.networkTag, deviceId: world.deviceId }
  const present = shares.map((share) => {
    const key = KEYS.find((one) => isKeyOfShare(publicKeyOf(one), share))!
    return { share, key, publicKey: publicKeyOf(key) }
  })
  const draft = draftGuardianAct({ ...place, ...order }, present)
  const signed = present.map(({ key, publicKey }) => ({
    publicKey,
    signature: signGuardianAct(key, draft)
  }))
  const presence =
    order.act === 'replaceOwner' ? await world.presence(world.beside())(draft.signedBody) : null
  assert.ok(presence !== undefined)
  return finishGuardianAct(draft, signed, presence ?? null)
}

test('shares go round as files, each fits one key, and what is no share is none', async () => {
  const shares = await guarded(new WalletWorld())
  for (const [place, share] of shares.entries())
    for (const [other, key] of KEYS.entries())
      assert.is(isKeyOfShare(publicKeyOf(key), share), place === other)
  const bytes = encodeGuardianShare(shares[0]!)
  assert.is(decodeGuardianShare(bytes.subarray(1)), undefined)
  assert.is(decodeGuardianShare(new Uint8Array(0)), undefined)
})

test('enough of them mark a device lost, in any order; too few are refused', async () => {
  const world = new WalletWorld()
  const [one, two, three] = await guarded(world)
  const order = { act: 'lost', guardianSequence: 1, ownerKeyHash: null } as const
  const few = await actOf(world, [two!], order)
  const enough = await actOf(world, [three!, one!], order)
  assert.equal(world.verdicts([few, enough]), ['refused GUARDIANS_TOO_FEW', 'applied'])
  assert.is((await world.facts()).device.lost, 1)
})

test('a lost wallet is replaced after the delay, with the device present, and the new one acts', async () => {
  const world = new WalletWorld()
  const shares = await guarded(world)
  const { ownership } = await world.owned()
  const heir = await world.wallet(2)
  const ownerKeyHash = heir.ownerKeyHash(world.deviceId, ownership.ownerSequence + 1)
  const order = { act: 'replaceOwner', guardianSequence: 1, ownerKeyHash } as const
  assert.equal(world.verdicts([await actOf(world, shares.slice(0, 2), order)]), ['applied'])
  const place = { networkTag: world.claimed.ledger.networkTag, deviceId: world.deviceId }
  assert.not((await heir.adopt(place, await world.owned())).ok, 'the delay is not over')
  await world.pass(HOUR_MS)
  assert.ok((await heir.adopt(place, await world.owned())).ok)
  await world.pass(HOUR_MS / 6)
  assert.ok((await heir.observe(world.deviceId, await world.owned())).ok)
  assert.equal(world.verdicts([await signAct(heir, world, { kind: 'lost' })]), ['applied'])
})

test.run()

import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ascii,
  decodeCbor,
  encodeCbor,
  type OwnershipRecord,
  ownerships,
  toHex
} from '../protocol/index.ts'
import {
  checkOwnerProof,
  drawOwnerChallenge,
  judgeOwnerProof,
  type OwnedPlace,
  readOwnerProof,
  signOwnerProof
} from './owner-proof.ts'
import { proveRecord } from './owner-standing.ts'
import { MortalStorage, seededRandom } from './testing/fixtures.ts'
import { signAct, WalletWorld } from './testing/wallet-world.ts'
import { createWallet, type Wallet } from './wallet.ts'

const test = suite('owner proofs')

const VERIFIER = 'insurer.example'
const MINUTE_MS = 60_000

/** One wallet that owns both devices of a ledger, and the challenge of a verifier. */
async function twoDevices() {
  const world = new WalletWorld(67)
  const { walletSeed: seed, birth, ledger } = world.claimed
  const storage = new MortalStorage()
  const wallet: Wallet = await createWallet(
    { seed, recoveryHashes: [] },
    { storage, now: world.now }
  )
  await world.claim(wallet)
  const ids = [birth.deviceId, world.deviceId]
  const challenge = drawOwnerChallenge(seededRandom(5))
  const asked = { verifier: VERIFIER, challenge, networkTag: ledger.networkTag, nowMs: world.nowMs }
  const place = async (deviceId: Uint8Array): Promise<OwnedPlace> => {
    const proved = await proveRecord(ownerships, deviceId, world.ports)
    assert.ok(proved.ok)
    const { record, timeMs } = (proved as { value: { record?: OwnershipRecord; timeMs: number } })
      .value
    return { deviceId, ownership: record as OwnershipRecord, timeMs }
  }
  const places = async () => [await place(ids[0]!), await place(ids[1]!)]
  const signed = async (change: object = {}) => {
    const proof = signOwnerProof({ seed }, await places(), { ...asked, ...change })
    assert.ok(proof.ok)
    return proof.ok ? proof.value : new Uint8Array(0)
  }
  const check = (proof: Uint8Array, change: object = {}) =>
    checkOwnerProof(proof, { ...asked, ...change }, world.ports)
  return { world, wallet, seed, ids, asked, places, signed, check }
}

const faultOf = (verdict: { ok: boolean; fault?: string }) => verdict.fault ?? 'none'

test('one wallet shows one verifier that it owns two devices', async () => {
  const { ids, signed, check } = await twoDevices()
  const checked = await check(await signed())
  assert.ok(checked.ok, faultOf(checked))
  if (!checked.ok) return
  const shown = checked.value.devices.map(({ deviceId }) => toHex(deviceId))
  assert.equal(shown, ids.map(toHex).sort())
})

test('for another verifier, another challenge or another network it proves nothing', async () => {
  const { signed, check } = await twoDevices()
  const proof = await signed()
  const other = drawOwnerChallenge(seededRandom(6))
  assert.is(
    faultOf(await check(proof, { verifier: 'thief.example' })),
    'OWNER_PROOF_OF_OTHER_CHALLENGE'
  )
  assert.is(faultOf(await check(proof, { challenge: other })), 'OWNER_PROOF_OF_OTHER_CHALLENGE')
  assert.is(faultOf(await check(proof, { networkTag: new Uint8Array(32) })), 'OWNER_PROOF_FORGED')
})

test('it holds for minutes, and never for longer than an hour', async () => {
  const { world, asked, signed, places, check, seed } = await twoDevices()
  const proof = await signed()
  const owned = await places()
  const read = readOwnerProof(proof)!
  const at = (nowMs: number) => {
    const fresh = owned.map((place) => ({ ...place, timeMs: nowMs }))
    return faultOf(judgeOwnerProof(read, fresh, { ...asked, nowMs }))
  }
  assert.is(at(world.nowMs + 5 * MINUTE_MS - 1), 'none')
  assert.is(at(world.nowMs + 5 * MINUTE_MS), 'OWNER_PROOF_EXPIRED')
  assert.is(at(world.nowMs - 3 * MINUTE_MS), 'OWNER_PROOF_FROM_THE_FUTURE')
  assert.throws(() => signOwnerProof({ seed }, owned, { ...asked, termMs: 61 * MINUTE_MS }))
  const long = { ...read, notAfterMs: read.issuedAtMs + 61 * MINUTE_MS }
  assert.is(faultOf(judgeOwnerProof(long, owned, asked)), 'OWNER_PROOF_TERM_TOO_LONG')
  assert.is(
    faultOf(await check(proof, { nowMs: world.nowMs + 20 * MINUTE_MS })),
    'OWNER_PROOF_EXPIRED'
  )
})

test('an old state of the ledger does not say who the owner is now', async () => {
  const { world, asked, signed, places } = await twoDevices()
  const owned = (await places()).map((place) => ({ ...place, timeMs: world.nowMs - 6 * MINUTE_MS }))
  const read = readOwnerProof(await signed())!
  assert.is(faultOf(judgeOwnerProof(read, owned, asked)), 'LEDGER_STALE')
})

test('an act shows the next key, and what was signed with the one before proves nothing more', async () => {
  const { world, wallet, signed, check } = await twoDevices()
  const before = await signed()
  world.execute([await signAct(wallet, world, { kind: 'lost' })])
  const now = { nowMs: world.nowMs }
  assert.is(faultOf(await check(before, now)), 'OWNER_OTHER')
  assert.is(faultOf(await check(await signed(now), now)), 'none')
})

test('a proof is no second thing under an owner key: the act after it counts as ever', async () => {
  const { world, wallet, signed } = await twoDevices()
  await signed()
  const acts = [await signAct(wallet, world, { kind: 'lost' })]
  assert.equal(world.verdicts(acts), ['applied'])
})

test('who owns one of the devices alone cannot sign for both, nor join two proofs into one', async () => {
  const { world, asked, places, signed, check, seed } = await twoDevices()
  const foreign = { seed: new Uint8Array(32).fill(9) }
  const owned = await places()
  assert.is(faultOf(signOwnerProof(foreign, owned, asked)), 'OWNER_OTHER')
  const [first, second] = owned
  assert.is(faultOf(signOwnerProof({ seed }, [first!, first!], asked)), 'OWNER_PROOF_DEVICES_WRONG')
  assert.is(faultOf(signOwnerProof({ seed }, [], asked)), 'OWNER_PROOF_DEVICES_WRONG')
  const short = { ...asked, challenge: new Uint8Array(15) }
  assert.is(faultOf(signOwnerProof({ seed }, owned, short)), 'OWNER_CHALLENGE_WRONG')
  const alone = [first!, second!].map((place) => {
    const proof = signOwnerProof({ seed }, [place], asked)
    assert.ok(proof.ok)
    return decodeCbor(proof.ok ? proof.value : ascii(''))
  })
  const [body] = decodeCbor(await signed()) as [Uint8Array]
  const signatures = alone.map((one) => (one as [Uint8Array, [Uint8Array]])[1][0])
  const joined = encodeCbor([body, signatures])
  assert.is(faultOf(await check(joined, { nowMs: world.nowMs })), 'OWNER_PROOF_FORGED')
})

test('whatever is changed in a proof, it proves nothing', async () => {
  const { signed, check } = await twoDevices()
  const proof = await signed()
  await fc.assert(
    fc.asyncProperty(
      fc.nat(proof.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const changed = proof.slice()
        changed[at]! ^= flip
        assert.not((await check(changed)).ok)
      }
    ),
    { numRuns: 60 }
  )
  const faults = [new Uint8Array(0), proof.slice(1), new Uint8Array(9_000), encodeCbor([1, 2])]
  for (const bytes of faults) assert.is(faultOf(await check(bytes)), 'OWNER_PROOF_MALFORMED')
})

test.run()

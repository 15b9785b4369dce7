import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { devices, invariant, type SealProof, type Verdict } from '../protocol/index.ts'
import { checkRead, checkReceipt } from './checks.ts'
import { ClientError } from './errors.ts'
import {
  checkFollowing,
  followNode,
  type LedgerFollower,
  trustCheckpoint,
  trustGenesis
} from './ledger-follower.ts'
import { claimDevice, seededRandom } from './testing/fixtures.ts'
import type { TestLedger } from './testing/test-ledger.ts'

const test = suite('following the ledger')

const TURNS = 5
const { ledger, birth, claimId } = claimDevice('Ed25519', seededRandom(61))
const PLACE = { table: devices.number, key: birth.deviceId }
const FIRST_READ = ledger.readProof(PLACE.table, PLACE.key)
for (let turn = 0; turn < TURNS; turn++) ledger.turnEpoch()
ledger.execute([])
const LAST_READ = ledger.readProof(PLACE.table, PLACE.key)
const SEALS = ledger.seals(0)

const faultOf = (verdict: Verdict<string, unknown>): string => (verdict.ok ? 'NONE' : verdict.fault)
const nodeOf = (
  of: Pick<TestLedger, 'seals'>
): { readonly seals: (from: number) => Promise<readonly SealProof[]> } => ({
  seals: async (from) => of.seals(from)
})

function changed(index: number, change: Partial<SealProof>): readonly SealProof[] {
  return SEALS.map((seal, place) => (place === index ? { ...seal, ...change } : seal))
}

test('from genesis on every seal is followed, and each proof is judged by the members of its epoch', () => {
  const follower = trustGenesis(ledger.genesis)
  assert.is(faultOf(checkRead(follower, PLACE, LAST_READ)), 'EPOCH_AHEAD')
  assert.ok(checkRead(follower, PLACE, FIRST_READ).ok)
  const followed = follower.follow(SEALS)
  assert.ok(followed.ok && followed.value.epoch === TURNS)
  assert.ok(checkRead(follower, PLACE, LAST_READ).ok)
  assert.ok(checkRead(follower, PLACE, FIRST_READ).ok)
  assert.ok(checkReceipt(follower, claimId, ledger.receipt(claimId)).ok)
})

test('seals that were followed already are left out, and none may be missing', () => {
  const follower = trustGenesis(ledger.genesis)
  assert.is(faultOf(follower.follow(SEALS.slice(1))), 'SEALS_MISSING')
  assert.is(follower.newest.epoch, 0)
  for (const seals of [SEALS.slice(0, 2), SEALS.slice(0, 4), SEALS.slice(0, 1), SEALS, []])
    assert.ok(follower.follow(seals).ok)
  assert.is(follower.newest.epoch, TURNS)
  assert.is(
    faultOf(trustGenesis(ledger.genesis).follow([SEALS[0]!, SEALS[2]!])),
    'HEADER_ELECTORATE_WRONG'
  )
})

test('a forged seal leads nowhere, and what was followed before it stays', () => {
  const { finalisation } = SEALS[2]!
  const signatures = finalisation.signatures.map((one) => ({
    ...one,
    signature: new Uint8Array(64)
  }))
  const forgeries: readonly (readonly [string, readonly SealProof[]])[] = [
    ['FINALISATION_FORGED', changed(2, { finalisation: { ...finalisation, signatures } })],
    ['FINALISATION_OF_OTHER_BLOCK', changed(2, { finalisation: SEALS[1]!.finalisation })],
    ['SEAL_ELECTORATE_WRONG', changed(2, { electorateBytes: SEALS[3]!.electorateBytes })],
    ['HEADER_MALFORMED', changed(2, { headerBytes: Uint8Array.of(1) })]
  ]
  for (const [fault, seals] of forgeries) {
    const follower = trustGenesis(ledger.genesis)
    assert.is(faultOf(follower.follow(seals)), fault)
    assert.is(follower.newest.epoch, 2)
    assert.ok(follower.follow(SEALS).ok)
  }
  const foreign = trustGenesis({ ...ledger.genesis, networkId: 'other' })
  assert.is(faultOf(foreign.follow(SEALS)), 'HEADER_NETWORK_WRONG')
})

test('a checkpoint begins close to now, if its bytes are what its hash says', () => {
  const before = trustGenesis(ledger.genesis)
  before.follow(SEALS.slice(0, 3))
  const begun = trustCheckpoint(before.checkpoint)
  invariant(begun.ok, 'a checkpoint of our own is good')
  const follower = begun.value
  assert.is(follower.newest.epoch, 3)
  assert.is(faultOf(checkRead(follower, PLACE, FIRST_READ)), 'EPOCH_FORGOTTEN')
  assert.ok(follower.follow(SEALS).ok)
  assert.ok(checkRead(follower, PLACE, LAST_READ).ok)
  for (const electorateBytes of [SEALS[0]!.electorateBytes, Uint8Array.of(1)])
    assert.is(
      faultOf(trustCheckpoint({ ...before.checkpoint, electorateBytes })),
      'CHECKPOINT_WRONG'
    )
})

test('only the newest electorates are kept', () => {
  const follower = trustGenesis(ledger.genesis, 2)
  follower.follow(SEALS)
  const known = Array.from({ length: TURNS + 2 }, (_, epoch) =>
    faultOf(follower.electorateOf(epoch))
  )
  assert.equal(known, [...Array(TURNS - 1).fill('EPOCH_FORGOTTEN'), 'NONE', 'NONE', 'EPOCH_AHEAD'])
})

test('a check of a newer proof follows the seals of a node first', async () => {
  const follower = trustGenesis(ledger.genesis)
  const read = await checkFollowing(follower, nodeOf(ledger), (network) =>
    checkRead(network, PLACE, LAST_READ)
  )
  assert.ok(read.ok)
  const asked: number[] = []
  const counting = {
    seals: async (from: number) => {
      asked.push(from)
      return ledger.seals(from)
    }
  }
  assert.ok((await checkFollowing(follower, counting, (of) => checkRead(of, PLACE, LAST_READ))).ok)
  assert.equal(asked, [])
  await followNode(follower, counting)
  assert.equal(asked, [TURNS])
})

test('a node without the seals leaves the proof unjudged, and one with forged ones is told apart', async () => {
  const check = (network: LedgerFollower): Promise<Verdict<string, unknown>> =>
    checkFollowing(network, { seals: async () => [] }, (of) => checkRead(of, PLACE, LAST_READ))
  assert.is(faultOf(await check(trustGenesis(ledger.genesis))), 'EPOCH_AHEAD')
  const follower = trustGenesis(ledger.genesis)
  const forged = changed(1, { finalisation: SEALS[0]!.finalisation })
  const error = await followNode(follower, { seals: async (from) => forged.slice(from) }).catch(
    (thrown: unknown) => thrown
  )
  assert.ok(error instanceof ClientError && error.code === 'SEALS_FORGED')
  assert.match(String(error), /FINALISATION_OF_OTHER_BLOCK after epoch 1/)
  // an honest node leads on from where the other's lie began
  assert.is((await followNode(follower, nodeOf(ledger))).epoch, TURNS)
})

test.run()

import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import type { OwnerOrder } from './owner-acts.ts'
import type { SignedTransaction } from './signed-transaction.ts'
import { MortalStorage, type WriteFate } from './testing/fixtures.ts'
import { WalletWorld } from './testing/wallet-world.ts'
import type { Wallet } from './wallet.ts'
import type { SignedOwnerAct } from './wallet-state.ts'

const test = suite('wallet through crashes')

type Step =
  | { readonly kind: 'act'; readonly order: OwnerOrder; readonly fate: WriteFate }
  | { readonly kind: 'carry'; readonly order: readonly number[]; readonly fate: WriteFate }
  | { readonly kind: 'observe' | 'restart'; readonly fate: WriteFate }

const fate = fc.constantFrom<WriteFate>('kept', 'kept', 'kept', 'dies-before', 'dies-after')
const order = fc.constantFrom<OwnerOrder>(
  { kind: 'lost' },
  { kind: 'found' },
  { kind: 'transfer-cancel' },
  { kind: 'quarantine', untilMs: 1_800_000_000_000 },
  { kind: 'quarantine', untilMs: 0 }
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('act' as const), order, fate }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('carry' as const),
      order: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 8 }),
      fate
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('observe' as const, 'restart' as const), fate })
  }
)

/** One owner, and a watcher of all bytes that ever left the wallet. */
class History {
  readonly #world: WalletWorld
  readonly #storage: MortalStorage
  readonly #seen = new Map<number, string>()
  #wallet: Wallet

  constructor(world: WalletWorld, storage: MortalStorage, wallet: Wallet) {
    this.#world = world
    this.#storage = storage
    this.#wallet = wallet
  }

  async play(next: Step): Promise<void> {
    this.#storage.fates.push(next.fate)
    try {
      await this.#do(next)
    } catch (error) {
      assert.ok(error instanceof ClientError, String(error))
      await this.restart()
    }
    this.#storage.fates.length = 0
    this.#watch()
  }

  async restart(): Promise<void> {
    this.#wallet = await this.#world.open(this.#storage)
  }

  /** Sends all that is in flight in order, until nothing is. */
  async settle(): Promise<void> {
    this.#storage.fates.length = 0
    this.#carry([0, 1, 2, 3, 4, 5, 6, 7])
    await this.#wallet.observe(this.#world.deviceId, await this.#world.owned())
    assert.is(this.#wallet.pending(this.#world.deviceId).length, 0)
    assert.is(this.#wallet.devices[0]?.waitUntilMs, 0, 'nobody else has acted')
  }

  async #do(next: Step): Promise<void> {
    const { deviceId } = this.#world
    if (next.kind === 'act') await this.#wallet.act(deviceId, next.order)
    if (next.kind === 'carry') this.#carry(next.order)
    if (next.kind === 'observe') await this.#wallet.observe(deviceId, await this.#world.owned())
    if (next.kind === 'restart') await this.restart()
  }

  /** Carriers bring acts late, twice and in any order; none is ever refused for what the wallet did. */
  #carry(places: readonly number[]): void {
    const pending = this.#wallet.pending(this.#world.deviceId)
    const chosen = places.flatMap((place): SignedTransaction[] => pending.slice(place, place + 1))
    if (chosen.length === 0) return
    for (const [index, { outcome, code }] of this.#world.execute(chosen).entries()) {
      const isOld = outcome === 'refused' && code === 'OWNER_SEQUENCE_USED'
      const isFine = outcome !== 'refused' || isOld
      assert.ok(isFine, `${toHex(chosen[index]!.transactionId)} ${outcome} ${code}`)
    }
  }

  /** Fails when two different signed acts of one sequence ever show. */
  #watch(): void {
    for (const act of this.#wallet.pending(this.#world.deviceId) as readonly SignedOwnerAct[]) {
      const bytes = toHex(act.wire)
      const before = this.#seen.get(act.ownerSequence) ?? bytes
      assert.is(before, bytes, `two acts of sequence ${act.ownerSequence}`)
      this.#seen.set(act.ownerSequence, bytes)
    }
  }
}

test('through crashes at any write, in any order on the way, no owner sequence is ever signed twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      const world = new WalletWorld()
      const storage = new MortalStorage()
      const wallet = await world.wallet(1, storage)
      await world.claim(wallet)
      const history = new History(world, storage, wallet)
      for (const next of steps) await history.play(next)
      await history.settle()
    }),
    { numRuns: 60, includeErrorInReport: true }
  )
})

test('cut off at each write of a claim, it goes on with what is stored', async () => {
  for (const fateOfClaim of ['dies-before', 'dies-after'] as const) {
    const world = new WalletWorld()
    const storage = new MortalStorage()
    const wallet = await world.wallet(1, storage)
    storage.fates.push(fateOfClaim)
    await world.signClaim(wallet).then(
      () => assert.unreachable('the write failed'),
      (error: unknown) => assert.ok(error instanceof ClientError)
    )
    const reopened = await world.open(storage)
    const stored = reopened.pending(world.deviceId)
    assert.is(stored.length, fateOfClaim === 'dies-after' ? 1 : 0)
    const claim = stored[0] ?? (await resign(world, reopened))
    assert.equal(world.verdicts([claim]), ['applied'])
    assert.ok((await reopened.observe(world.deviceId, await world.owned())).ok)
    assert.ok((await reopened.act(world.deviceId, { kind: 'lost' })).ok)
  }
})

async function resign(world: WalletWorld, wallet: Wallet): Promise<SignedTransaction> {
  const claim = await world.signClaim(wallet)
  if (!claim.ok) throw new Error(claim.fault)
  return claim.value
}

test.run()

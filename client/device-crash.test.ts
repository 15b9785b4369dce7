import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  isCounting,
  type Outcome,
  RATCHET_NEVER,
  readDeviceMessageEnvelope,
  toHex
} from '../protocol/index.ts'
import { type Device, openDevice } from './device.ts'
import { ClientError } from './errors.ts'
import {
  type ClaimedDevice,
  claimDevice,
  EASY_PROFILE,
  MortalStorage,
  seededRandom,
  startDevice,
  temperature,
  type WriteFate
} from './testing/fixtures.ts'

const test = suite('device through crashes')

const READING = 0
const ALARM = 1

type Step =
  | { readonly kind: 'say'; readonly value: number; readonly fate: WriteFate }
  | { readonly kind: 'alarm'; readonly value: number; readonly fate: WriteFate }
  | { readonly kind: 'lie'; readonly fate: WriteFate }
  | { readonly kind: 'anchor'; readonly fate: WriteFate }
  | { readonly kind: 'carry'; readonly count: number; readonly fate: WriteFate }
  | { readonly kind: 'restart'; readonly fate: WriteFate }

const fate = fc.constantFrom<WriteFate>('kept', 'kept', 'kept', 'dies-before', 'dies-after')
const anyValue = fc.integer({ min: -1000, max: 1000 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const), value: anyValue, fate }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('alarm' as const), value: anyValue, fate })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lie' as const), fate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('anchor' as const), fate }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('carry' as const),
      count: fc.integer({ min: 1, max: 4 }),
      fate
    })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), fate }) }
)

/** One device, its world, and a watcher of all bytes that ever left it. */
class History {
  readonly claimed: ClaimedDevice
  readonly storage = new MortalStorage()
  readonly #seen = new Map<string, string>()
  readonly #counted = new Map<string, Outcome>()
  #seed: number
  device: Device

  private constructor(
    claimed: ClaimedDevice,
    device: Device,
    storage: MortalStorage,
    seed: number
  ) {
    this.claimed = claimed
    this.device = device
    this.storage = storage
    this.#seed = seed
  }

  static async start(seed: number, ratchetEvery: number): Promise<History> {
    const profile = { ...EASY_PROFILE, ratchetEvery: 2 }
    const claimed = claimDevice('Ed25519', seededRandom(seed), profile)
    const storage = new MortalStorage()
    return new History(claimed, await startDevice(claimed, ratchetEvery, storage), storage, seed)
  }

  async play(next: Step): Promise<void> {
    this.storage.fates.push(next.fate)
    try {
      await this.#act(next)
    } catch (error) {
      assert.ok(error instanceof ClientError, String(error))
      await this.restart()
    }
    this.storage.fates.length = 0
    this.#watch(this.device.pending(1_000).map(({ wire }) => wire))
  }

  async #act(next: Step): Promise<void> {
    if (next.kind === 'say')
      this.#watchSaid(await this.device.say(READING, temperature(next.value)))
    if (next.kind === 'alarm')
      this.#watchSaid(await this.device.say(ALARM, temperature(next.value)))
    if (next.kind === 'lie')
      await this.device.adoptAnchor({ height: 1, blockId: new Uint8Array(16).fill(3) })
    if (next.kind === 'anchor')
      await this.device.adoptAnchor({
        height: this.claimed.ledger.height,
        blockId: this.claimed.ledger.tipId
      })
    if (next.kind === 'carry') await this.carry(next.count)
    if (next.kind === 'restart') await this.restart()
  }

  /** Sends the first messages of the list and settles what the ledger says, as far as the storage lives. */
  async carry(count: number): Promise<readonly Outcome[]> {
    const messages = this.device.pending(count)
    const outcomes = this.claimed.ledger.execute(messages.map(({ wire }) => wire))
    // Settled before a crash that lost it, a message comes again and counts no more; but what every
    // node answers is its first outcome that counted.
    for (const [index, outcome] of outcomes.entries()) {
      const id = toHex(messages[index]!.messageId)
      if (isCounting(outcome)) this.#counted.set(id, outcome)
    }
    for (const { messageId } of messages) {
      const status = this.#counted.get(toHex(messageId))
      assert.ok(status, 'an honest message counts')
      await this.device.settle(messageId, status!.outcome, status!.code)
    }
    return outcomes
  }

  async restart(): Promise<void> {
    this.#seed += 1_000
    this.device = await openDevice({
      storage: this.storage,
      randomBytes: seededRandom(this.#seed)
    })
  }

  #watchSaid(said: Awaited<ReturnType<Device['say']>>): void {
    if (said.ok) this.#watch([said.value.wire])
  }

  /** Fails when two different signed messages of one sequence ever show. */
  #watch(wires: readonly Uint8Array[]): void {
    for (const wire of wires) {
      const { incarnation, sequence } = readDeviceMessageEnvelope(wire)!.message
      const place = `${incarnation}/${sequence}`
      const bytes = toHex(wire)
      assert.is(this.#seen.get(place) ?? bytes, bytes, `two messages at ${place}`)
      this.#seen.set(place, bytes)
    }
  }
}

test('through crashes at any write, no sequence is ever signed twice and everything said is applied', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.constantFrom(1, 2, 5, RATCHET_NEVER),
      fc.array(step, { minLength: 5, maxLength: 25 }),
      async (seed, ratchetEvery, steps) => {
        const history = await History.start(seed, ratchetEvery)
        for (const next of steps) await history.play(next)
        for (let round = 0; round < 20 && history.device.pending().length > 0; round++)
          await history.carry(64)
        assert.is(history.device.pending().length, 0)
        assert.is(history.device.held().length, 0)
      }
    ),
    { numRuns: 500, includeErrorInReport: true }
  )
})

test.run()

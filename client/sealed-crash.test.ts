import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ascii, senmlContent, toHex } from '../protocol/index.ts'
import { type Device, openDevice } from './device.ts'
import { ClientError } from './errors.ts'
import { seededRandom, type WriteFate } from './testing/fixtures.ts'
import { SealedWorld, share } from './testing/sealed-world.ts'

const test = suite('sealing devices through crashes')

const READING = 0
const NAME = 'weight-of-the-owner'
const SECRET = toHex(ascii(NAME))

function reading(value: number): Uint8Array {
  return senmlContent([{ n: NAME, u: 'kg', v: value }])
}

type Step = {
  readonly kind: 'say' | 'grant' | 'adopt' | 'anchor' | 'carry' | 'restart'
  readonly fate: WriteFate
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('say', 'say', 'say', 'grant', 'adopt', 'anchor', 'carry', 'restart'),
  fate: fc.constantFrom<WriteFate>('kept', 'kept', 'kept', 'dies-before', 'dies-after')
})

test('through crashes, grants and late news everything said is applied, sealed, and read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(100_000), fc.array(step, { maxLength: 20 }), async (seed, steps) => {
      const world = await SealedWorld.start(seed, { sealing: 1 })
      const { reader, grant } = await share(world)
      await world.adopt()
      const history = new History(world, grant)
      for (const next of steps) await history.play(next)
      const wires = await history.finish()
      const read = wires.flatMap((wire) => {
        const opened = reader.open(wire)
        assert.ok(opened.ok)
        return opened.ok ? [toHex(opened.value.content)] : []
      })
      const expected = Array.from({ length: history.said }, (_, index) => toHex(reading(index)))
      assert.equal([...new Set(read)].sort(), expected.sort())
      assert.is(
        wires.some((wire) => toHex(wire).includes(SECRET)),
        false
      )
    }),
    { numRuns: 40, includeErrorInReport: true }
  )
})

/** A sealing device whose storage dies, and all messages of it that were applied. */
class History {
  said = 0
  readonly #world: SealedWorld
  readonly #grant: () => Promise<void>
  readonly #applied = new Map<string, Uint8Array>()
  readonly #counted = new Map<
    string,
    { readonly outcome: 'applied' | 'void'; code: string | null }
  >()
  #device: Device
  #openings = 0

  constructor(world: SealedWorld, grant: () => Promise<void>) {
    this.#world = world
    this.#grant = grant
    this.#device = world.device
  }

  async play({ kind, fate }: Step): Promise<void> {
    const { storage } = this.#world
    storage.fates.push(fate)
    try {
      await this.#act(kind)
    } catch (error) {
      assert.ok(error instanceof ClientError, String(error))
      await this.#restart()
    }
    storage.fates.length = 0
  }

  async finish(): Promise<readonly Uint8Array[]> {
    for (let round = 0; round < 8; round++) {
      await this.#device.adoptDataKey(await this.#world.deviceKey())
      await this.#carry()
    }
    assert.equal([this.#device.pending().length, this.#device.held().length], [0, 0])
    return [...this.#applied.values()]
  }

  async #act(kind: Step['kind']): Promise<void> {
    if (kind === 'say') await this.#say()
    if (kind === 'grant') await this.#grant()
    if (kind === 'adopt') await this.#device.adoptDataKey(await this.#world.deviceKey())
    if (kind === 'anchor') {
      const { ledger } = this.#world.claimed
      await this.#device.adoptAnchor({ height: ledger.height, blockId: ledger.tipId })
    }
    if (kind === 'carry') await this.#carry()
    if (kind === 'restart') await this.#restart()
  }

  /** What a crash lost is not on the list after a restart: the application says it again. */
  async #say(): Promise<void> {
    const { sequence } = this.#device.state
    try {
      if ((await this.#device.say(READING, reading(this.said))).ok) this.said++
    } catch (error) {
      await this.#restart()
      if (this.#device.state.sequence > sequence) this.said++
      throw error
    }
  }

  async #carry(): Promise<void> {
    const messages = this.#device.pending()
    const outcomes = this.#world.execute(messages.map(({ wire }) => wire))
    for (const [index, { outcome, code }] of outcomes.entries()) {
      const { messageId, wire } = messages[index]!
      if (outcome === 'applied') this.#applied.set(toHex(messageId), wire)
      if (outcome === 'applied' || outcome === 'void')
        this.#counted.set(toHex(messageId), { outcome, code })
    }
    for (const { messageId } of messages) {
      const counted = this.#counted.get(toHex(messageId))
      assert.ok(counted, 'an honest message counts')
      await this.#device.settle(messageId, counted!.outcome, counted!.code)
    }
  }

  async #restart(): Promise<void> {
    const randomBytes = seededRandom(9_000 + this.#openings++)
    this.#device = await openDevice({ storage: this.#world.storage, randomBytes })
  }
}

test.run()

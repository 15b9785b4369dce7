import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { equalBytes, toHex } from '../foundation/bytes.ts'
import { createLedgerWorld, nextVersion, worldBatch } from '../testing/ledger-world.ts'
import {
  makeFork,
  makeNoise,
  NOISES,
  type Noisy,
  placeAt,
  SAYINGS,
  type Said,
  type Saying,
  speak
} from '../testing/world-chains.ts'
import type { DeviceMessage } from '../transactions/device-message.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { beginBlockExecution } from './execute-block.ts'
import type { LedgerVersion } from './ledger-version.ts'
import { isCounting, OUTCOMES, type Outcome } from './outcome.ts'
import { devices as deviceTable } from './records/device-record.ts'

const test = suite('execution of blocks')

const DEVICES = 3
const world = createLedgerWorld(DEVICES)
const CODELESS: readonly string[] = ['applied', 'duplicate']

const noEnd = { noNaN: true }
const sayings = fc.constantFrom(...(Object.keys(SAYINGS) as Saying[]))
const chainPlans = fc.array(fc.array(sayings, { maxLength: 6 }), {
  minLength: DEVICES,
  maxLength: DEVICES
})
const noisePlans: fc.Arbitrary<Noisy[]> = fc.array(
  fc.record({
    device: fc.nat(DEVICES - 1),
    at: fc.nat(6),
    noise: fc.constantFrom(...NOISES)
  }),
  { maxLength: 8 }
)
/** Numbers in [0, 1) by which things are picked. */
const picks = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, ...noEnd }), {
  minLength: 40,
  maxLength: 40
})

test('is total and repeats itself, and counts each sequence of a device once', () => {
  const forkPlans = fc.array(fc.record({ device: fc.nat(DEVICES - 1), at: fc.nat(5) }), {
    maxLength: 4
  })
  fc.assert(
    fc.property(chainPlans, noisePlans, forkPlans, picks, (plan, noises, forks, picked) => {
      const { chains, places } = speak(world, plan)
      const soup = [
        ...chains.flat().map(({ transaction }) => transaction),
        ...noises.map((noisy) => makeNoise(world, noisy, places)),
        ...forks.map(({ device, at }, index) => makeFork(world, placeAt(places, device, at), index))
      ]
      const blocks = inBlocks(shuffled([...soup, ...soup], picked), picked)
      const counted = new Map<string, number>()
      let version = world.version
      for (const block of blocks) {
        const { executed, version: next } = nextVersion(
          version,
          world.networkTag,
          block.map(worldBatch)
        )
        const transactions = block.flat()
        assert.is(executed.outcomes.length, transactions.length)
        for (const [position, outcome] of executed.outcomes.entries()) {
          assert.ok(isKnown(outcome), JSON.stringify(outcome))
          if (isCounting(outcome)) countOnce(counted, transactions[position] as Transaction)
        }
        const again = sliced(version, [transactions], picked)
        assert.ok(equalBytes(again.stateRoot, executed.stateRoot))
        assert.ok(equalBytes(again.receiptsRoot, executed.receiptsRoot))
        version = next
      }
      for (const { deviceId } of world.devices) {
        const { sequence } = recordOf(version, deviceId)
        assert.is(sequence, counted.get(toHex(deviceId)) ?? 0)
      }
    }),
    { numRuns: 60 }
  )
})

test('ends the same whatever the order, when all is offered often enough', () => {
  fc.assert(
    fc.property(chainPlans, noisePlans, picks, picks, (plan, noises, first, second) => {
      const { chains, places } = speak(world, plan)
      const noise = noises.map((noisy) => makeNoise(world, noisy, places))
      const records = [first, second].map((picked) => {
        const { version, counted } = offerUntilQuiet(chains, noise, picked)
        for (const { transaction, saying } of chains.flat()) {
          const outcomes = counted.get(toHex(transaction.id)) ?? []
          assert.is(outcomes.length, 1, 'it counts once')
          assert.is(outcomes[0]?.code, SAYINGS[saying])
        }
        for (const { id } of noise) assert.not(counted.has(toHex(id)))
        return world.devices.map(({ deviceId }) =>
          toHex(deviceTable.encode(recordOf(version, deviceId)))
        )
      })
      assert.equal(records[0], records[1])
    }),
    { numRuns: 60 }
  )
})

test.run()

/** Offers what has not counted in ever new orders, noise and copies among it, until all has. */
function offerUntilQuiet(
  chains: readonly (readonly Said[])[],
  noise: readonly Transaction[],
  picked: readonly number[]
): { readonly version: LedgerVersion; readonly counted: ReadonlyMap<string, readonly Outcome[]> } {
  const counted = new Map<string, Outcome[]>()
  const all = chains.flat().map(({ transaction }) => transaction)
  const roundsMax = Math.max(...chains.map((chain) => chain.length))
  let version = world.version
  for (let round = 0; round < roundsMax; round++) {
    const offered = shuffled([...all, ...noise, ...all.slice(0, 2)], turned(picked, round))
    for (const block of inBlocks(offered, turned(picked, round + 1))) {
      const { executed, version: next } = nextVersion(
        version,
        world.networkTag,
        block.map(worldBatch)
      )
      for (const [position, { id }] of block.flat().entries()) {
        const outcome = executed.outcomes[position] as Outcome
        if (isCounting(outcome))
          counted.set(toHex(id), [...(counted.get(toHex(id)) ?? []), outcome])
      }
      version = next
    }
  }
  return { version, counted }
}

/** The same transactions in other slices and as one batch: neither may make a difference. */
function sliced(
  parent: LedgerVersion,
  batches: readonly (readonly Transaction[])[],
  picked: readonly number[]
): { readonly stateRoot: Uint8Array; readonly receiptsRoot: Uint8Array } {
  const { timeMs } = parent
  const execution = beginBlockExecution(parent, {
    timeMs,
    networkTag: world.networkTag,
    batches: batches.map(worldBatch)
  })
  for (let turn = 0; !execution.advance(1 + Math.floor(5 * pick(picked, turn))); turn++);
  return execution.finish()
}

function shuffled(
  transactions: readonly Transaction[],
  picked: readonly number[]
): readonly Transaction[] {
  const left = [...transactions]
  const order: Transaction[] = []
  for (let turn = 0; left.length > 0; turn++) {
    const [next] = left.splice(Math.floor(pick(picked, turn) * left.length), 1)
    order.push(next as Transaction)
  }
  return order
}

/** Cuts a list into blocks of batches, of sizes as they come. */
function inBlocks(
  transactions: readonly Transaction[],
  picked: readonly number[]
): readonly (readonly (readonly Transaction[])[])[] {
  const blocks: Transaction[][][] = []
  for (let from = 0, turn = 0; from < transactions.length; turn += 2) {
    const end = from + 1 + Math.floor(9 * pick(picked, turn))
    const middle = from + Math.floor((end - from) * pick(picked, turn + 1))
    blocks.push([transactions.slice(from, middle), transactions.slice(middle, end)])
    from = end
  }
  return blocks
}

function countOnce(counted: Map<string, number>, { body }: Transaction): void {
  const { deviceId, sequence } = body as DeviceMessage
  const before = counted.get(toHex(deviceId)) ?? 0
  assert.is(sequence, before + 1, 'sequences count one after the other, each once')
  counted.set(toHex(deviceId), sequence)
}

function isKnown({ outcome, code }: Outcome): boolean {
  return outcome in OUTCOMES && (code === null) === CODELESS.includes(outcome)
}

function recordOf(
  version: LedgerVersion,
  deviceId: Uint8Array
): NonNullable<ReturnType<typeof deviceTable.decode>> {
  const record = version.view.read(deviceTable, deviceId)
  assert.ok(record !== undefined)
  return record as NonNullable<typeof record>
}

function pick(picked: readonly number[], turn: number): number {
  return picked[turn % picked.length] ?? 0
}

function turned(picked: readonly number[], by: number): readonly number[] {
  const at = (7 * by) % picked.length
  return [...picked.slice(at), ...picked.slice(0, at)]
}

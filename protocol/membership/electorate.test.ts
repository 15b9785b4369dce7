import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../foundation/bytes.ts'
import { InvariantError } from '../foundation/invariant.ts'
import type { Epoch } from '../types.ts'
import {
  type ConsensusParameters,
  createElectorate,
  faultWeightOf,
  quorumWeightOf,
  type Seat
} from './electorate.ts'

const test = suite('electorates')

const PARAMETERS: ConsensusParameters = {
  delta0Ms: 500,
  deltaMaxMs: 30_000,
  heartbeatMs: 60_000,
  blockBytesMax: 1_048_576,
  messageDelayMs: 15_000,
  precisionMs: 505
}

const seat = (byte: number, weight = 1): Seat => ({
  memberId: new Uint8Array(32).fill(byte),
  voteKey: new Uint8Array(32).fill(byte + 1),
  weight,
  operatorId: new Uint8Array(16).fill(byte),
  region: 'eu',
  endpoints: ['/dns4/a/tcp/1']
})

type Options = Parameters<typeof createElectorate>[0]
const BASE: Options = {
  epoch: 3 as Epoch,
  faultModel: 'byzantine',
  parameters: PARAMETERS,
  seats: [seat(5), seat(1, 2), seat(9)]
}

// Weight in all, quorum and faulty weight among liars, quorum and faulty weight among the honest.
const QUORUMS: readonly (readonly [number, number, number, number, number])[] = [
  [1, 1, 0, 1, 0],
  [2, 2, 0, 2, 0],
  [3, 3, 0, 2, 1],
  [4, 3, 1, 3, 1],
  [5, 4, 1, 3, 2],
  [6, 5, 1, 4, 2],
  [7, 5, 2, 4, 3],
  [10, 7, 3, 6, 4],
  [100, 67, 33, 51, 49],
  [10_000, 6667, 3333, 5001, 4999]
]

for (const [total, lying, lies, silent, silences] of QUORUMS)
  test(`of a weight of ${total}, ${lying} decide among liars and ${silent} among the honest`, () => {
    assert.is(quorumWeightOf('byzantine', total), lying)
    assert.is(quorumWeightOf('crash', total), silent)
    const electorate = createElectorate({ ...BASE, seats: [seat(1, total)] })
    assert.is(electorate.quorumWeight, lying)
    assert.is(faultWeightOf(electorate), lies)
    assert.is(faultWeightOf({ ...electorate, faultModel: 'crash' }), silences)
  })

test('any two quorums share more than what may be faulty, and the honest alone are one', () => {
  for (let total = 1; total <= 10_000; total++) {
    const byzantine = quorumWeightOf('byzantine', total)
    const faulty = Math.floor((total - 1) / 3)
    assert.ok(2 * byzantine - total > faulty && byzantine <= total - faulty)
    const crash = quorumWeightOf('crash', total)
    assert.ok(2 * crash - total > 0 && crash <= total - Math.floor((total - 1) / 2))
  }
})

test('seats stand in the order of their ids, whatever order they came in', () => {
  const bytes = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(bytes, fc.nat(), (list, turn) => {
      const seats = list.map((byte) => seat(byte))
      const rotated = [...seats.slice(turn % seats.length), ...seats.slice(0, turn % seats.length)]
      const first = createElectorate({ ...BASE, seats })
      const second = createElectorate({ ...BASE, seats: rotated.reverse() })
      assert.is(toHex(first.hash), toHex(second.hash))
      const ids = first.seats.map(({ memberId }) => toHex(memberId))
      assert.equal(ids, [...ids].sort())
      for (const [index, id] of ids.entries()) assert.is(first.indexOf.get(id), index)
    })
  )
})

const CHANGES: readonly (readonly [what: string, change: Partial<Options>])[] = [
  ['the epoch', { epoch: 4 as Epoch }],
  ['the fault model', { faultModel: 'crash' }],
  ...Object.keys(PARAMETERS).map((name): readonly [string, Partial<Options>] => [
    name,
    { parameters: { ...PARAMETERS, [name]: 777 } }
  ]),
  ...(
    [
      ['a member id', { memberId: new Uint8Array(32).fill(6) }],
      ['a vote key', { voteKey: new Uint8Array(32) }],
      ['a weight', { weight: 2 }],
      ['an operator', { operatorId: new Uint8Array(16) }],
      ['a region', { region: 'us' }],
      ['an endpoint', { endpoints: [] }]
    ] as const
  ).map(([what, change]): readonly [string, Partial<Options>] => [
    what,
    { seats: [{ ...seat(5), ...change }, seat(1, 2), seat(9)] }
  ]),
  ['a seat fewer', { seats: [seat(5), seat(1, 2)] }],
  ['weights of two seats exchanged', { seats: [seat(5, 2), seat(1), seat(9)] }]
]

test('the hash covers every field', () => {
  const hashes = [BASE, ...CHANGES.map(([, change]) => ({ ...BASE, ...change }))].map((options) =>
    toHex(createElectorate(options).hash)
  )
  assert.is(new Set(hashes).size, CHANGES.length + 1)
})

test('an electorate without members, with one twice, or too heavy is our own bug', () => {
  const faults: readonly (readonly Seat[])[] = [
    [],
    [seat(1), seat(2), seat(1)],
    [seat(1, 10_000), seat(2)],
    Array.from({ length: 513 }, (_, index) => ({
      ...seat(1),
      memberId: Uint8Array.from({ length: 32 }, (__, at) => (at === 0 ? index >> 8 : index & 255))
    }))
  ]
  for (const seats of faults)
    assert.throws(
      () => createElectorate({ ...BASE, seats }),
      (error: unknown) => error instanceof InvariantError
    )
})

test.run()

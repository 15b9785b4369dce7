import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createElectorate, type Electorate, type Epoch, toHex } from '../../protocol/index.ts'
import { believableHeight, membersFirst } from './believable-height.ts'

const test = suite('the believable height')

const electorate = electorateOf([1, 1, 1, 1])
const [first, second, third] = namesOf(electorate) as [string, string, string]

test('what strangers claim counts for nothing', () => {
  const strangers = Array.from(
    { length: 20 },
    (_, index) => [`stranger ${index}`, 10 ** 9] as const
  )
  assert.is(believableHeight(strangers, electorate), 0)
  const claims = [...strangers, [first, 7], [second, 7]] as const
  assert.is(believableHeight(claims, electorate), 7)
})

test('a member that lies high does not raise it, nor one that lies low lower it', () => {
  const honest = [
    [first, 100],
    [second, 101]
  ] as const
  assert.is(believableHeight([...honest, [third, 10 ** 9]], electorate), 101)
  assert.is(believableHeight([...honest, [third, 0]], electorate), 100)
})

test('of fewer members than may lie the lowest claim is taken', () => {
  assert.is(believableHeight([[first, 5]], electorate), 5)
  const large = electorateOf([1, 1, 1, 1, 1, 1, 1])
  const [one, two] = namesOf(large) as [string, string]
  const claims = [
    [one, 10 ** 9],
    [two, 5]
  ] as const
  assert.is(believableHeight(claims, large), 5)
})

test('it is weight that counts', () => {
  const uneven = electorateOf([1, 1, 8])
  const names = namesOf(uneven)
  const heavy = uneven.seats.findIndex(({ weight }) => weight === 8)
  const claims = names.map((name, index) => [name, index === heavy ? 9 : 1_000] as const)
  assert.is(believableHeight(claims, uneven), 9)
})

test('members are asked first', () => {
  assert.equal(membersFirst(['x', second, 'y', first], electorate), [second, first, 'x', 'y'])
})

test.run()

function namesOf({ seats }: Electorate): readonly string[] {
  return seats.map(({ memberId }) => toHex(memberId))
}

function electorateOf(weights: readonly number[]): Electorate {
  return createElectorate({
    epoch: 0 as Epoch,
    faultModel: 'byzantine',
    parameters: {
      delta0Ms: 500,
      deltaMaxMs: 30_000,
      heartbeatMs: 60_000,
      blockBytesMax: 1_048_576,
      messageDelayMs: 15_000,
      precisionMs: 500
    },
    seats: weights.map((weight, index) => ({
      memberId: new Uint8Array(32).fill(index + 1),
      voteKey: new Uint8Array(32).fill(index + 101),
      weight,
      operatorId: new Uint8Array(16).fill(index + 1),
      region: 'here',
      endpoints: []
    }))
  })
}

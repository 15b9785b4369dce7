import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type LedgerFollower, trustGenesis } from '../../client/index.ts'
import { type Electorate, toHex } from '../../protocol/index.ts'
import {
  allTakenIsFinal,
  followToReading,
  type GovernedNet,
  governanceOf,
  loadLightly,
  openGovernedNet,
  someMoreFinal,
  untilItVotes,
  untilOpenWith,
  untilRole,
  untilSeated
} from './governed-net.ts'
import type { LightLoad } from './light-load.ts'
import { rootsOf } from './live-net.ts'
import type { Operator } from './operator.ts'

const test = suite('members grow from four to ten, and shrink to four')
const MESSAGES = 1_500
const FOUNDERS = [0, 1, 2, 3]
/** Two founders and two of those who came later stay; one of each wave. */
const STAYING = [0, 1, 5, 8]
/** Whoever does not vote goes first: the ballots of the others count to the end. */
const LEAVING = [6, 7, 9, 4, 3, 2]

let net: GovernedNet
let load: LightLoad
let client: LedgerFollower

test.before(async () => {
  net = await openGovernedNet(4, 6)
  client = trustGenesis(net.genesis)
  load = await loadLightly(net, { messages: MESSAGES, urls: net.urls })
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('three of six observers apply, are admitted by ballots and vote: four become seven', async () => {
  await someMoreFinal(load)
  await admit([4, 5, 6], FOUNDERS)
  await untilItVotes(url(0), operator(4))
})

test('the other three follow, by ballots of newcomers too: seven become ten', async () => {
  await admit([7, 8, 9], [...FOUNDERS, 4, 5, 6])
  assert.is((await governanceOf(url(9))).quorumWeight, 7)
  await untilItVotes(url(0), operator(9))
  await someMoreFinal(load)
})

test('six are voted out, each by a quorum and not by less: ten become four', async () => {
  const motions: Uint8Array[] = []
  // Nobody may have more than two motions open.
  for (const [place, index] of LEAVING.entries()) {
    const { memberId } = operator(index)
    const mover = operator(Math.floor(place / 2))
    motions.push(await mover.open({ type: 'remove', memberId, reasonHash: new Uint8Array(32) }))
  }
  const voters = [0, 1, 2, 3, 4, 5]
  await Promise.all(voters.map((voter) => operator(voter).voteAtOnce(motions)))
  for (const motionId of motions) await untilOpenWith(url(0), motionId, '6 of 10 ballots, needs 7')
  await operator(8).voteAtOnce(motions)
  await untilSeated(net.urls, operators(STAYING))
  await untilRole(LEAVING.map(url), 'observer')
  await someMoreFinal(load)
  await someMoreFinal(load)
})

test('all that was taken in is final at all ten, and their states are one', async () => {
  await allTakenIsFinal(load, net.urls)
  assert.is(new Set((await rootsOf(net.urls)).roots).size, 1)
  assert.equal(net.ends, [])
})

test('a light client from genesis follows the seals through every size to the last reading', async () => {
  const last = load.report().final.at(-1) as string
  await followToReading(client, last, { receiptFrom: url(2), sealsFrom: url(8) })
  assert.equal(
    client.newest.seats.map(({ memberId }) => toHex(memberId)),
    operators(STAYING)
      .map(({ name }) => name)
      .sort()
  )
  const sizes = electorates().map(({ seats }) => seats.length)
  for (const size of [4, 7, 10]) assert.ok(sizes.includes(size), `${size} in ${sizes}`)
})

test('no epoch changed more than a third of the weight, and newcomers began with weight 1', () => {
  for (const [place, after] of electorates().entries()) {
    const before = electorates()[place - 1]
    if (before === undefined) continue
    assert.ok(3 * changedWeight(before, after) <= before.totalWeight, `epoch ${after.epoch}`)
    for (const { memberId, weight } of after.seats)
      if (!before.indexOf.has(toHex(memberId))) assert.is(weight, 1)
  }
})

test.run()

/** Lets some apply at once, and members say yes to all of them at once, as far as it takes. */
async function admit(applicants: readonly number[], voters: readonly number[]): Promise<void> {
  const applications = await Promise.all(operators(applicants).map((each) => each.apply()))
  await Promise.all(
    voters.map((voter) => operator(voter).voteAtOnce(applications, { mayBeLate: true }))
  )
  await untilSeated(net.urls, operators([...voters, ...applicants]))
  await untilRole(applicants.map(url), 'member')
  await someMoreFinal(load)
}

/** What members weigh more or less than before, counted without the guards' own code. */
function changedWeight(before: Electorate, after: Electorate): number {
  const weightIn = ({ seats, indexOf }: Electorate, name: string): number =>
    seats[indexOf.get(name) ?? -1]?.weight ?? 0
  const names = new Set([...before.indexOf.keys(), ...after.indexOf.keys()])
  return [...names].reduce(
    (sum, name) => sum + Math.abs(weightIn(after, name) - weightIn(before, name)),
    0
  )
}

/** Every electorate that the light client was led through. */
function electorates(): readonly Electorate[] {
  return Array.from({ length: client.newest.epoch + 1 }, (_, epoch) => {
    const found = client.electorateOf(epoch)
    assert.ok(found.ok)
    return found.value
  })
}

function operators(indexes: readonly number[]): readonly Operator[] {
  return indexes.map(operator)
}

function operator(index: number): Operator {
  return net.operators[index] as Operator
}

function url(index: number): string {
  return operator(index).url
}

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type LedgerFollower, trustGenesis } from '../../client/index.ts'
import { readNodeKeys } from '../../node/node-keys.ts'
import { dataPaths } from '../../node/storage/data-directory.ts'
import {
  allTakenIsFinal,
  followToReading,
  type GovernedNet,
  loadLightly,
  openGovernedNet,
  seatOf,
  someMoreFinal,
  statusOf,
  untilEpoch,
  untilItVotes
} from './governed-net.ts'
import type { LightLoad } from './light-load.ts'
import { rootsOf, waitFor } from './live-net.ts'
import type { Operator } from './operator.ts'

const test = suite('members change under load')
const MESSAGES = 1_500
const NEWCOMER = 4

let net: GovernedNet
let load: LightLoad
let client: LedgerFollower

test.before(async () => {
  net = await openGovernedNet(4, 1)
  // A light client that knows the founders alone, from before all that follows.
  client = trustGenesis(net.genesis)
  load = await loadLightly(net, { messages: MESSAGES, urls: net.urls })
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('an observer applies, three ballots admit it, and it votes from the next epoch on', async () => {
  await someMoreFinal(load)
  const applicationId = await operator(NEWCOMER).apply()
  for (const voter of [0, 1]) await operator(voter).vote(applicationId)
  assert.is((await statusOf(url(NEWCOMER))).role, 'observer')
  await operator(2).vote(applicationId)
  await untilEpoch(net.urls, 1)
  assert.is((await statusOf(url(NEWCOMER))).role, 'member')
  await someMoreFinal(load)
  await untilItVotes(url(0), operator(NEWCOMER))
})

test('one of five is voted out: it takes no more part, and everything goes on', async () => {
  assert.ok((await seatOf(url(0), operator(3))) >= 0)
  const motionId = await operator(0).open({
    type: 'remove',
    memberId: operator(3).memberId,
    reasonHash: new Uint8Array(32)
  })
  for (const voter of [0, 1, 2, NEWCOMER]) await operator(voter).vote(motionId)
  await untilEpoch(net.urls, 2)
  assert.is((await statusOf(url(3))).role, 'observer')
  assert.is(await seatOf(url(0), operator(3)), -1)
  await someMoreFinal(load)
  await someMoreFinal(load)
})

test('all that was taken in is final at all five, and their states are one', async () => {
  await allTakenIsFinal(load, net.urls)
  assert.is(new Set((await rootsOf(net.urls)).roots).size, 1)
})

test('a light client from before it all follows the seals and checks a reading from after', async () => {
  assert.is(client.newest.epoch, 0)
  const last = load.report().final.at(-1) as string
  await followToReading(client, last, { receiptFrom: url(3), sealsFrom: url(NEWCOMER) })
  assert.is(client.newest.epoch, 2)
})

test('keys of the epochs that are over are gone from the disks, and nobody has ended', async () => {
  for (const index of [0, 1, 2])
    await waitFor(`the first vote key of node ${index} to be gone`, async () => {
      const { keys } = dataPaths(operator(index).node.dataFolder)
      const { voteKeys } = await readNodeKeys(keys, { kind: 'plain' })
      return voteKeys.has(0) ? undefined : true
    })
  assert.equal(net.ends, [])
})

test.run()

function operator(index: number): Operator {
  return net.operators[index] as Operator
}

function url(index: number): string {
  return operator(index).url
}

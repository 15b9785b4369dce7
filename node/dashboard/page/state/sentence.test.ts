import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Member, NodeStatus } from '../feed/answers.ts'
import { makeSentence, type SentenceFacts } from './sentence.ts'

const test = suite('sentence')

const NOW_MS = Date.parse('2026-03-01T12:00:00Z')
const REGIONS = ['oslo', 'nairobi', 'quito', 'hanoi', 'auckland']

function member(region: string, change: Partial<Member> = {}): Member {
  return {
    memberId: region.padEnd(64, '0'),
    weight: 1,
    region,
    isSelf: region === 'oslo',
    isConnected: true,
    roundTripMs: 20,
    lastHeardAtMs: NOW_MS,
    isLeaving: false,
    renewalDueInMs: 1e9,
    ...change
  }
}

function facts(
  silent: readonly string[],
  change: Partial<NodeStatus> = {},
  weights: readonly number[] = [1, 1, 1, 1, 1]
): SentenceFacts {
  const members = REGIONS.map((region, index) => member(region, { weight: weights[index] ?? 1 }))
  const missing = members
    .filter(({ region }) => silent.includes(region))
    .map((one) => ({ ...one, lastHeardAtMs: NOW_MS - 4_200 }))
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0)
  const lost = missing.reduce((sum, { weight }) => sum + weight, 0)
  const status = {
    role: 'member',
    state: 'ready',
    height: 9,
    finalAtMs: NOW_MS - 800,
    totalWeight,
    quorumWeight: 4,
    reachableWeight: totalWeight - lost,
    missing,
    wayBack: null,
    sentence: 'as the node says',
    ...change
  } as unknown as NodeStatus
  return { status, members, nowMs: NOW_MS, silentSinceMs: null }
}

test('a busy ledger says that all agree, and the age of its last block beside it', () => {
  assert.equal(makeSentence(facts([])), {
    tone: 'good',
    said: 'All five members agree.',
    shown: 'All five members agree. Last block 0.8 s ago.'
  })
})

test('a quiet ledger says since when, and that nobody is missing; nothing ticks', () => {
  const { tone, said, shown } = makeSentence(facts([], { finalAtMs: NOW_MS - 240_000 }))
  assert.match(said, /^Quiet since \d\d:\d\d, all five members present\.$/)
  assert.equal([tone, shown], ['quiet', said])
  assert.match(makeSentence(facts([], { height: 0 })).said, /^No block yet, all five/)
})

test('a silent member is named, with what is left and what is needed', () => {
  const { tone, said, shown } = makeSentence(facts(['nairobi']))
  assert.is(tone, 'warn')
  assert.is(
    said,
    'Nairobi silent. 4 of 5 agree; the moot needs 4. One more silent member stops the ledger.'
  )
  assert.match(shown, /^Nairobi silent for 4 s\. 4 of 5 agree; .* Last block 0\.8 s ago\.$/)
})

test('where votes differ in weight, they are counted and not the members', () => {
  const { said } = makeSentence(facts(['quito'], { quorumWeight: 5 }, [3, 1, 1, 1, 1]))
  assert.match(said, /4 of 5 agree, with 6 of 7 votes; the moot needs 5\./)
})

test('a paused ledger says who is missing and what brings it back', () => {
  const wayBack = 'It goes on with any 1 of these 2 back.'
  const { tone, said } = makeSentence(facts(['quito', 'hanoi'], { state: 'paused', wayBack }))
  assert.is(tone, 'bad')
  assert.match(said, /^Paused, nothing lost: 3 of 5 members present, the moot needs 1 more vote\./)
  assert.match(said, /Missing: Quito since \d\d:\d\d and Hanoi since .*It goes on with any 1/)
})

test('a node that stopped, joins or catches up is quoted, and one that is gone is told', () => {
  for (const state of ['stopped', 'joining', 'catching-up'] as const)
    assert.is(makeSentence(facts([], { state })).said, 'as the node says')
  const gone = makeSentence({ ...facts([]), silentSinceMs: NOW_MS - 60_000 })
  assert.match(gone.said, /^This node does not answer since \d\d:\d\d\./)
})

test('an observer says through how many members it follows', () => {
  const { said } = makeSentence(facts(['hanoi'], { role: 'observer' }))
  assert.is(said, 'This node observes, through 4 of 5 members.')
})

test.run()

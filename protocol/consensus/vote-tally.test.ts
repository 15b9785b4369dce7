import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createElectorate } from '../membership/electorate.ts'
import { CHAIN, createTestCore } from '../testing/core-state.ts'
import type { BlockId, Epoch, MemberIndex, View } from '../types.ts'
import { step } from './core.ts'
import { type CoreState, SETTLED_VIEWS } from './core-state.ts'
import type { Effect } from './effect.ts'
import type { SignedVote } from './vote.ts'

const test = suite('vote tally')

// Weights of 7 in all, 5 of which decide: two votes are a quorum only if the third member's is one.
const { block1, electorate, sign } = CHAIN
const HEAVY = electorate.seats.findIndex(({ weight }) => weight === 3) as MemberIndex
const NEXT_HEAVY = electorate.seats.findIndex(({ weight }) => weight === 2) as MemberIndex

function hear(state: CoreState, vote: SignedVote): readonly Effect[] {
  const from = vote.signer
  return step(state, { kind: 'vote-received', from, vote, nowMs: 0, timeMs: 0 })
}

const LATER = 'ab'.repeat(32) as BlockId

/** A vote about the first block, as a repeat of it in a later view would have it. */
function finalise(view: number, signer: MemberIndex): SignedVote {
  const signed = sign('finalise', view, block1, signer)
  const subject = { blockId: block1.id, parentView: (view - 1) as View }
  return { ...signed, vote: { ...signed.vote, subject } }
}

const asks = (effects: readonly Effect[]): boolean =>
  effects.some(({ kind }) => kind === 'verify-votes')

test('votes about one block in two views are never added up, in one view they are', () => {
  const state = createTestCore(3, { self: null })
  assert.not(asks(hear(state, finalise(2, HEAVY))))
  assert.not(asks(hear(state, finalise(3, NEXT_HEAVY))))
  assert.ok(asks(hear(state, finalise(2, NEXT_HEAVY))))
})

test('votes about one block and view that stand on two parents are never added up', () => {
  const state = createTestCore(3, { self: null })
  const other = finalise(3, NEXT_HEAVY)
  const subject = { blockId: block1.id, parentView: 0 as View }
  assert.not(asks(hear(state, finalise(3, HEAVY))))
  assert.not(asks(hear(state, { ...other, vote: { ...other.vote, subject } })))
})

test('a NULLIFY of the epoch before is about nothing, however many say it', () => {
  const next = createElectorate({ ...electorate, epoch: 1 as Epoch })
  const state = createTestCore(1, { self: null, electorate: next })
  for (const signer of electorate.seats.keys())
    assert.equal(hear(state, sign('nullify', 1, null, signer)), [])
  assert.is(state.views.get(1 as View)?.firstVotes.size ?? 0, 0)
  assert.is(state.latestVoteSeen.size, 0)
})

test('a vote from beyond the seats is about nothing', () => {
  const state = createTestCore(1, { self: null })
  const signer = electorate.seats.length as MemberIndex
  assert.equal(hear(state, { ...sign('nullify', 1, null, 0), signer }), [])
  assert.is(state.latestVoteSeen.size, 0)
})

test('a member whose votes come when the view is final is compared all the same, and once it is long past is not', () => {
  const state = createTestCore(3, { self: null })
  const other = finalise(2, HEAVY)
  const contrary = { ...other, vote: { ...other.vote, subject: { blockId: LATER, parentView: 0 } } }
  for (const signer of electorate.seats.keys()) hear(state, finalise(3, signer as MemberIndex))
  state.finalView = 3 as View
  assert.equal(hear(state, other), [])
  assert.equal(hear(state, other), [], 'the same vote again accuses nobody')
  const accused = hear(state, contrary as SignedVote)
  assert.equal(accused, [{ kind: 'report-evidence', first: other, second: contrary }])
  state.finalView = (2 + SETTLED_VIEWS) as View
  assert.equal(hear(state, contrary as SignedVote), [])
})

test.run()

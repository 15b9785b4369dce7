import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CHAIN, createTestCore } from '../testing/core-state.ts'
import type { BatchId, Epoch, MemberIndex, View } from '../types.ts'
import { step } from './core.ts'
import type { CoreState } from './core-state.ts'
import type { Effect } from './effect.ts'
import type { HeldBatch } from './event.ts'
import type { Status } from './message.ts'
import { enterInLog } from './own-log.ts'

const test = suite('the own key')

const { block1, sign } = CHAIN
const OTHERS = [1, 2, 3] as MemberIndex[]
const DELTA_MS = 500
const BATCH: HeldBatch = {
  id: 'ab'.repeat(32) as BatchId,
  authorIndex: 1 as MemberIndex,
  priority: 2,
  bytes: 300,
  count: 1
}

/** A member that has come up and asks. */
function asking(): CoreState {
  const state = createTestCore(1, { mayVote: false })
  step(state, { kind: 'started', nowMs: 0, timeMs: 0 })
  return state
}

function statusOf(change: Partial<Status> = {}): Status {
  return {
    epoch: 0 as Epoch,
    view: 1 as View,
    finalView: 0 as View,
    height: 0,
    pendingBatches: 0,
    latestVoteOfYours: null,
    isQuestion: false,
    instance: 7,
    hasTwin: false,
    ...change
  }
}

function tell(
  state: CoreState,
  from: MemberIndex,
  { nowMs, ...change }: Partial<Status> & { readonly nowMs: number }
): readonly Effect[] {
  const status = statusOf({ instance: 100 + from, ...change })
  return step(state, { kind: 'status-received', from, status, nowMs, timeMs: nowMs })
}

const at = (nowMs: number): { readonly nowMs: number; readonly timeMs: number } => ({
  nowMs,
  timeMs: nowMs
})

const alarmsOf = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => (effect.kind === 'raise-alarm' ? [effect.code] : []))

test('it votes when a quorum has answered well, and no twin was heard for a while', () => {
  const state = asking()
  for (const from of OTHERS) tell(state, from, { nowMs: 10 })
  assert.not(state.mayVote)
  tell(state, 1 as MemberIndex, { nowMs: 10 + 8 * DELTA_MS - 1 })
  assert.not(state.mayVote)
  tell(state, 1 as MemberIndex, { nowMs: 10 + 8 * DELTA_MS })
  assert.ok(state.mayVote)
})

test('timers that ran out before it might vote start afresh: it gives up a view that is stuck', () => {
  const state = asking()
  step(state, { kind: 'batch-held', batch: BATCH, nowMs: 5, timeMs: 5 })
  for (const from of OTHERS) tell(state, from, { nowMs: 10 })
  step(state, { kind: 'timer-fired', timer: 'notarisation', view: 1 as View, ...at(1_505) })
  assert.not(state.log.get(1 as View)?.isNullified)
  const effects = tell(state, 1 as MemberIndex, { nowMs: 10 + 8 * DELTA_MS })
  const timer = effects.find(
    (effect) => effect.kind === 'set-timer' && effect.timer === 'notarisation'
  )
  assert.ok(timer)
  step(state, { kind: 'timer-fired', timer: 'notarisation', view: 1 as View, ...at(6_000) })
  assert.ok(state.log.get(1 as View)?.isNullified)
})

test('one vote of its own that its log lacks stops it for good', () => {
  const state = asking()
  const latestVoteOfYours = sign('notarise', 2, block1, 0)
  const effects = tell(state, 1 as MemberIndex, { nowMs: 10, latestVoteOfYours })
  assert.equal(alarmsOf(effects), ['VOTE_LOG_STALE'])
  for (const from of OTHERS) tell(state, from, { nowMs: 10 + 20 * DELTA_MS })
  assert.not(state.mayVote)
})

test('a log that lacks the second vote of its last view is old, too', () => {
  const state = asking()
  enterInLog(state, sign('notarise', 2, block1, 0))
  const known = tell(state, 1 as MemberIndex, {
    nowMs: 10,
    latestVoteOfYours: sign('notarise', 2, block1, 0)
  })
  assert.equal(alarmsOf(known), [])
  const missing = sign('nullify', 2, null, 0)
  const effects = tell(state, 2 as MemberIndex, { nowMs: 10, latestVoteOfYours: missing })
  assert.equal(alarmsOf(effects), ['VOTE_LOG_STALE'])
})

test('liars cannot keep it from voting by telling of a twin, more than they can', () => {
  const state = asking()
  for (const from of OTHERS) tell(state, from, { nowMs: 10, hasTwin: from !== 2 })
  tell(state, 2 as MemberIndex, { nowMs: 10 + 8 * DELTA_MS })
  assert.ok(state.mayVote, 'weight 2 of 7 may lie')
  const other = asking()
  for (const from of [1, 3] as MemberIndex[])
    assert.equal(alarmsOf(tell(other, from, { nowMs: 10, hasTwin: true })), [])
  assert.equal(alarmsOf(tell(other, 2 as MemberIndex, { nowMs: 10, hasTwin: true })), [
    'KEY_IN_USE'
  ])
  assert.not(other.mayVote)
})

test('who already votes goes on, whatever is told of a twin', () => {
  const state = createTestCore(1)
  for (const from of OTHERS)
    assert.equal(alarmsOf(tell(state, from, { nowMs: 10, hasTwin: true })), [])
  assert.not(state.isStopped)
})

test('two processes that speak in turn are told of, one that came after another is not', () => {
  const state = createTestCore(1)
  const from = 2 as MemberIndex
  const isTold = (nowMs: number, instance: number): boolean | undefined => {
    const effects = tell(state, from, { nowMs, instance, isQuestion: true })
    const answer = effects.find((effect) => effect.kind === 'send-status')
    return answer?.kind === 'send-status' ? answer.status.hasTwin : undefined
  }
  assert.is(isTold(0, 1), false)
  assert.is(isTold(100, 2), false)
  assert.is(isTold(100 + DELTA_MS - 1, 1), false, 'an echo of the one before')
  assert.is(isTold(100 + DELTA_MS, 2), false)
  assert.is(isTold(200 + DELTA_MS, 1), true)
  assert.is(isTold(300 + DELTA_MS, 2), true)
  assert.is(isTold(200 + DELTA_MS + 60_001, 2), false, 'long ago')
  assert.is(isTold(200 + DELTA_MS + 60_100, 3), false, 'a third one, after both')
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CHAIN, createTestCore } from '../testing/core-state.ts'
import type { BatchId, MemberIndex, View } from '../types.ts'
import { restoreCertificate } from './certificate-store.ts'
import { step } from './core.ts'
import type { CoreState } from './core-state.ts'
import type { Effect } from './effect.ts'
import type { HeldBatch, News } from './event.ts'

const test = suite('standstill')

const { certify } = CHAIN
const FIRST_MS = 2_000
const LONGEST_MS = 30_000
/** What is said again of the views; the last finalisation and a proposal may come on top. */
const SAID_MAX = 64 + 2

/** What a ledger that stands still is asked to order. */
const BATCH: HeldBatch = {
  id: 'ab'.repeat(32) as BatchId,
  authorIndex: 1 as MemberIndex,
  priority: 2,
  bytes: 300,
  count: 1
}

/** A member that has seen nothing but nullified views. */
function stuck(views: number): CoreState {
  const state = createTestCore(1)
  for (let view = 1; view <= views; view++)
    restoreCertificate(state, certify('nullify', view, null))
  return state
}

const said = (effects: readonly Effect[]): number =>
  effects.filter(({ kind }) => /^send-(vote|certificate|proposal)$/.test(kind)).length

test('what is said again is bounded, however long nothing was final', () => {
  for (const views of [3, 100, 2_000]) {
    const member = 1 as MemberIndex
    const greeting = step(stuck(views), { kind: 'member-connected', member, nowMs: 0, timeMs: 0 })
    const count = said(greeting)
    assert.ok(count >= Math.min(views, 64), `${views} views: ${count} said`)
    assert.ok(count <= SAID_MAX, `${views} views: ${count} said`)
  }
})

test('each time it is said again after twice as long, up to half a minute', () => {
  const state = stuck(3)
  const pausesMs: number[] = []
  const hear = (news: News): void => {
    for (const effect of step(state, { ...news, nowMs: 0, timeMs: 0 }))
      if (effect.kind === 'set-timer' && effect.timer === 'standstill')
        pausesMs.push(effect.delayMs)
  }
  hear({ kind: 'batch-held', batch: BATCH })
  for (let round = 0; round < 12; round++)
    hear({ kind: 'timer-fired', timer: 'standstill', view: 0 as View })
  const doubled = [1, 2, 4, 8].map((times) => times * FIRST_MS)
  assert.equal(pausesMs, [...doubled, ...Array.from({ length: 9 }, () => LONGEST_MS)])
})

test.run()

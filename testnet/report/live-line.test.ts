import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type LiveFacts, liveLine } from './live-line.ts'

const test = suite('live line')

const BUSY: LiveFacts = {
  view: { height: 12, finalAtMs: 100_000, state: 'ready', sentence: 'All is well.' },
  members: 5,
  missing: [],
  finalPerSecond: 40,
  p50FinalMs: 312.4,
  pending: 3,
  nowMs: 100_400
}

test('a busy ledger shows its height, its rate, its latency and who is there', () => {
  assert.is(
    liveLine(BUSY),
    'height 12   40.0 tx/s final   p50 312 ms to final   all 5 members present'
  )
})

test('a member that is missing is named', () => {
  assert.match(liveLine({ ...BUSY, missing: ['Tokyo'] }), /4 of 5 members present, without Tokyo$/)
})

test('a quiet ledger says since when, and what waits', () => {
  const quiet = { ...BUSY, finalPerSecond: 0, p50FinalMs: null, nowMs: 200_000 }
  assert.match(liveLine(quiet), /quiet since \d\d:\d\d:\d\d, 3 messages waiting {3}all 5 members/)
  assert.not.match(liveLine({ ...quiet, pending: 0 }), /waiting/)
})

test('a paused ledger speaks for itself, and silence is called silence', () => {
  const view = { height: 12, finalAtMs: 0, state: 'paused', sentence: 'Paused, nothing lost.' }
  assert.is(liveLine({ ...BUSY, view }), 'Paused, nothing lost.')
  assert.is(liveLine({ ...BUSY, view: undefined }), 'no node answers')
})

test.run()

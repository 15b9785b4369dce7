import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TransactionStatus } from '../ledger-service.ts'
import { ORDERING_PAUSED, tellOrdering, tellSubmission } from './ordering.ts'
import { decodeSubmission, encodeSubmission } from './submission-message.ts'

const test = suite('accepted, not ordered')
const STATUS: TransactionStatus = {
  transactionId: new Uint8Array(32).fill(7),
  stage: 'accepted',
  outcome: null,
  code: null,
  height: null,
  timeMs: null
}

test('what waits for a block says that none is made, as long as that is so', () => {
  for (const stage of ['pooled', 'accepted'] as const) {
    const status = { ...STATUS, stage }
    assert.equal(tellOrdering(status, false), { ...status, code: ORDERING_PAUSED })
    assert.is(tellOrdering(status, true), status)
  }
})

test('what is in a block, or ended, says its own code', () => {
  const refused = { ...STATUS, stage: 'final', outcome: 'refused', code: 'SEQUENCE_USED' } as const
  assert.is(tellOrdering(refused, false), refused)
  const final = { ...STATUS, stage: 'final', outcome: 'applied' } as const
  assert.is(tellOrdering(final, false), final)
})

test('the word reaches whoever hands in through an observer, and refusals stay as they are', () => {
  const taken = { kind: 'taken', status: STATUS, acceptedReceipt: null } as const
  const told = tellSubmission(taken, false)
  assert.equal(decodeSubmission(encodeSubmission(told)), told)
  assert.is(told.kind === 'taken' && told.status.code, ORDERING_PAUSED)
  const busy = { kind: 'busy', code: 'PAUSED_ROOM_FULL', retryAfterMs: 30_000 } as const
  assert.is(tellSubmission(busy, false), busy)
})

test.run()

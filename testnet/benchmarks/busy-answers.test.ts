import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BusyAnswers } from './busy-answers.ts'
import type { SubmitAnswer } from './submit.ts'

const test = suite('busy answers')

const TAKEN: SubmitAnswer = { result: 'taken', code: null, retryAfterSeconds: null }
const busy = (code: string, retryAfterSeconds: number | null): SubmitAnswer => ({
  result: 'busy',
  code,
  retryAfterSeconds
})

test('answers that take everything are not heard of', () => {
  const answers = new BusyAnswers()
  answers.hear([TAKEN, TAKEN], 5)
  assert.equal(answers.report(), {
    answers: 0,
    p50Ms: null,
    p99Ms: null,
    maxMs: null,
    codes: {},
    retryAfterSeconds: null,
    withoutRetryAfter: 0
  })
})

test('answers are counted once, what they told by its code, and when to come again', () => {
  const answers = new BusyAnswers()
  answers.hear([TAKEN, busy('LEDGER_BUSY', 1), busy('LEDGER_BUSY', 4)], 30)
  answers.hear([busy('SHARE_FULL', 1)], 10)
  answers.hear([busy('NO_ANSWER', null)], 20)
  const report = answers.report()
  assert.is(report.answers, 3)
  assert.equal([report.p50Ms, report.maxMs], [20, 30])
  assert.equal(report.codes, { LEDGER_BUSY: 2, SHARE_FULL: 1, NO_ANSWER: 1 })
  assert.equal(report.retryAfterSeconds, { least: 1, median: 1, most: 4 })
  assert.is(report.withoutRetryAfter, 1)
})

test.run()

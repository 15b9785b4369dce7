import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quantile } from '../fleet/fleet-record.ts'
import {
  type ProcessorSample,
  parseMachineTime,
  parseProcessTimeMs,
  processorUse,
  sampleProcessors
} from './processor-time.ts'

const test = suite('processor time')

test('the machine is busy in programs and by what its host takes, and interrupts are nobody’s', () => {
  const text = 'cpu  100 20 30 400 50 6 7 8 90 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n'
  assert.equal(parseMachineTime(text), { busyMs: 1580, idleMs: 4500, totalMs: 6210 })
  assert.is(parseMachineTime(''), undefined)
})

test('the time of a process is found behind a name with parentheses and spaces', () => {
  const stat = '42 (a) b) (c) S 1 42 42 0 -1 4194304 103 0 0 0 250 50 7 7 20 0 1 0 5 6'
  assert.is(parseProcessTimeMs(stat), 3000)
  assert.is(parseProcessTimeMs(''), undefined)
})

const sample = (atMs: number, busyMs: number, own: [number, number][]): ProcessorSample => ({
  atMs,
  machine: { busyMs, idleMs: 2 * atMs - busyMs, totalMs: 2 * atMs },
  ownMs: new Map(own)
})

test('foreign load is what the machine was busy with beyond our own processes', () => {
  const before = sample(1000, 500, [[7, 100]])
  const after = sample(11_000, 10_500, [
    [7, 5100],
    [8, 1000]
  ])
  const use = processorUse(before, after)
  assert.is(use.seconds, 10)
  assert.is(use.foreignShare, 0.2)
  assert.is(use.ownShare, 0.3)
  assert.is(use.idleShare, 0.5)
  assert.equal(
    [...use.ownMs],
    [
      [7, 5000],
      [8, 1000]
    ]
  )
})

test('coarse ticks make no negative load, and an unknown machine no share at all', () => {
  const before = sample(0, 0, [[7, 0]])
  assert.is(processorUse(before, sample(1000, 500, [[7, 510]])).foreignShare, 0)
  const unknown = { ...before, machine: undefined }
  assert.is(processorUse(unknown, sample(1000, 500, [])).foreignShare, null)
})

test('a process that is gone is missing from the sample', () => {
  assert.is(sampleProcessors([2 ** 30]).ownMs.size, 0)
})

test('percentiles are values that were measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1)
  assert.is(quantile(values, 0.5), 51)
  assert.is(quantile(values, 0.99), 100)
  assert.is(quantile([4], 0.99), 4)
  assert.is(quantile([], 0.5), null)
})

test.run()

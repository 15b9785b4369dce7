import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runTwins } from './run-twins.ts'
import { EXHAUSTIVE_COUNT, exhaustiveScenario } from './schedules.ts'

const test = suite('twins')

test('every scenario of four members is another one', () => {
  const stride = 1021
  const seen = new Set<string>()
  for (let number = 0; number < EXHAUSTIVE_COUNT; number += stride)
    seen.add(JSON.stringify(exhaustiveScenario(number)))
  assert.is(seen.size, Math.ceil(EXHAUSTIVE_COUNT / stride))
})

test('two instances of one key neither fork nor hang the others', () => {
  for (let part = 0; part < 8; part++) {
    const from = Math.floor((part * EXHAUSTIVE_COUNT) / 8) + 41 * part
    assert.equal(runTwins({ kind: 'exhaustive', stride: 1, from, to: from + 20 }).failures, [])
  }
  assert.equal(runTwins({ kind: 'sampled', stride: 1, from: 0, to: 20 }).failures, [])
})

test.run()

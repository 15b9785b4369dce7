import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { examine } from './rules.ts'
import { HEALTHY, withStatus } from './testing/sample-facts.ts'

const test = suite('the rules of the doctor')

test('of a healthy node every rule says that it is well', () => {
  const findings = examine(HEALTHY)
  assert.is(findings.length, 16)
  assert.equal(new Set(findings.map(({ verdict }) => verdict)), new Set(['ok']))
})

test('of what was not looked for nothing is said', () => {
  const nothing = { settings: null, genesis: null, data: null, disk: null }
  const unknown = { ...nothing, mqtt: null, node: null, url: null }
  assert.equal(examine({ ...HEALTHY, ...unknown }), [])
})

test('several alarms are several findings', () => {
  const { length } = examine(withStatus({ alarms: ['VOTE_LOG_LOST', 'STORAGE_DAMAGED'] })).filter(
    ({ check }) => check === 'alarms'
  )
  assert.is(length, 2)
})

test.run()

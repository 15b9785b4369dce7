import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nearestName } from './nearest-name.ts'

const test = suite('nearest name')

const NAMES = ['port', 'host', 'behindProxy', 'closeAfterMs']

test('a slip of the fingers is recognised', () => {
  assert.is(nearestName('prot', NAMES), 'port')
  assert.is(nearestName('prt', NAMES), 'port')
  assert.is(nearestName('behindProxxy', NAMES), 'behindProxy')
})

test('letter case, dashes and underscores are no mistake', () => {
  assert.is(nearestName('close_after_ms', NAMES), 'closeAfterMs')
  assert.is(nearestName('CLOSE-AFTER-MS', NAMES), 'closeAfterMs')
})

test('nothing is suggested for what resembles nothing', () => {
  assert.is(nearestName('temperature', NAMES), undefined)
  assert.is(nearestName('', NAMES), undefined)
  assert.is(nearestName('x'.repeat(1_000_000), NAMES), undefined)
})

test.run()

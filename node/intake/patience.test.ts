import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Patience } from './patience.ts'

const test = suite('patience')
const HOUR_MS = 3_600_000

test('what waits has a minute while the ledger goes on', () => {
  const patience = new Patience(500)
  const takenAtMs = patience.nowMs
  patience.look(60_500, true)
  assert.not(takenAtMs < patience.endsBeforeMs)
  patience.look(60_501, true)
  assert.ok(takenAtMs < patience.endsBeforeMs)
})

test('a pause of the ledger costs none of it, however long', () => {
  const patience = new Patience(0)
  patience.look(1_000, true)
  const takenAtMs = patience.nowMs
  patience.look(HOUR_MS, false)
  patience.look(HOUR_MS + 59_000, true)
  assert.not(takenAtMs < patience.endsBeforeMs)
  patience.look(HOUR_MS + 60_001, true)
  assert.ok(takenAtMs < patience.endsBeforeMs)
})

test.run()

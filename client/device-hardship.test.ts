import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { devices } from '../protocol/index.ts'
import { HardLife } from './testing/hard-life.ts'

const test = suite('a device through hardship')

const DEATHS = 1_000

test('killed a thousand times among liars and changes of mind it is never stuck, never convicted, and loses nothing', async () => {
  const life = new HardLife()
  await life.begin()
  while (life.deaths < DEATHS) await life.step()
  await life.mend()
  assert.equal([life.device.pending().length, life.device.held().length], [0, 0])
  const record = life.claimed.ledger.read(devices, life.claimed.birth.deviceId)
  assert.equal([record?.evidenceMask, record?.suspectUntilMs], [0, 0])
  const lost = [...life.said].filter((content) => !life.applied.has(content))
  assert.equal(lost, [])
  const twice = [...life.said].filter((content) => (life.applied.get(content) ?? 0) > 1)
  assert.equal(twice, [])
  assert.ok(life.said.size > DEATHS, `${life.said.size} readings`)
})

test.run()

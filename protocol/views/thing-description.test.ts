import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fullBucket } from '../ledger/bucket.ts'
import type { OwnershipRecord } from '../ledger/records/ownership-record.ts'
import { DEVICE, DEVICE_ID } from '../testing/speaking-device.ts'
import { createThingDescription, saidValue, saidValues } from './thing-description.ts'

const test = suite('Thing Descriptions')

test('values are named as SenML names them, base fields worked in, the newest of each', () => {
  const older = [
    { n: 'door', vb: true },
    { n: 'temp', u: 'Cel', vs: 'broken' }
  ]
  const newer = [
    { bn: 'room1/', bu: 'Cel', bv: 20, n: 'temp', v: 1.5 },
    { n: 'rh', u: '%RH', v: 40 },
    { n: 'temp', v: 2 },
    { bn: '', n: 'temp', v: 3 }
  ]
  assert.equal(saidValues([newer, older]), [
    { name: 'door', unit: null, type: 'boolean' },
    { name: 'room1/rh', unit: '%RH', type: 'number' },
    { name: 'room1/temp', unit: 'Cel', type: 'number' },
    { name: 'temp', unit: 'Cel', type: 'number' }
  ])
  assert.is(saidValue([newer, older], 'room1/temp'), 22)
  assert.is(saidValue([newer, older], 'temp'), 23)
  assert.is(saidValue([newer, older], 'door'), true)
  assert.is(saidValue([newer, older], 'window'), undefined)
})

test('what a device makes up does not grow a description, nor take the place of what it always has', () => {
  const many = Array.from({ length: 200 }, (_, index) => ({ n: `value-${index}`, v: index }))
  assert.is(saidValues([many]).length, 64)
  const odd = ['standing', 'state', '__proto__', '', 'a b', 'x'.repeat(129), '../x']
  assert.equal(saidValues([odd.map((n) => ({ n, v: 1 }))]), [])
  assert.is(saidValue([[{ n: 'standing', v: 1 }]], 'standing'), undefined)
  const units = [{ n: 'a', u: 'u'.repeat(33), v: 1 }]
  assert.equal(saidValues([units]), [{ name: 'a', unit: null, type: 'number' }])
})

test('it has an action as long as somebody may command it', () => {
  const ownership = { ownerSequence: 3 } as OwnershipRecord
  const controller = {
    controllerKey: new Uint8Array(32).fill(7),
    commandSequence: 0,
    notAfterMs: 2_000,
    bucket: fullBucket(20, 0)
  }
  const at = (timeMs: number) =>
    createThingDescription(
      { networkId: 'test', deviceId: DEVICE_ID },
      { device: DEVICE, ownership, controllers: [controller], said: [], timeMs },
      { base: 'https://node.example', mqtt: null }
    )
  assert.equal(Object.keys(at(1_999).actions ?? {}), ['command'])
  assert.equal(at(1_999).actions?.['command']?.forms[0]?.security, ['signed'])
  assert.is(at(2_000).actions, undefined)
  assert.is(at(2_000).properties['state'], undefined, 'without a broker there is nothing to watch')
  assert.is(at(2_000).base, 'https://node.example')
})

test.run()

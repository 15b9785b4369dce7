import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { DeviceAnswer } from '../feed/answers.ts'
import { describeAlert, standingOf } from './device-words.ts'
import {
  addBlock,
  addReading,
  BLOCKS_MAX,
  DEVICES_MAX,
  type DeviceReading,
  hearDevice,
  POINTS_MAX,
  READINGS_MAX
} from './history.ts'
import { readInvitation } from './invitation.ts'
import { readPlace, readWanted } from './place.ts'
import { numberOf, shownValue } from './reading-words.ts'

const test = suite('state of the page')

const ID = 'ab'.repeat(32)
const NAME = btoa('\u00ab'.repeat(32)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

function reading(index: number, deviceId = ID): DeviceReading {
  return {
    deviceId,
    transactionId: String(index),
    height: index,
    timeMs: index,
    sequence: index,
    contentKindName: 'reading',
    dataKeyEpoch: 0,
    outcome: 'applied',
    code: null,
    records: [{ n: 't', u: 'Cel', v: index }]
  }
}

test('nothing grows beyond its bound, and nothing is listed twice', () => {
  let [blocks, readings, devices] = [
    [] as ReturnType<typeof addBlock>,
    [] as ReturnType<typeof addReading>,
    new Map() as ReturnType<typeof hearDevice>
  ]
  for (let index = 0; index < 600; index++) {
    const point = { height: index, blockId: ID, timeMs: index, transactionCount: 1 }
    for (const _ of ['once', 'again']) {
      blocks = addBlock(blocks, { ...point, finalityMs: null })
      readings = addReading(readings, reading(index))
      devices = hearDevice(devices, reading(index, `${index % 300}`))
    }
    devices = hearDevice(devices, reading(index))
  }
  assert.equal([blocks.length, readings.length], [BLOCKS_MAX, READINGS_MAX])
  assert.is(devices.size, DEVICES_MAX)
  assert.is(devices.get(ID)?.points.length, POINTS_MAX)
  assert.is(devices.has('100'), false)
})

test('a reading is shown as a person says it', () => {
  assert.is(shownValue(reading(21.5)), '21.5 °C')
  assert.is(numberOf(reading(21.5)), 21.5)
  assert.is(shownValue({ records: [{ vb: true }, {}], dataKeyEpoch: 0 }), 'yes and 1 more')
  assert.is(shownValue({ records: [{ vs: 'open' }], dataKeyEpoch: 0 }), 'open')
  assert.is(shownValue({ dataKeyEpoch: 3 }), 'sealed')
  assert.is(shownValue({ dataKeyEpoch: 0 }), 'not SenML')
})

test('an invitation names genesis and device, and everything else is none', () => {
  const plain = { genesisHash: ID, deviceId: ID, token: null }
  assert.equal(readInvitation(`#invite=${NAME}.${NAME}`), plain)
  assert.equal(readInvitation(`#invite=${NAME}.${NAME}.to-ken_1`), { ...plain, token: 'to-ken_1' })
  for (const wrong of ['', '#invite=', `#invite=${NAME}`, `#invite=${NAME}.${NAME}.<b>`, `#${ID}`])
    assert.is(readInvitation(wrong), null)
})

test('a place or a wish that is none of ours leads nowhere', () => {
  assert.equal(readPlace('#/block/12'), { kind: 'block', id: '12' })
  assert.equal(readPlace(`#/device/${ID}`), { kind: 'device', id: ID })
  for (const wrong of ['', '#/device/12', '#/block/-1', '#/block/../../x', `#/block/${ID}0`])
    assert.equal(readPlace(wrong), { kind: 'start' })
  assert.equal(readWanted(' 1,024 '), { isHeight: true, id: '1024' })
  assert.equal(readWanted(ID.toUpperCase()), { isHeight: false, id: ID })
  assert.is(readWanted('xyz'), null)
})

test('how a device stands is said in words, the worst first', () => {
  const whole = {
    status: 0,
    lost: 0,
    incarnation: 0,
    sequence: 1,
    evidenceMask: 0,
    suspectUntilMs: 0,
    quarantine: null,
    rival: null
  }
  const say = (change: Partial<DeviceAnswer['device']>): string =>
    standingOf({ deviceId: ID, device: { ...whole, ...change }, ownership: null }, 10).text
  assert.is(say({}), 'active')
  const quarantine = { reason: 1, untilMs: 0 }
  assert.is(say({ status: 1, quarantine }), 'stopped: two speak with its key')
  assert.is(say({ lost: 1 }), 'reported lost by its owner')
  assert.match(say({ rival: {} }), /contested/)
  assert.match(say({ suspectUntilMs: 11 }), /suspicion/)
  const alert = { transactionId: ID, height: 1, timeMs: 1, deviceId: ID }
  assert.match(describeAlert({ ...alert, act: 'device-fork' }).text, /^Proof: two different/)
  assert.match(describeAlert({ ...alert, act: 'alert', rule: 2, severity: 1 }).text, /fell silent/)
})

test.run()

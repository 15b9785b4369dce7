import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type DeviceMessage, type DeviceRecord, keyHash } from '../../protocol/index.ts'
import { DeviceLanes, type LaneItem } from './device-lanes.ts'

const test = suite('device lanes')

const bytes32 = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const DEVICE_ID = bytes32(1)
const keyOf = (sequence: number): Uint8Array => bytes32(100 + sequence)
const idOf = (sequence: number): Uint8Array => bytes32(200 + sequence)

/** The device as the ledger has it: so many messages counted. */
const recordAt = (sequence: number, change: Partial<DeviceRecord> = {}): DeviceRecord =>
  ({
    incarnation: 2,
    sequence,
    headMessageId: idOf(sequence),
    signingKeyHash: keyHash(keyOf(sequence + 1)),
    ...change
  }) as DeviceRecord

const messageAt = (sequence: number, change: Partial<DeviceMessage> = {}): DeviceMessage =>
  ({
    kind: 'device-message',
    deviceId: DEVICE_ID,
    incarnation: 2,
    sequence,
    previousMessageId: idOf(sequence - 1),
    signingKey: keyOf(sequence),
    nextSigningKeyHash: keyHash(keyOf(sequence + 1)),
    ...change
  }) as DeviceMessage

const item = (takenAtMs = 0): LaneItem => ({ transaction: {} as never, takenAtMs })

const ROWS: readonly (readonly [
  why: string,
  message: DeviceMessage,
  verdict: ReturnType<DeviceLanes<LaneItem>['judge']>
])[] = [
  ['the next message', messageAt(6), { kind: 'next' }],
  ['a message that comes early', messageAt(7), { kind: 'ahead' }],
  ['a message of an incarnation to come', messageAt(1, { incarnation: 3 }), { kind: 'ahead' }],
  [
    'a message of an incarnation gone by',
    messageAt(6, { incarnation: 1 }),
    { kind: 'refused', code: 'INCARNATION_OLD' }
  ],
  ['a used sequence', messageAt(5), { kind: 'refused', code: 'SEQUENCE_USED' }],
  [
    'another message before',
    messageAt(6, { previousMessageId: bytes32(0) }),
    { kind: 'refused', code: 'CHAIN_BROKEN' }
  ],
  [
    'another key',
    messageAt(6, { signingKey: bytes32(0) }),
    { kind: 'refused', code: 'SIGNING_KEY_WRONG' }
  ]
]

for (const [why, message, verdict] of ROWS)
  test(`${why} is told apart`, () => {
    assert.equal(new DeviceLanes().judge(message, recordAt(5)), verdict)
  })

test('a message is judged against those on their way, until the ledger has passed them', () => {
  const lanes = new DeviceLanes()
  lanes.project(messageAt(6), idOf(6))
  lanes.project(messageAt(7), idOf(7))
  assert.equal(lanes.judge(messageAt(8), recordAt(5)), { kind: 'next' })
  assert.equal(lanes.judge(messageAt(7), recordAt(5)), { kind: 'refused', code: 'SEQUENCE_USED' })
  assert.equal(lanes.judge(messageAt(9), recordAt(8)), { kind: 'next' })
})

test('what is on its way in another incarnation says nothing', () => {
  const lanes = new DeviceLanes()
  lanes.project(messageAt(6), idOf(6))
  const reborn = recordAt(0, { incarnation: 3 })
  assert.equal(lanes.judge(messageAt(1, { incarnation: 3 }), reborn), { kind: 'next' })
})

test('when a message on its way did not count, the ledger alone is looked at', () => {
  const lanes = new DeviceLanes()
  lanes.project(messageAt(6), idOf(6))
  lanes.forget(DEVICE_ID)
  assert.equal(lanes.judge(messageAt(6), recordAt(5)), { kind: 'next' })
  assert.equal(lanes.judge(messageAt(7), recordAt(5)), { kind: 'ahead' })
})

test('what waits is taken out in the order of its sequence', () => {
  const lanes = new DeviceLanes<LaneItem>()
  const items = new Map([9, 7, 8].map((sequence) => [sequence, item()]))
  for (const [sequence, one] of items) assert.ok(lanes.hold(messageAt(sequence), one))
  assert.ok(lanes.hasWaiting(DEVICE_ID))
  assert.is(lanes.aheadCount, 3)
  for (const sequence of [7, 8, 9]) assert.is(lanes.takeFirst(DEVICE_ID), items.get(sequence))
  assert.is(lanes.takeFirst(DEVICE_ID), undefined)
  assert.not(lanes.hasWaiting(DEVICE_ID))
  assert.is(lanes.aheadCount, 0)
})

test('one sequence waits once, one device with 64 messages, all with 2,000', () => {
  const lanes = new DeviceLanes<LaneItem>()
  assert.ok(lanes.hold(messageAt(7), item()))
  assert.not(lanes.hold(messageAt(7), item()))
  for (let sequence = 8; sequence < 71; sequence++)
    assert.ok(lanes.hold(messageAt(sequence), item()))
  assert.not(lanes.hold(messageAt(71), item()))
  let held = 64
  for (let device = 2; device < 100; device++)
    for (let sequence = 1; sequence <= 64; sequence++)
      if (lanes.hold(messageAt(sequence, { deviceId: bytes32(device) }), item())) held++
  assert.is(held, 2000)
  assert.is(lanes.aheadCount, 2000)
})

test('what has waited for too long is taken out, and its room is free again', () => {
  const lanes = new DeviceLanes<LaneItem>()
  const [old, young] = [item(10), item(20)]
  lanes.hold(messageAt(7), old)
  lanes.hold(messageAt(8), young)
  lanes.hold(messageAt(7, { deviceId: bytes32(2) }), old)
  assert.equal(lanes.takeExpired(20), [old, old])
  assert.is(lanes.aheadCount, 1)
  assert.not(lanes.hasWaiting(bytes32(2)))
  assert.is(lanes.takeFirst(DEVICE_ID), young)
})

test('only so many devices are remembered to have messages on their way', () => {
  const lanes = new DeviceLanes()
  const deviceId = (number: number): Uint8Array => {
    const id = bytes32(0)
    new DataView(id.buffer).setUint32(0, number)
    return id
  }
  for (let number = 0; number <= 20_000; number++)
    lanes.project(messageAt(6, { deviceId: deviceId(number) }), idOf(6))
  assert.equal(lanes.judge(messageAt(6, { deviceId: deviceId(0) }), recordAt(5)), { kind: 'next' })
  assert.equal(lanes.judge(messageAt(7, { deviceId: deviceId(1) }), recordAt(5)), { kind: 'next' })
})

test.run()

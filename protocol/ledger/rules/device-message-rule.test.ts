import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyHash } from '../../crypto/hash.ts'
import { publicKeyOf } from '../../crypto/signing.ts'
import { toHex } from '../../foundation/bytes.ts'
import { invariant } from '../../foundation/invariant.ts'
import { bytes32, CLASS_ID, TIME_MS } from '../../testing/rule-ledger.ts'
import {
  DEVICE,
  DEVICE_ID,
  HEAD_ID,
  KEY,
  ledgerOf,
  NEXT_HASH,
  type Said,
  say,
  trial
} from '../../testing/speaking-device.ts'
import { type ProfileOverlay, readProfileOverlay } from '../../transactions/profile.ts'
import { transactionCost } from '../../transactions/transaction.ts'
import { classHeads } from '../records/class-record.ts'
import { type DeviceRecord, devices, type Rival } from '../records/device-record.ts'
import { type OwnershipRecord, ownerships } from '../records/ownership-record.ts'

const test = suite('the header rules of device messages')

const CASES: readonly (readonly [why: string, verdict: string, said: Said])[] = [
  ['a good reading', 'applied', {}],
  // V1
  [
    'V1: a device that nobody claimed',
    'refused DEVICE_UNKNOWN',
    { message: { deviceId: bytes32(1) } }
  ],
  ['V1: a retired device', 'refused DEVICE_ENDED', { device: { status: 3 } }],
  ['V1: a device of a revoked birth batch', 'refused DEVICE_ENDED', { birthStatus: 2 }],
  ['V1: a device of a closed birth batch lives on', 'applied', { birthStatus: 1 }],
  // V2
  ['V2: an incarnation gone by', 'refused INCARNATION_OLD', { message: { incarnation: 1 } }],
  ['V2: an incarnation to come', 'waits INCARNATION_AHEAD', { message: { incarnation: 3 } }],
  // V3
  ['V3: the sequence that is the head', 'refused SEQUENCE_USED', { message: { sequence: 30 } }],
  ['V3: sequence zero', 'refused SEQUENCE_USED', { message: { sequence: 0 } }],
  ['V3: a sequence left out', 'waits SEQUENCE_AHEAD', { message: { sequence: 32 } }],
  [
    'V3: the last sequence there is',
    'waits SEQUENCE_AHEAD',
    { message: { sequence: 2 ** 53 - 1 } }
  ],
  // V4
  ['V4: a quarantined device', 'waits DEVICE_STOPPED', { device: { status: 1 } }],
  ['V4: a lost device', 'waits DEVICE_STOPPED', { device: { lost: 1 } }],
  [
    'V4: a stopped device with a used sequence is told of the sequence',
    'refused SEQUENCE_USED',
    {
      device: { status: 1 },
      message: { sequence: 30 }
    }
  ],
  // V5
  [
    'V5: another message before',
    'refused CHAIN_BROKEN',
    { message: { previousMessageId: bytes32(1) } }
  ],
  [
    'V5: a key that was not committed',
    'refused SIGNING_KEY_WRONG',
    { device: { signingKeyHash: NEXT_HASH } }
  ],
  [
    'V5: a stopped device waits before its chain is looked at',
    'waits DEVICE_STOPPED',
    {
      device: { lost: 1 },
      message: { previousMessageId: bytes32(1) }
    }
  ],
  // V6
  [
    'V6: an empty telemetry bucket',
    'waits QUOTA_EMPTY',
    {
      device: { telemetryBucket: { tokens: 1, filledAtMs: TIME_MS } }
    }
  ],
  [
    'V6: telemetry looks at its own bucket only',
    'applied',
    {
      device: { controlBucket: { tokens: 0, filledAtMs: TIME_MS } }
    }
  ],
  [
    'V6: an alarm looks at the control bucket',
    'waits QUOTA_EMPTY',
    {
      device: { controlBucket: { tokens: 1, filledAtMs: TIME_MS } },
      message: { contentKind: 1 }
    }
  ],
  [
    'V6: an alarm passes an empty telemetry bucket',
    'applied',
    {
      device: { telemetryBucket: { tokens: 0, filledAtMs: TIME_MS } },
      message: { contentKind: 1 }
    }
  ],
  [
    'V6: an empty bucket of the class',
    'waits QUOTA_EMPTY',
    {
      head: { bucket: { tokens: 1, filledAtMs: TIME_MS } }
    }
  ],
  [
    'V6: a bucket that has filled meanwhile',
    'applied',
    {
      device: { telemetryBucket: { tokens: 0, filledAtMs: TIME_MS - 2000 } }
    }
  ],
  [
    'V6: a burst below the cost asks for the burst',
    'applied',
    {
      profile: { rateBurst: 1 },
      device: { telemetryBucket: { tokens: 1, filledAtMs: TIME_MS } }
    }
  ]
]

for (const [why, verdict, said] of CASES)
  test(`${why}: ${verdict}`, () => {
    const result = trial(said)
    assert.is(result.verdict, verdict)
    const counts = verdict === 'applied'
    const records = [`class-heads/${toHex(CLASS_ID)}`, `devices/${toHex(DEVICE_ID)}`]
    assert.equal(result.written, counts ? records : [])
  })

function deviceAfter(said: Said): DeviceRecord {
  const device = trial(said).state.read(devices, DEVICE_ID)
  invariant(device !== undefined, 'the device is there')
  return device
}

test('the message that is the head already is a duplicate, and changes nothing', () => {
  const said: Said = {}
  const { id } = say(said)
  const result = trial({ device: { headMessageId: id, sequence: 31 } })
  assert.is(result.verdict, 'duplicate')
  assert.equal(result.written, [])
})

test('the very same message counts once', () => {
  const ledger = ledgerOf({})
  const message = say({})
  const first = ledger.try(message)
  assert.is(first.verdict, 'applied')
  const device = first.state.read(devices, DEVICE_ID) as DeviceRecord
  ledger.state.write(devices, DEVICE_ID, device)
  assert.is(ledger.try(message).verdict, 'duplicate')
})

test('what counts moves the head, the sequence, the key, the time and the buckets, and no more', () => {
  const message = say({})
  const cost = transactionCost(message)
  const result = ledgerOf({}).try(message)
  assert.equal(result.state.read(devices, DEVICE_ID), {
    ...DEVICE,
    sequence: 31,
    headMessageId: message.id,
    signingKeyHash: NEXT_HASH,
    signingKeyUses: 0,
    lastTimeMs: TIME_MS,
    lastAnchorHeight: 90,
    telemetryBucket: { tokens: 20 - cost, filledAtMs: TIME_MS }
  })
  assert.is(result.state.read(classHeads, CLASS_ID)?.bucket.tokens, 20 - cost)
})

test('a void message counts like an applied one, for its content alone is void', () => {
  const { sequence, signingKeyHash, telemetryBucket } = deviceAfter({
    message: { contentKind: 99 }
  })
  assert.is(sequence, 31)
  assert.is(toHex(signingKeyHash), toHex(NEXT_HASH))
  assert.ok(telemetryBucket.tokens < 20)
})

test('a control message is paid from the control bucket', () => {
  const { telemetryBucket, controlBucket } = deviceAfter({ message: { contentKind: 1 } })
  assert.is(telemetryBucket.tokens, 20)
  assert.ok(controlBucket.tokens < 20)
})

test('uses are counted as long as the key stays', () => {
  const nextSigningKeyHash = keyHash(publicKeyOf(KEY))
  assert.is(deviceAfter({ message: { nextSigningKeyHash } }).signingKeyUses, 2)
  assert.is(deviceAfter({}).signingKeyUses, 0)
})

test('an overlay of the owner tightens the profile, and none loosens it', () => {
  const overlayOf = (field: number, value: number): ProfileOverlay =>
    readProfileOverlay(
      Array.from({ length: 17 }, (_, position) => (position === field ? value : null))
    ) as ProfileOverlay
  const under = (overlay: ProfileOverlay): string => {
    const ledger = ledgerOf({})
    ledger.state.write(ownerships, DEVICE_ID, { overlay } as OwnershipRecord)
    return ledger.try(say({})).verdict
  }
  assert.is(under(overlayOf(3, 5)), 'void CONTENT_TOO_LARGE')
  assert.is(under(overlayOf(3, 8192)), 'applied')
  assert.is(under(overlayOf(0, 1)), 'void SEALING_REQUIRED')
  assert.is(under(overlayOf(1, 2)), 'void SUITE_NOT_ALLOWED')
  assert.is(under(overlayOf(4, 1)), 'applied', 'a burst below the cost asks for the burst')
})

const RIVAL: Rival = {
  headMessageId: bytes32(0xee),
  sequence: 12,
  signingKeyHash: keyHash(publicKeyOf(KEY)),
  signingKeyUses: 0,
  telemetryBucket: { tokens: 5, filledAtMs: TIME_MS },
  controlBucket: { tokens: 5, filledAtMs: TIME_MS }
}

test('a message after the rival head moves the rival, and the main branch stays', () => {
  const said: Said = {
    device: { rival: RIVAL },
    message: { previousMessageId: RIVAL.headMessageId, sequence: 13 }
  }
  const after = deviceAfter(said)
  assert.is(after.sequence, 30)
  assert.is(toHex(after.headMessageId), toHex(HEAD_ID))
  assert.is(after.telemetryBucket.tokens, 20)
  assert.is(after.rival?.sequence, 13)
  assert.is(toHex(after.rival?.headMessageId ?? HEAD_ID), toHex(say(said).id))
  assert.ok((after.rival?.telemetryBucket.tokens ?? 5) < 5)
})

test('a message after the main head moves the main branch, and the rival stays', () => {
  const after = deviceAfter({ device: { rival: RIVAL } })
  assert.is(after.sequence, 31)
  assert.equal(after.rival, RIVAL)
})

test('the rival is judged by its own sequence', () => {
  const message = { previousMessageId: RIVAL.headMessageId }
  const said: Said = { device: { rival: RIVAL }, message }
  assert.is(trial(said).verdict, 'waits SEQUENCE_AHEAD')
})

test('what is written reads back from its bytes', () => {
  const { state } = trial({ device: { rival: RIVAL } })
  const device = state.read(devices, DEVICE_ID) as DeviceRecord
  assert.equal(devices.decode(devices.encode(device)), device)
})

test.run()

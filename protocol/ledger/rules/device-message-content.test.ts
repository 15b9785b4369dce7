import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyHash } from '../../crypto/hash.ts'
import { publicKeyOf } from '../../crypto/signing.ts'
import { fromHex, toHex } from '../../foundation/bytes.ts'
import { bytes32, CLASS_ID, HEIGHT, TIME_MS } from '../../testing/rule-ledger.ts'
import {
  ANCHOR_HEIGHT,
  DEVICE_ID,
  KEY,
  P256_KEY,
  READING,
  type Said,
  trial
} from '../../testing/speaking-device.ts'
import { RATCHET_NEVER } from '../../transactions/profile.ts'
import { devices } from '../records/device-record.ts'

const test = suite('the content rules of device messages')

const hex = (digits: string): Uint8Array => fromHex(digits) as Uint8Array
const OWN_HASH = keyHash(publicKeyOf(KEY))

const CASES: readonly (readonly [why: string, verdict: string, said: Said])[] = [
  // C1
  ['C1: an anchor at this very height', 'void ANCHOR_FALSE', { message: { anchorHeight: HEIGHT } }],
  ['C1: an anchor far above', 'void ANCHOR_FALSE', { message: { anchorHeight: 2 ** 53 - 1 } }],
  [
    'C1: an anchor of another block',
    'void ANCHOR_FALSE',
    { message: { anchorId: new Uint8Array(16) } }
  ],
  [
    'C1: an anchor that the ring no longer has',
    'applied',
    {
      message: { anchorHeight: 5, anchorId: new Uint8Array(16) }
    }
  ],
  [
    'C1: an anchor whose place in the ring another height has',
    'applied',
    {
      place: { height: 70_000 },
      message: { anchorHeight: 65_536 + ANCHOR_HEIGHT, anchorId: new Uint8Array(16) }
    }
  ],
  // C2
  [
    'C2: the third message in a row under one key',
    'void RATCHET_OVERDUE',
    {
      device: { signingKeyUses: 2 },
      message: { nextSigningKeyHash: OWN_HASH }
    }
  ],
  ['C2: the second one', 'applied', { message: { nextSigningKeyHash: OWN_HASH } }],
  ['C2: the third one with a new key', 'applied', { device: { signingKeyUses: 2 } }],
  [
    'C2: every message changes the key',
    'void RATCHET_OVERDUE',
    {
      profile: { ratchetEvery: 1 },
      device: { signingKeyUses: 0 },
      message: { nextSigningKeyHash: OWN_HASH }
    }
  ],
  [
    'C2: a key that never changes',
    'applied',
    {
      profile: { ratchetEvery: RATCHET_NEVER },
      device: { signingKeyUses: 2 ** 40 },
      message: { nextSigningKeyHash: OWN_HASH }
    }
  ],
  // C3
  ['C3: a kind that is not in force', 'void KIND_NOT_ALLOWED', { message: { contentKind: 7 } }],
  [
    'C3: a kind that nobody knows',
    'void KIND_NOT_ALLOWED',
    { message: { contentKind: 2 ** 53 - 1 } }
  ],
  ['C3: a reading while remediating', 'void KIND_NOT_ALLOWED', { device: { status: 2 } }],
  [
    'C3: a reading below the floor of the class',
    'void KIND_NOT_ALLOWED',
    {
      head: { floor: { securityVersion: 4, deadlineMs: TIME_MS } }
    }
  ],
  [
    'C3: a reading below the floor before its deadline',
    'applied',
    {
      head: { floor: { securityVersion: 4, deadlineMs: TIME_MS + 1 } }
    }
  ],
  [
    'C3: a reading on the floor',
    'applied',
    {
      head: { floor: { securityVersion: 3, deadlineMs: TIME_MS } }
    }
  ],
  // C4
  ['C4: content above the limit', 'void CONTENT_TOO_LARGE', { profile: { inlineBytesMax: 10 } }],
  ['C4: content at the limit', 'applied', { profile: { inlineBytesMax: READING.length } }],
  // C5
  [
    'C5: Ed25519 where only ES256 is allowed',
    'void SUITE_NOT_ALLOWED',
    { profile: { signatureSuites: 2 } }
  ],
  [
    'C5: ES256 where only Ed25519 is allowed',
    'void SUITE_NOT_ALLOWED',
    {
      key: P256_KEY,
      profile: { signatureSuites: 1 }
    }
  ],
  ['C5: ES256 where it is allowed', 'applied', { key: P256_KEY, profile: { signatureSuites: 2 } }],
  // C6
  [
    'C6: a clear reading where sealing is required',
    'void SEALING_REQUIRED',
    { profile: { sealing: 1 } }
  ],
  [
    'C6: a heartbeat is never sealed',
    'applied',
    {
      profile: { sealing: 1 },
      message: { contentKind: 3 },
      content: new Uint8Array(0)
    }
  ],
  // C7
  ['C7: sealed without a data key', 'void DATA_KEY_UNSET', { message: { dataKeyEpoch: 5 } }],
  ...(
    [
      [5, ANCHOR_HEIGHT, 'applied'],
      [6, ANCHOR_HEIGHT, 'void DATA_KEY_UNKNOWN'],
      [2, 79, 'void DATA_KEY_UNKNOWN'],
      [4, 80, 'void DATA_KEY_OLD'],
      [4, 79, 'applied'],
      [3, 79, 'applied']
    ] as const
  ).map(([dataKeyEpoch, anchorHeight, verdict]): readonly [string, string, Said] => [
    `C7: epoch ${dataKeyEpoch} with an anchor at ${anchorHeight}`,
    verdict,
    { device: { keyCommitment: bytes32(9) }, message: { dataKeyEpoch, anchorHeight } }
  ]),
  // C8
  ['C8: content that is no pack', 'void CONTENT_MALFORMED', { content: hex('0080') }],
  ['C8: no content at all', 'void CONTENT_MALFORMED', { content: new Uint8Array(0) }],
  ['C8: a heartbeat with content', 'void CONTENT_MALFORMED', { message: { contentKind: 3 } }],
  [
    'C8: the root of packs kept elsewhere',
    'applied',
    { content: hex(`01835820${'07'.repeat(32)}0219ffff`) }
  ],
  [
    'C8: an alarm has no such form',
    'void CONTENT_MALFORMED',
    {
      message: { contentKind: 1 },
      content: hex(`01835820${'07'.repeat(32)}0219ffff`)
    }
  ],
  [
    'C8: sealed content is not looked into',
    'applied',
    {
      device: { keyCommitment: bytes32(9) },
      message: { dataKeyEpoch: 5 },
      content: hex('ffff')
    }
  ],
  [
    'C8: a heartbeat that says it is sealed stays empty',
    'void CONTENT_MALFORMED',
    {
      device: { keyCommitment: bytes32(9) },
      message: { dataKeyEpoch: 5, contentKind: 3 },
      content: hex('ffff')
    }
  ],
  // Their order
  [
    'the first content rule that fails is named',
    'void ANCHOR_FALSE',
    {
      message: { anchorHeight: HEIGHT, contentKind: 99 },
      profile: { inlineBytesMax: 0, sealing: 1, signatureSuites: 2 },
      content: hex('ff')
    }
  ]
]

for (const [why, verdict, said] of CASES)
  test(`${why}: ${verdict}`, () => {
    const result = trial(said)
    assert.is(result.verdict, verdict)
    assert.equal(result.written, [`class-heads/${toHex(CLASS_ID)}`, `devices/${toHex(DEVICE_ID)}`])
    assert.is(result.state.read(devices, DEVICE_ID)?.sequence, 31)
  })

test('a true anchor raises the last one, and a false or older one leaves it', () => {
  const lastAnchor = (said: Said): number | undefined =>
    trial(said).state.read(devices, DEVICE_ID)?.lastAnchorHeight
  assert.is(lastAnchor({}), ANCHOR_HEIGHT)
  assert.is(lastAnchor({ message: { anchorHeight: 5 } }), 70)
  assert.is(lastAnchor({ message: { anchorId: new Uint8Array(16) } }), 70)
  assert.is(lastAnchor({ message: { contentKind: 99 } }), ANCHOR_HEIGHT)
})

test.run()

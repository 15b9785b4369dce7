import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyHash } from '../../crypto/hash.ts'
import { createListTree, listLeafHash } from '../../crypto/merkle.ts'
import { publicKeyOf } from '../../crypto/signing.ts'
import { compareBytes, toHex } from '../../foundation/bytes.ts'
import {
  BIRTH_BATCH,
  BIRTH_BATCH_ID,
  bytes32,
  CARRIER_ID,
  CLASS_ID,
  DEFAULT_PARAMETERS,
  PROFILE,
  RuleLedger,
  seedKey,
  signTransaction,
  TIME_MS,
  type Trial,
  VENDOR,
  VENDOR_ID
} from '../../testing/rule-ledger.ts'
import { type Claim, encodeClaim } from '../../transactions/claim.ts'
import { deviceIdOf, encodeInception, type Inception } from '../../transactions/inception.ts'
import { type Transaction, transactionCost } from '../../transactions/transaction.ts'
import { type BirthBatchRecord, birthBatches } from '../records/birth-batch-record.ts'
import { type DeviceRecord, devices } from '../records/device-record.ts'
import { members } from '../records/member-record.ts'
import { ownerships } from '../records/ownership-record.ts'
import { type VendorRecord, vendors } from '../records/vendor-record.ts'
import type { RuleContext } from '../rule.ts'

const test = suite('the rule of claims')

const BOX = seedKey(61)
const ATTESTATION = seedKey(62, 'ES256')
const ROTATION = [bytes32(0x70), bytes32(0x71), bytes32(0x72)] as const
const DAY = Math.floor(TIME_MS / 86_400_000)

const INCEPTION: Inception = {
  classId: CLASS_ID,
  classVersion: 1,
  signingKeyHash: bytes32(0x63),
  deviceRotationKeyHash: ROTATION[1],
  encryptionKey: bytes32(0x64),
  attestationKey: publicKeyOf(ATTESTATION),
  boxKeyHash: keyHash(publicKeyOf(BOX)),
  salt: new Uint8Array(16)
}

interface Claimed {
  readonly inception?: Partial<Inception>
  readonly claim?: Partial<Claim>
  readonly batch?: Partial<BirthBatchRecord>
  readonly vendor?: Partial<VendorRecord>
  readonly introductions?: number
  readonly place?: Partial<RuleContext>
}

interface Draft {
  readonly ledger: RuleLedger
  readonly deviceId: Uint8Array
  readonly transaction: Transaction
}

const INDEX = 6

function draft({ inception, claim, batch, vendor, introductions = 100 }: Claimed): Draft {
  const inceptionBytes = encodeInception({ ...INCEPTION, ...inception })
  const deviceId = deviceIdOf(inceptionBytes)
  const ids = Array.from({ length: 10 }, (_, index) =>
    index === INDEX ? deviceId : bytes32(index)
  )
  const tree = createListTree(ids.map(listLeafHash))
  const signedBody = encodeClaim({
    birthBatchId: BIRTH_BATCH_ID,
    leafIndex: INDEX,
    path: tree.path(INDEX),
    inceptionBytes,
    ownerKeyHash: bytes32(0x65),
    rotationKeyHashes: ROTATION,
    rotationThreshold: 2,
    guardians: null,
    boxKey: publicKeyOf(BOX),
    ...claim
  })
  const transaction = signTransaction(30, signedBody, [
    { role: 'box', key: BOX },
    { role: 'presence', key: ATTESTATION }
  ])
  const ledger = new RuleLedger()
  const { state } = ledger
  state.write(birthBatches, BIRTH_BATCH_ID, { ...BIRTH_BATCH, merkleRoot: tree.root, ...batch })
  state.write(vendors, VENDOR_ID, { ...VENDOR, ...vendor })
  const member = state.read(members, CARRIER_ID)
  if (member !== undefined)
    state.write(members, CARRIER_ID, {
      ...member,
      introductions: { tokens: introductions, filledAtMs: TIME_MS }
    })
  return { ledger, deviceId, transaction }
}

function trial(claimed: Claimed): Trial {
  const { ledger, transaction } = draft(claimed)
  return ledger.try(transaction, claimed.place)
}

const guardians = (threshold: number, count: number, delayMs: number): Claimed => ({
  claim: { guardians: { root: bytes32(1), threshold, count, delayMs } }
})
const { guardianDelayMinMs, guardianDelayMaxMs } = DEFAULT_PARAMETERS

const CASES: readonly (readonly [why: string, verdict: string, claimed: Claimed])[] = [
  ['a good claim', 'applied', {}],
  [
    'a birth batch that nobody made',
    'refused BIRTH_BATCH_CLOSED',
    { claim: { birthBatchId: bytes32(1) } }
  ],
  ['a closed birth batch', 'refused BIRTH_BATCH_CLOSED', { batch: { status: 1 } }],
  ['a revoked birth batch', 'refused BIRTH_BATCH_CLOSED', { batch: { status: 2 } }],
  ['a birth batch in its last millisecond', 'applied', { batch: { notAfterMs: TIME_MS } }],
  [
    'a birth batch that is over',
    'refused BIRTH_BATCH_CLOSED',
    { batch: { notAfterMs: TIME_MS - 1 } }
  ],
  ['a path from another leaf', 'refused LEAF_WRONG', { claim: { leafIndex: 5 } }],
  ['a leaf beyond the count', 'refused LEAF_WRONG', { claim: { leafIndex: 10 } }],
  ['no path', 'refused LEAF_WRONG', { claim: { path: [] } }],
  ['another root', 'refused LEAF_WRONG', { batch: { merkleRoot: bytes32(1) } }],
  [
    'a device of another class than its batch',
    'refused LEAF_WRONG',
    { inception: { classId: bytes32(1) } }
  ],
  ['another box', 'refused BOX_KEY_WRONG', { inception: { boxKeyHash: bytes32(1) } }],
  [
    'a class version that nobody defined',
    'refused CLASS_VERSION_WRONG',
    { inception: { classVersion: 2 } }
  ],
  [
    'one rotation key, that of the device',
    'applied',
    {
      claim: { rotationKeyHashes: [ROTATION[1]], rotationThreshold: 1 }
    }
  ],
  [
    'rotation keys without that of the device',
    'refused ROTATION_KEYS_WRONG',
    {
      claim: { rotationKeyHashes: [ROTATION[0], ROTATION[2]] }
    }
  ],
  [
    'rotation keys out of order',
    'refused ROTATION_KEYS_WRONG',
    {
      claim: { rotationKeyHashes: [ROTATION[1], ROTATION[0]] }
    }
  ],
  [
    'a rotation key twice',
    'refused ROTATION_KEYS_WRONG',
    {
      claim: { rotationKeyHashes: [ROTATION[1], ROTATION[1]] }
    }
  ],
  [
    'a rotation threshold of nothing',
    'refused ROTATION_KEYS_WRONG',
    { claim: { rotationThreshold: 0 } }
  ],
  [
    'a rotation threshold above the keys',
    'refused ROTATION_KEYS_WRONG',
    { claim: { rotationThreshold: 4 } }
  ],
  ['a rotation threshold of all', 'applied', { claim: { rotationThreshold: 3 } }],
  ['guardians with the shortest delay', 'applied', guardians(2, 3, guardianDelayMinMs)],
  ['guardians with the longest delay', 'applied', guardians(16, 16, guardianDelayMaxMs)],
  [
    'guardians with too short a delay',
    'refused ROTATION_KEYS_WRONG',
    guardians(2, 3, guardianDelayMinMs - 1)
  ],
  [
    'guardians with too long a delay',
    'refused ROTATION_KEYS_WRONG',
    guardians(2, 3, guardianDelayMaxMs + 1)
  ],
  [
    'guardians of whom none is needed',
    'refused ROTATION_KEYS_WRONG',
    guardians(0, 3, guardianDelayMinMs)
  ],
  [
    'more guardians needed than there are',
    'refused ROTATION_KEYS_WRONG',
    guardians(4, 3, guardianDelayMinMs)
  ],
  ['seventeen guardians', 'refused ROTATION_KEYS_WRONG', guardians(1, 17, guardianDelayMinMs)],
  ['the last claim of the day', 'applied', { vendor: { claimsDay: DAY, claims: 1 } }],
  ['one claim too many today', 'waits QUOTA_EMPTY', { vendor: { claimsDay: DAY, claims: 2 } }],
  ['yesterday’s claims do not count', 'applied', { vendor: { claimsDay: DAY - 1, claims: 2 } }],
  ['a maker without claims', 'waits QUOTA_EMPTY', { vendor: { grantClaimsPerDay: 0 } }],
  ['a carrier without introductions', 'waits QUOTA_EMPTY', { introductions: 1 }],
  ['a carrier that is no member', 'waits QUOTA_EMPTY', { place: { carrierId: bytes32(1) } }],
  [
    'of a wrong leaf and a wrong box the leaf is named',
    'refused LEAF_WRONG',
    {
      claim: { leafIndex: 5 },
      inception: { boxKeyHash: bytes32(1) }
    }
  ],
  [
    'of a wrong box and an empty quota the box is named',
    'refused BOX_KEY_WRONG',
    {
      inception: { boxKeyHash: bytes32(1) },
      introductions: 0
    }
  ]
]

for (const [why, verdict, claimed] of CASES)
  test(`${why}: ${verdict}`, () => {
    const result = trial(claimed)
    assert.is(result.verdict, verdict)
    const device = toHex(draft(claimed).deviceId)
    const records = [
      `vendors/${toHex(VENDOR_ID)}`,
      `members/${toHex(CARRIER_ID)}`,
      `devices/${device}`,
      `ownerships/${device}`
    ]
    assert.equal(result.written, verdict === 'applied' ? records : [])
  })

test('a device is claimed once, and stays as it is', () => {
  const { ledger, deviceId, transaction } = draft({})
  ledger.state.write(devices, deviceId, { sequence: 7 } as DeviceRecord)
  const result = ledger.try(transaction)
  assert.is(result.verdict, 'refused LEAF_USED')
  assert.equal(result.written, [])
})

test('a claim writes a device that is active, silent so far, and bound to the claim', () => {
  const { ledger, deviceId, transaction } = draft({})
  const { state } = ledger.try(transaction)
  const device = state.read(devices, deviceId)
  assert.is(toHex(device?.headMessageId ?? bytes32(0)), toHex(transaction.id))
  assert.is(toHex(device?.signingKeyHash ?? bytes32(0)), toHex(INCEPTION.signingKeyHash))
  assert.equal(
    [device?.status, device?.lost, device?.incarnation, device?.sequence, device?.signingKeyUses],
    [0, 0, 0, 0, 0]
  )
  assert.equal(device?.telemetryBucket, { tokens: PROFILE.rateBurst, filledAtMs: TIME_MS })
  assert.is(device?.dataKeyEpochFirst, 1)
  assert.equal(device && devices.decode(devices.encode(device)), device)
})

test('a claim writes an owner with the keys that it names', () => {
  const { ledger, deviceId, transaction } = draft(guardians(2, 3, guardianDelayMinMs))
  const ownership = ledger.try(transaction).state.read(ownerships, deviceId)
  assert.is(toHex(ownership?.ownerKeyHash ?? bytes32(0)), toHex(bytes32(0x65)))
  assert.equal(ownership?.rotationKeyHashes.map(toHex), [...ROTATION].sort(compareBytes).map(toHex))
  assert.is(ownership?.rotationThreshold, 2)
  assert.is(ownership?.guardians?.count, 3)
  assert.equal(ownership && ownerships.decode(ownerships.encode(ownership)), ownership)
})

test('the maker’s count of the day and the carrier’s introductions are used', () => {
  const { ledger, transaction } = draft({ vendor: { claimsDay: DAY - 1, claims: 2 } })
  const { state } = ledger.try(transaction)
  const vendor = state.read(vendors, VENDOR_ID)
  assert.equal([vendor?.claimsDay, vendor?.claims], [DAY, 1])
  const paid = state.read(members, CARRIER_ID)?.introductions.tokens
  assert.is(paid, 100 - transactionCost(transaction))
})

test.run()

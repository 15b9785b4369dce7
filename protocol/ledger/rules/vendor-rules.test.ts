import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { publicKeyOf } from '../../crypto/signing.ts'
import { toHex } from '../../foundation/bytes.ts'
import {
  bytes32,
  CLASS_HEAD,
  CLASS_ID,
  PROFILE,
  RuleLedger,
  seedKey,
  signTransaction,
  TIME_MS,
  type Trial,
  VENDOR,
  VENDOR_ID,
  VENDOR_KEYS
} from '../../testing/rule-ledger.ts'
import { type BirthBatch, encodeBirthBatch } from '../../transactions/birth-batch.ts'
import { type ClassDefine, classIdOf, encodeClassDefine } from '../../transactions/class-define.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { encodeVendorSet, type VendorSet, vendorKeysHash } from '../../transactions/vendor-set.ts'
import { birthBatches } from '../records/birth-batch-record.ts'
import {
  type ClassHead,
  classHeads,
  classVersionKey,
  classVersions
} from '../records/class-record.ts'
import { type VendorRecord, vendors } from '../records/vendor-record.ts'

const test = suite('the rules of makers')

interface Act<Body> {
  readonly act?: Partial<Body>
  readonly vendor?: Partial<VendorRecord>
  readonly head?: Partial<ClassHead>
  /** The keys that sign, by their numbers in the maker's list, if not those that the act names. */
  readonly keys?: readonly number[]
}

const PREFIX = { vendorId: VENDOR_ID, vendorSequence: 8, signers: [0, 1] }
const STRANGER = seedKey(99)

function sign(kind: number, body: Uint8Array, keys: readonly number[]): Transaction {
  const signers = keys.map((index) => ({
    role: 'vendor' as const,
    key: VENDOR_KEYS[index] ?? STRANGER
  }))
  return signTransaction(kind, body, signers)
}

function ledgerOf({ vendor, head }: Act<unknown>): RuleLedger {
  const ledger = new RuleLedger()
  ledger.state.write(vendors, VENDOR_ID, { ...VENDOR, ...vendor })
  ledger.state.write(classHeads, CLASS_ID, { ...CLASS_HEAD, ...head })
  return ledger
}

const NEXT_KEYS = [seedKey(34), seedKey(35)].map(publicKeyOf)

function vendorSet(said: Act<VendorSet>): Trial {
  const keys = VENDOR_KEYS.map(publicKeyOf)
  const body = encodeVendorSet({
    ...PREFIX,
    keys,
    threshold: 2,
    nextKeysHash: vendorKeysHash(NEXT_KEYS, 1),
    infoHash: bytes32(6),
    ...said.act
  })
  const vendor = { keys: null, nextKeysHash: null, ...said.vendor }
  return ledgerOf({ ...said, vendor }).try(sign(50, body, said.keys ?? said.act?.signers ?? [0, 1]))
}

function classDefine(said: Act<ClassDefine>): Trial {
  const body = encodeClassDefine({
    ...PREFIX,
    classNumber: 1,
    version: 2,
    custody: 0,
    canSeal: 1,
    profile: PROFILE,
    thingModelHash: bytes32(7),
    mudHash: null,
    referenceValuesHash: null,
    birthCap: 200,
    rateUnitsPerHour: 2400,
    supportUntilMs: TIME_MS,
    ...said.act
  })
  return ledgerOf(said).try(sign(51, body, said.keys ?? said.act?.signers ?? [0, 1]))
}

function birthBatch(said: Act<BirthBatch>): Trial {
  const body = encodeBirthBatch({
    ...PREFIX,
    classId: CLASS_ID,
    merkleRoot: bytes32(8),
    count: 90,
    notAfterMs: TIME_MS,
    ...said.act
  })
  return ledgerOf(said).try(sign(52, body, said.keys ?? said.act?.signers ?? [0, 1]))
}

type Row<Body> = readonly [why: string, verdict: string, said: Act<Body>]

const EMPTY = { bucket: { tokens: 0, filledAtMs: TIME_MS } }
const vendorRow = `vendors/${toHex(VENDOR_ID)}`
const headRow = `class-heads/${toHex(CLASS_ID)}`

function table<Body>(
  name: string,
  rule: (said: Act<Body>) => Trial,
  rows: readonly Row<Body>[]
): void {
  for (const [why, verdict, said] of rows)
    test(`${name}: ${why}: ${verdict}`, () => {
      const result = rule(said)
      assert.is(result.verdict, verdict)
      assert.is(result.written.length > 0, verdict === 'applied')
    })
}

table('vendor-set', vendorSet, [
  ['the first keys are those of the id', 'applied', {}],
  [
    'other first keys',
    'refused VENDOR_KEYS_WRONG',
    { act: { keys: VENDOR_KEYS.map(publicKeyOf).reverse() }, keys: [2, 1] }
  ],
  ['another first threshold', 'refused VENDOR_KEYS_WRONG', { act: { threshold: 1 } }],
  ['a maker without a grant', 'refused VENDOR_UNKNOWN', { act: { vendorId: bytes32(1) } }],
  ['a maker that was removed', 'refused VENDOR_UNKNOWN', { vendor: { removed: 1 } }],
  ['a used sequence', 'refused VENDOR_SEQUENCE_USED', { act: { vendorSequence: 7 } }],
  ['sequences may be left out', 'applied', { act: { vendorSequence: 1000 } }],
  [
    'the keys that were committed',
    'applied',
    {
      vendor: { nextKeysHash: vendorKeysHash(VENDOR_KEYS.map(publicKeyOf), 2) }
    }
  ],
  [
    'other keys than were committed',
    'refused VENDOR_KEYS_WRONG',
    {
      vendor: { nextKeysHash: vendorKeysHash(NEXT_KEYS, 2) }
    }
  ],
  [
    'the first keys again, once others are committed',
    'refused VENDOR_KEYS_WRONG',
    {
      vendor: { nextKeysHash: vendorKeysHash(VENDOR_KEYS.map(publicKeyOf), 3) }
    }
  ],
  ['an empty bucket', 'waits QUOTA_EMPTY', { vendor: EMPTY }]
])

table('class-define', classDefine, [
  ['the next version', 'applied', {}],
  [
    'version 1 of a new class',
    'applied',
    { act: { classNumber: 2, version: 1, rateUnitsPerHour: 1800 } }
  ],
  ['version 2 of a new class', 'refused CLASS_VERSION_WRONG', { act: { classNumber: 2 } }],
  ['the same version again', 'refused CLASS_VERSION_WRONG', { act: { version: 1 } }],
  ['a version left out', 'refused CLASS_VERSION_WRONG', { act: { version: 3 } }],
  ['births up to the grant', 'applied', { act: { birthCap: 300 } }],
  ['births above the grant', 'refused GRANT_EXCEEDED', { act: { birthCap: 301 } }],
  [
    'births of a second class above the grant',
    'refused GRANT_EXCEEDED',
    {
      act: { classNumber: 2, version: 1, birthCap: 201 }
    }
  ],
  ['a cap of the births so far', 'applied', { act: { birthCap: 10 } }],
  ['a cap below the births so far', 'refused BIRTH_CAP_EXCEEDED', { act: { birthCap: 9 } }],
  ['a rate up to the grant', 'applied', { act: { rateUnitsPerHour: 3000 } }],
  ['a rate above the grant', 'refused GRANT_EXCEEDED', { act: { rateUnitsPerHour: 3001 } }],
  ['a maker that was removed', 'refused VENDOR_UNKNOWN', { vendor: { removed: 1 } }],
  ['a maker without keys', 'refused VENDOR_UNKNOWN', { vendor: { keys: null } }],
  ['a used sequence', 'refused VENDOR_SEQUENCE_USED', { act: { vendorSequence: 7 } }],
  ['fewer signers than the threshold', 'refused SIGNATURES_WRONG', { act: { signers: [0] } }],
  ['more signers than the threshold', 'applied', { act: { signers: [0, 1, 2] } }],
  ['a signer that is no key', 'refused SIGNATURES_WRONG', { act: { signers: [0, 3] } }],
  ['a stranger’s signature', 'refused SIGNATURE_INVALID', { keys: [0, 9] }],
  ['signatures in another order', 'refused SIGNATURE_INVALID', { keys: [1, 0] }],
  ['an empty bucket', 'waits QUOTA_EMPTY', { vendor: EMPTY }],
  [
    'a wrong version of an empty maker is named first',
    'refused CLASS_VERSION_WRONG',
    {
      vendor: EMPTY,
      act: { version: 3 }
    }
  ]
])

table('birth-batch', birthBatch, [
  ['births up to the cap', 'applied', {}],
  ['births above the cap', 'refused BIRTH_CAP_EXCEEDED', { act: { count: 91 } }],
  ['a class that nobody defined', 'refused CLASS_UNKNOWN', { act: { classId: bytes32(1) } }],
  ['a class of another maker', 'refused CLASS_UNKNOWN', { head: { vendorId: bytes32(1) } }],
  ['a maker that was removed', 'refused VENDOR_UNKNOWN', { vendor: { removed: 1 } }],
  ['a used sequence', 'refused VENDOR_SEQUENCE_USED', { act: { vendorSequence: 7 } }],
  ['fewer signers than the threshold', 'refused SIGNATURES_WRONG', { act: { signers: [2] } }],
  ['a stranger’s signature', 'refused SIGNATURE_INVALID', { keys: [9, 1] }],
  ['an empty bucket', 'waits QUOTA_EMPTY', { vendor: EMPTY }]
])

test('vendor-set writes the keys, what comes next, the sequence and the bucket, and no more', () => {
  const { state, written } = vendorSet({})
  assert.equal(written, [vendorRow])
  const vendor = state.read(vendors, VENDOR_ID) as VendorRecord
  assert.ok(vendor.bucket.tokens < 50)
  assert.equal(vendor, {
    ...VENDOR,
    vendorSequence: 8,
    nextKeysHash: vendorKeysHash(NEXT_KEYS, 1),
    infoHash: bytes32(6),
    bucket: vendor.bucket
  })
  assert.equal(vendors.decode(vendors.encode(vendor)), vendor)
})

test('class-define moves the sums, and the head keeps its births and its bucket', () => {
  const { state, written } = classDefine({})
  const versionKey = classVersionKey(CLASS_ID, 2)
  assert.equal(written, [vendorRow, headRow, `classes/${toHex(versionKey)}`])
  const vendor = state.read(vendors, VENDOR_ID)
  assert.equal([vendor?.usedBirthCap, vendor?.usedRateUnitsPerHour], [200, 2400])
  assert.equal(state.read(classHeads, CLASS_ID), {
    ...CLASS_HEAD,
    lastVersion: 2,
    birthCap: 200,
    rateUnitsPerHour: 2400
  })
  assert.equal(state.read(classVersions, versionKey)?.profile, PROFILE)
})

test('a new class begins with a full bucket of one minute and its maker as authority', () => {
  const { state } = classDefine({ act: { classNumber: 2, version: 1, rateUnitsPerHour: 600 } })
  const head = state.read(classHeads, classIdOf(VENDOR_ID, 2))
  assert.equal(head?.bucket, { tokens: 10, filledAtMs: TIME_MS })
  assert.equal([head?.births, head?.lastVersion, head?.lastRelease], [0, 1, 0])
  assert.equal(head?.authorities.map(toHex), [toHex(VENDOR_ID)])
  assert.equal(state.read(vendors, VENDOR_ID)?.usedRateUnitsPerHour, 1800)
})

test('birth-batch writes the batch under its own id, and the class counts its births', () => {
  const { state, written } = birthBatch({})
  assert.is(written.length, 3)
  assert.equal(written.slice(0, 2), [vendorRow, headRow])
  assert.is(state.read(classHeads, CLASS_ID)?.births, 100)
  const [, key] = (written[2] as string).split('/')
  const record = state.read(birthBatches, Uint8Array.from(Buffer.from(key as string, 'hex')))
  assert.equal([record?.count, record?.status, record?.notAfterMs], [90, 0, TIME_MS])
})

test.run()

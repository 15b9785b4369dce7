import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type BatchId,
  type BlockId,
  concatBytes,
  encodeCbor,
  genesisBlock,
  type Outcome,
  toHex
} from '../../protocol/index.ts'
import type { PartName } from '../snapshot/snapshot-folder.ts'
import { certify } from '../testing/small-chain.ts'
import { GENESIS } from '../testing/small-network.ts'
import {
  BATCHES_PER_REQUEST_MAX,
  BLOCKS_PER_REQUEST_MAX,
  CERTIFICATES_PER_ANSWER_MAX,
  decodeBatchesAnswer,
  decodeBlockAnswer,
  decodeBytesAnswer,
  decodeCertificatesAnswer,
  decodeFetchRequest,
  decodeNodeStatus,
  decodeOffers,
  decodeOutcomesAnswer,
  decodeParcels,
  decodeStateValuesAnswer,
  encodeBatchesAnswer,
  encodeBlockAnswer,
  encodeBytesAnswer,
  encodeCertificatesAnswer,
  encodeFetchRequest,
  encodeNodeStatus,
  encodeOffers,
  encodeOutcomesAnswer,
  encodeParcels,
  encodeStateValuesAnswer,
  type FetchRequest,
  SNAPSHOTS_OFFERED_MAX
} from './sync-message.ts'

const test = suite('what nodes ask each other')

const block = genesisBlock(GENESIS, new Uint8Array(32))
const certificate = certify('finalise', block)
const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)

const snapshotId = fc.uint8Array({ minLength: 32, maxLength: 32 })

const request: fc.Arbitrary<FetchRequest> = fc.oneof(
  fc.record({
    kind: fc.constant('batches' as const),
    ids: fc.array(id as fc.Arbitrary<BatchId>, { minLength: 1, maxLength: BATCHES_PER_REQUEST_MAX })
  }),
  fc.record({ kind: fc.constant('block' as const), id: id as fc.Arbitrary<BlockId> }),
  fc.record({
    kind: fc.constant('certificates' as const),
    first: fc.maxSafeNat(),
    last: fc.maxSafeNat()
  }),
  fc.record({
    kind: fc.constant('final-blocks' as const),
    from: fc.maxSafeNat(),
    count: fc.integer({ min: 1, max: BLOCKS_PER_REQUEST_MAX })
  }),
  fc.constant({ kind: 'snapshots' as const }),
  fc.record({ kind: fc.constant('snapshot-manifest' as const), id: snapshotId }),
  fc.record({
    kind: fc.constant('snapshot-part' as const),
    id: snapshotId,
    part: fc
      .tuple(fc.constantFrom<PartName['kind']>('leaves', 'values'), fc.maxSafeNat())
      .map(([kind, index]) => ({ kind, index }))
  })
)

test('every question comes back from its bytes', () => {
  fc.assert(
    fc.property(request, (question) => {
      assert.equal(decodeFetchRequest(encodeFetchRequest(question)), { ...question })
    })
  )
})

const PLACE = { table: 7, key: Uint8Array.of(1, 2) }

test('questions of recovery, and of those who follow seals, come back from their bytes', () => {
  const questions: readonly FetchRequest[] = [
    { kind: 'state-values', places: [PLACE, { table: 255, key: new Uint8Array(0) }] },
    { kind: 'state-values', places: Array.from({ length: 64 }, () => PLACE) },
    { kind: 'outcomes', height: 0 },
    { kind: 'seals', from: 0 },
    { kind: 'seals', from: Number.MAX_SAFE_INTEGER }
  ]
  for (const question of questions)
    assert.equal(decodeFetchRequest(encodeFetchRequest(question)), question)
})

test('a question for more than one may ask is none', () => {
  const ids = Array.from({ length: BATCHES_PER_REQUEST_MAX + 1 }, () => 'ab'.repeat(32) as BatchId)
  const faults: readonly FetchRequest[] = [
    { kind: 'batches', ids },
    { kind: 'batches', ids: [] },
    { kind: 'final-blocks', from: 1, count: BLOCKS_PER_REQUEST_MAX + 1 },
    { kind: 'final-blocks', from: 1, count: 0 },
    { kind: 'state-values', places: [] },
    { kind: 'state-values', places: Array.from({ length: 65 }, () => PLACE) },
    { kind: 'state-values', places: [{ table: 256, key: PLACE.key }] },
    { kind: 'state-values', places: [{ table: 1, key: new Uint8Array(129) }] }
  ]
  for (const fault of faults) assert.is(decodeFetchRequest(encodeFetchRequest(fault)), undefined)
  for (const value of [
    [5, 1],
    [6, new Uint8Array(31)],
    [7, new Uint8Array(32), 2, 0],
    [7, new Uint8Array(32), 1],
    [8, [1]],
    [8, [[1]]],
    [9],
    [9, null],
    [10],
    [10, 0, 64],
    [1],
    [2, new Uint8Array(31)],
    [3, 1],
    1,
    null
  ])
    assert.is(decodeFetchRequest(encodeCbor(value)), undefined)
})

test('answers come back from their bytes', () => {
  const batches = [Uint8Array.of(1, 2), null, Uint8Array.of(3)]
  assert.equal(
    decodeBatchesAnswer(encodeBatchesAnswer(batches))?.map((one) => one && toHex(one)),
    ['0102', null, '03']
  )
  assert.equal(
    decodeStateValuesAnswer(encodeStateValuesAnswer(batches))?.map((one) => one && toHex(one)),
    ['0102', null, '03']
  )
  const outcomes: readonly Outcome[] = [
    { outcome: 'applied', code: null },
    { outcome: 'refused', code: 'DEVICE_UNKNOWN' }
  ]
  assert.equal(decodeOutcomesAnswer(encodeOutcomesAnswer(outcomes)), outcomes)
  assert.is(decodeOutcomesAnswer(encodeOutcomesAnswer(undefined)), undefined)
  assert.is(decodeOutcomesAnswer(encodeCbor([Uint8Array.of(9), []])), undefined)
  assert.is(decodeBlockAnswer(encodeBlockAnswer(block))?.id, block.id)
  assert.is(decodeBlockAnswer(encodeBlockAnswer(undefined)), undefined)
  assert.equal(decodeCertificatesAnswer(encodeCertificatesAnswer([certificate])), [certificate])
  for (const isMember of [true, false]) {
    const status = { height: 5, view: 9, isMember }
    assert.equal(decodeNodeStatus(encodeNodeStatus(status)), status)
  }
})

test('parcels come back with their blocks, finalisations and batches', () => {
  const parcels = [
    { block, finalisation: null, batches: [] },
    { block, finalisation: certificate, batches: [Uint8Array.of(1)] }
  ]
  const read = decodeParcels(encodeParcels(parcels))
  assert.equal(
    read?.map((one) => [one.block.id, one.finalisation === null, one.batches.map(toHex)]),
    [
      [block.id, true, []],
      [block.id, false, ['01']]
    ]
  )
})

test('one malformed parcel spoils the answer', () => {
  const good = encodeCbor([block.headerBytes, []])
  assert.ok(decodeParcels(encodeCbor([[good, null, []]])))
  for (const fault of [
    [Uint8Array.of(1), null, []],
    [good, Uint8Array.of(1), []],
    [good, null, [new Uint8Array(0)]],
    [good, null],
    [good, null, [], 0]
  ])
    assert.is(decodeParcels(encodeCbor([[good, null, []], fault])), undefined)
})

test('no answer has more certificates than it may, and what is none is left out', () => {
  const many = Array.from({ length: 100 }, () => certificate)
  assert.is(
    decodeCertificatesAnswer(encodeCertificatesAnswer(many)).length,
    CERTIFICATES_PER_ANSWER_MAX
  )
  assert.equal(decodeCertificatesAnswer(encodeCbor([Uint8Array.of(1)])), [])
  assert.equal(decodeCertificatesAnswer(Uint8Array.of(0xff)), [])
})

const DECODERS: readonly ((bytes: Uint8Array) => unknown)[] = [
  decodeFetchRequest,
  decodeBatchesAnswer,
  decodeBlockAnswer,
  decodeCertificatesAnswer,
  decodeParcels,
  decodeStateValuesAnswer,
  decodeOutcomesAnswer,
  decodeNodeStatus
]

test('changed, cut and random bytes are never thrown at', () => {
  const samples = [
    encodeParcels([{ block, finalisation: certificate, batches: [Uint8Array.of(1)] }]),
    encodeCertificatesAnswer([certificate]),
    encodeBlockAnswer(block),
    encodeFetchRequest({ kind: 'final-blocks', from: 1, count: 2 }),
    encodeFetchRequest({ kind: 'state-values', places: [PLACE, PLACE] }),
    encodeStateValuesAnswer([Uint8Array.of(1), null]),
    encodeOutcomesAnswer([{ outcome: 'void', code: 'X' }])
  ]
  const change = fc.record({ at: fc.nat({ max: 900 }), insert: fc.uint8Array({ maxLength: 3 }) })
  fc.assert(
    fc.property(fc.constantFrom(...samples), change, (sample, { at, insert }) => {
      const start = at % sample.length
      const changed = concatBytes(sample.subarray(0, start), insert, sample.subarray(start + 1))
      for (const decode of DECODERS) {
        decode(changed)
        decode(sample.subarray(0, start))
        decode(insert)
      }
    })
  )
})

test('offers of snapshots come back from their bytes, and too many of them are none', () => {
  const offer = { height: 8192, id: new Uint8Array(32).fill(3), bytes: 12_345 }
  assert.equal(decodeOffers(encodeOffers([offer])), [offer])
  assert.is(decodeOffers(encodeOffers(Array(40).fill(offer)))?.length, SNAPSHOTS_OFFERED_MAX)
  const many = Array.from({ length: 17 }, () => [1, new Uint8Array(32), 1])
  for (const value of [many, [[1, new Uint8Array(31), 1]], [[1, new Uint8Array(32)]], 5, null])
    assert.is(decodeOffers(encodeCbor(value)), undefined)
})

test('an answer with bytes is bytes or null, and nothing else', () => {
  assert.equal(decodeBytesAnswer(encodeBytesAnswer(Uint8Array.of(1, 2))), Uint8Array.of(1, 2))
  assert.is(decodeBytesAnswer(encodeBytesAnswer(null)), null)
  for (const value of [[], 1, 'text']) assert.is(decodeBytesAnswer(encodeCbor(value)), undefined)
  assert.is(decodeBytesAnswer(Uint8Array.of(0x5a, 0xff)), undefined)
})

test.run()

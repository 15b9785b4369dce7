import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { coseToFields } from '../crypto/cose.ts'
import { concatBytes, equalBytes, toHex } from '../foundation/bytes.ts'
import {
  BATCH_ENCODED_MAX_BYTES,
  BATCH_SIZE_MAX_BYTES,
  BATCH_TRANSACTIONS_MAX
} from '../foundation/limits.ts'
import { buildTestChain } from '../testing/test-chain.ts'
import {
  type Batch,
  type BatchHeader,
  batchIdOf,
  decodeBatch,
  decodeBatchHeader,
  encodeBatch,
  encodeBatchHeader,
  isBatchSigned,
  peekBatchHeader
} from './batch.ts'

const test = suite('batches')

const { networkTag, batch } = buildTestChain()
const encoded = encodeBatch(batch)

const HEADER: BatchHeader = {
  author: new Uint8Array(32).fill(1),
  authorSequence: 7,
  priority: 2,
  receivedAtMs: 1_700_000_000_000,
  height: 3,
  transactionsRoot: new Uint8Array(32).fill(2),
  count: 1,
  bytes: 1
}

/** A batch of transactions that are no more than bytes, with a header to fit. */
function encodeOf(
  transactions: readonly Uint8Array[],
  header: Partial<BatchHeader> = {}
): Uint8Array {
  const bytes = transactions.reduce((sum, { length }) => sum + length, 0)
  const headerBytes = encodeBatchHeader({ ...HEADER, count: transactions.length, bytes, ...header })
  const signature = { algorithm: 'Ed25519' as const, signature: new Uint8Array(64) }
  return encodeCbor([headerBytes, coseToFields(signature), transactions])
}

test('a batch comes back as it was, under the id of its header', () => {
  const read = decodeBatch(encoded)
  assert.equal(read?.header, batch.header)
  assert.equal(read?.transactions.map(toHex), batch.transactions.map(toHex))
  assert.is(read?.id, batchIdOf(batch.headerBytes))
  assert.is(read && toHex(encodeBatch(read)), toHex(encoded))
})

test('headers come back, and every field of theirs is in the id', () => {
  const changes: readonly Partial<BatchHeader>[] = [
    { author: new Uint8Array(32) },
    { authorSequence: 8 },
    { priority: 0 },
    { receivedAtMs: 0 },
    { height: 4 },
    { transactionsRoot: new Uint8Array(32) },
    { count: 2 },
    { bytes: 2 }
  ]
  const headers = [HEADER, ...changes.map((change) => ({ ...HEADER, ...change }))]
  const ids = headers.map((header) => {
    const bytes = encodeBatchHeader(header)
    assert.equal(decodeBatchHeader(bytes), header)
    return batchIdOf(bytes)
  })
  assert.is(new Set(ids).size, headers.length)
})

test('headers out of range are none', () => {
  const fields = decodeCbor(encodeBatchHeader(HEADER)) as readonly CborValue[]
  const faults: readonly (readonly [number, CborValue])[] = [
    [0, new Uint8Array(31)],
    [2, 3],
    [5, new Uint8Array(33)],
    [6, 0],
    [6, BATCH_TRANSACTIONS_MAX + 1],
    [7, 0],
    [7, BATCH_SIZE_MAX_BYTES + 1],
    [1, null]
  ]
  for (const [position, value] of faults)
    assert.is(decodeBatchHeader(encodeCbor(fields.with(position, value))), undefined)
  assert.is(decodeBatchHeader(encodeCbor([...fields, 0])), undefined)
})

test('only the author’s signature on this network is good', () => {
  assert.ok(isBatchSigned(networkTag, batch))
  assert.not(isBatchSigned(new Uint8Array(32), batch))
  const other = { ...batch.header, author: new Uint8Array(32).fill(9) }
  assert.not(isBatchSigned(networkTag, { ...batch, header: other }))
  const spoilt = batch.headerBytes.slice()
  spoilt[40] = (spoilt[40] as number) ^ 1
  assert.not(isBatchSigned(networkTag, { ...batch, headerBytes: spoilt }))
  const unsigned: Pick<Batch, 'header' | 'headerBytes' | 'signature'> = {
    ...batch,
    signature: { algorithm: 'Ed25519', signature: new Uint8Array(64) }
  }
  assert.not(isBatchSigned(networkTag, unsigned))
  const renamed = { ...batch, signature: { ...batch.signature, algorithm: 'ES256' as const } }
  assert.not(isBatchSigned(networkTag, renamed))
})

test('count and bytes are as the header says', () => {
  const transactions = [Uint8Array.of(1), Uint8Array.of(2, 3)]
  assert.ok(decodeBatch(encodeOf(transactions)))
  assert.is(decodeBatch(encodeOf(transactions, { count: 1 })), undefined)
  assert.is(decodeBatch(encodeOf(transactions, { count: 3 })), undefined)
  assert.is(decodeBatch(encodeOf(transactions, { bytes: 2 })), undefined)
  assert.is(decodeBatch(encodeOf(transactions, { bytes: 4 })), undefined)
})

test('a batch is as large as it may be, and no larger', () => {
  const whole = new Uint8Array(BATCH_SIZE_MAX_BYTES)
  assert.ok(decodeBatch(encodeOf([whole])))
  assert.is(decodeBatch(encodeOf([whole, Uint8Array.of(1)], { bytes: whole.length })), undefined)
  const most = Array.from({ length: BATCH_TRANSACTIONS_MAX }, () => new Uint8Array(64))
  assert.ok(decodeBatch(encodeOf(most)))
  const tooMany = [...most, new Uint8Array(64)]
  assert.is(decodeBatch(encodeOf(tooMany, { count: BATCH_TRANSACTIONS_MAX })), undefined)
  assert.is(decodeBatch(new Uint8Array(BATCH_ENCODED_MAX_BYTES + 1)), undefined)
})

test('a full batch of the smallest transactions still fits its encoding', () => {
  const most = Array.from({ length: BATCH_TRANSACTIONS_MAX }, () => new Uint8Array(64))
  assert.ok(encodeOf(most).length <= BATCH_ENCODED_MAX_BYTES)
})

test('no transactions, or an empty one, are no batch', () => {
  assert.is(decodeBatch(encodeOf([], { count: 1, bytes: 1 })), undefined)
  assert.is(decodeBatch(encodeOf([Uint8Array.of(1), new Uint8Array(0)])), undefined)
})

test('the header is seen at the head of an encoded batch, whatever follows', () => {
  const peeked = peekBatchHeader(encoded)
  assert.equal(peeked?.header, batch.header)
  assert.ok(peeked && equalBytes(peeked.headerBytes, batch.headerBytes))
  const end = 3 + batch.headerBytes.length
  assert.ok(peekBatchHeader(concatBytes(encoded.subarray(0, end), Uint8Array.of(0xff))))
  for (let length = 0; length < end; length++)
    assert.is(peekBatchHeader(encoded.subarray(0, length)), undefined)
})

test('what is peeked is what is decoded', () => {
  const changes = fc.array(fc.tuple(fc.nat({ max: encoded.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 3
  })
  fc.assert(
    fc.property(changes, (list) => {
      const changed = encoded.slice()
      for (const [at, byte] of list) changed[at] = byte
      const read = decodeBatch(changed)
      if (read === undefined) return
      assert.is(toHex(encodeBatch(read)), toHex(changed))
      assert.equal(peekBatchHeader(changed)?.header, read.header)
    })
  )
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  concatBytes,
  decodeTransaction,
  encodeBatch,
  listLeafHash,
  listRoot,
  toHex,
  transactionLeaf
} from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import {
  founder,
  judgedTransaction,
  NETWORK_TAG,
  signBatch,
  type TestBatch
} from '../testing/small-network.ts'
import { type BatchFinding, VerificationQueue } from './verifier.ts'

const test = suite('the verifier and its worker')

const failures: Error[] = []
const verifier = new VerificationQueue(NETWORK_TAG, (error) => failures.push(error))
test.after(async () => {
  await verifier.close()
})

const device = createTestDevice(NETWORK_TAG, 5)
const wires = [1, 2, 3].map((sequence) => device.message(sequence))
const [first, second, third] = wires as [Uint8Array, Uint8Array, Uint8Array]

/** A transaction that decodes, whose signature is not its signer's. */
function unsigned(wire: Uint8Array): Uint8Array {
  const spoilt = wire.slice()
  const signatureAt = Buffer.from(wire).indexOf(Buffer.from('a0f65840', 'hex')) + 10
  spoilt[signatureAt] = (spoilt[signatureAt] as number) ^ 1
  return spoilt
}

/** The root over transactions that need not be sound, as a faulty author would sign it. */
function rootOf(list: readonly Uint8Array[]): Uint8Array {
  return listRoot(
    list.map((wire) => {
      const decoded = decodeTransaction(wire, NETWORK_TAG)
      return transactionLeaf(decoded.ok ? decoded.value : judgedTransaction(wire))
    })
  )
}

async function judge(bytes: Uint8Array): Promise<BatchFinding> {
  const finding = verifier.judgeBatch(bytes)
  assert.ok(finding)
  return (await finding) as BatchFinding
}

/** The same header and signature over other transactions. */
function withBody(batch: TestBatch, body: readonly Uint8Array[]): Uint8Array {
  const signatureBytes = batch.bytes.subarray(3 + batch.headerBytes.length + 9)
  const signature = { algorithm: 'Ed25519' as const, signature: signatureBytes.slice(0, 64) }
  return encodeBatch({ headerBytes: batch.headerBytes, signature, transactions: body })
}

test('a good batch is found good, with the place, id and leaf of every transaction', async () => {
  const { bytes, header } = signBatch(wires)
  const finding = await judge(bytes)
  assert.is(finding.fault, null)
  assert.is(toHex(finding.bytes), toHex(bytes))
  assert.is(finding.rows.length, 3)
  for (const [index, { start, length, transactionId, leafHash }] of finding.rows.entries()) {
    const transaction = judgedTransaction(wires[index] as Uint8Array)
    assert.is(toHex(finding.bytes.subarray(start, start + length)), toHex(transaction.wire))
    assert.is(toHex(transactionId), toHex(transaction.id))
    assert.is(toHex(leafHash), toHex(listLeafHash(transactionLeaf(transaction))))
  }
  assert.is(header.count, 3)
})

test('places are right whatever the lengths of the transactions before them', async () => {
  const batch = signBatch([first])
  const finding = await judge(withBody(batch, [first]))
  assert.is(finding.fault, null)
  assert.is(finding.rows[0]?.start, batch.bytes.length - first.length)
})

test('every fault of a batch is named', async () => {
  const spoilt = unsigned(second)
  const cases: readonly (readonly [fault: string, bytes: Uint8Array])[] = [
    ['BATCH_MALFORMED', Uint8Array.of(0x83, 1, 2)],
    ['BATCH_MALFORMED', concatBytes(signBatch([first]).bytes, Uint8Array.of(0))],
    ['BATCH_SIGNATURE_WRONG', signBatch([first], { sign: founder(1).sign }).bytes],
    ['BATCH_SIGNATURE_WRONG', signBatch([first], { header: { author: new Uint8Array(32) } }).bytes],
    ['BATCH_PRIORITY_WRONG', signBatch([first], { priority: 1 }).bytes],
    ['BATCH_PRIORITY_WRONG', signBatch([first], { priority: 0 }).bytes],
    ['BATCH_ROOT_WRONG', signBatch([first], { header: { transactionsRoot: listRoot([]) } }).bytes],
    [
      'SIGNATURE_INVALID',
      signBatch([first, spoilt], { header: { transactionsRoot: rootOf([first, spoilt]) } }).bytes
    ]
  ]
  for (const [fault, bytes] of cases) {
    const finding = await judge(bytes)
    assert.is(finding.fault, fault)
    assert.equal(finding.rows, [])
  }
})

test('transactions that were exchanged on the way are not the author’s fault', async () => {
  const batch = signBatch([first, second])
  for (const body of [
    [first, unsigned(second)],
    [first, third],
    [second, first],
    [first, first]
  ])
    assert.is((await judge(withBody(batch, body))).fault, 'BATCH_ROOT_WRONG')
  const garbage = new Uint8Array(second.length).fill(0xff)
  assert.is((await judge(withBody(batch, [first, garbage]))).fault, 'BATCH_ROOT_WRONG')
})

test('the bytes of a view are copied before they are handed to the worker', async () => {
  const { bytes } = signBatch(wires)
  const pool = Buffer.alloc(bytes.length + 100, 0xee)
  pool.set(bytes, 50)
  const view = pool.subarray(50, 50 + bytes.length)
  const finding = verifier.judgeBatch(view)
  assert.is(view.length, bytes.length, 'the view was not detached')
  pool.fill(0, 50, 60)
  assert.is((await finding)?.fault, null)
  assert.is(pool[0], 0xee)
  assert.is(pool[pool.length - 1], 0xee)
})

test('loose transactions are answered each for itself, in one question or several', async () => {
  const list = Array.from({ length: 300 }, (_, index) =>
    index % 3 === 0 ? unsigned(device.message(index)) : device.message(index)
  )
  const rows = await Promise.all(list.map((wire) => verifier.judgeTransaction(wire)))
  for (const [index, row] of rows.entries()) {
    assert.is(row?.fault, index % 3 === 0 ? 'SIGNATURE_INVALID' : null)
    assert.is(row?.length, list[index]?.length)
    if (index % 3 !== 0)
      assert.is(toHex(row?.transactionId ?? new Uint8Array(0)), device.transactionId(index))
  }
})

test('loose bytes that are no transaction are answered with their fault', async () => {
  const row = await verifier.judgeTransaction(Uint8Array.of(0xff))
  assert.is(row?.fault, 'ENCODING_NOT_CANONICAL')
  const empty = await verifier.judgeTransaction(new Uint8Array(0))
  assert.is(empty?.fault, 'ENCODING_NOT_CANONICAL')
})

test('more than fits into the queue is turned away, and room comes back', async () => {
  const large = new Uint8Array(8 * 1024 * 1024)
  const asked = [1, 2, 3, 4].map(() => verifier.judgeBatch(large))
  assert.ok(asked.every((finding) => finding !== undefined))
  assert.is(verifier.judgeBatch(Uint8Array.of(1)), undefined)
  assert.is(verifier.judgeTransaction(Uint8Array.of(1)), undefined)
  for (const finding of asked) assert.is((await finding)?.fault, 'BATCH_MALFORMED')
  assert.is((await judge(signBatch(wires).bytes)).fault, null)
  assert.equal(failures, [])
})

test.run()

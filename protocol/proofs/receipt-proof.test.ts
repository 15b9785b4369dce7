import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applied, refused } from '../ledger/outcome.ts'
import { receiptOf, THROUGH_CHILD, TRUSTED } from '../testing/chain-proofs.ts'
import { CHAIN } from '../testing/core-state.ts'
import {
  decodeReceiptProof,
  encodeReceiptProof,
  judgeReceipt,
  type ReceiptProof
} from './receipt-proof.ts'

const test = suite('receipts')

const judge = (proof: ReceiptProof): string => {
  const judged = judgeReceipt(proof, TRUSTED)
  return judged.ok ? 'good' : judged.fault
}
const receipt = receiptOf(0)

test('every transaction of the block has a receipt that holds', () => {
  for (const index of CHAIN.transactions.keys()) {
    assert.is(judge(receiptOf(index)), 'good')
    assert.is(judge({ ...receiptOf(index), finality: THROUGH_CHILD }), 'good')
  }
})

const FAULTS: readonly (readonly [why: string, change: Partial<ReceiptProof>])[] = [
  ['another transaction', { transactionId: receiptOf(1).transactionId }],
  ['another outcome', { outcome: { outcome: 'void', code: null } }],
  ['another code', { outcome: { outcome: 'applied', code: 'QUOTA_EMPTY' } }],
  ['a refusal', { outcome: refused('VENDOR_UNKNOWN') }],
  ['another place', { index: 1 }],
  ['a place beyond the block', { index: 2 }],
  ['another path', { path: receiptOf(1).path }],
  ['no path', { path: [] }],
  ['a longer path', { path: [...receipt.path, new Uint8Array(32)] }]
]

for (const [why, change] of FAULTS)
  test(`a receipt with ${why} does not hold`, () => {
    assert.equal(receipt.outcome, applied)
    assert.is(judge({ ...receipt, ...change }), 'RECEIPT_PATH_WRONG')
  })

test('a receipt under a block without these transactions does not hold', () => {
  const finality = { ...THROUGH_CHILD, headerBytes: CHAIN.block2.headerBytes, descendants: [] }
  assert.is(judge({ ...receipt, finality }), 'RECEIPT_PATH_WRONG')
})

test('a receipt that is not final is judged by its finality first', () => {
  const finality = { ...receipt.finality, descendants: [Uint8Array.of(1)] }
  assert.is(judge({ ...receipt, finality }), 'DESCENDANTS_BROKEN')
})

test('a receipt comes back from its bytes, and changed ones are never good for another outcome', () => {
  const encoded = encodeReceiptProof(receipt)
  const read = decodeReceiptProof(encoded)
  assert.is(read && judge(read), 'good')
  fc.assert(
    fc.property(
      fc.nat({ max: encoded.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, mask) => {
        const changed = encoded.slice()
        changed[at] = (changed[at] as number) ^ mask
        const other = decodeReceiptProof(changed)
        if (other !== undefined) assert.is.not(judge(other), 'good')
      }
    ),
    { numRuns: 500 }
  )
})

test.run()

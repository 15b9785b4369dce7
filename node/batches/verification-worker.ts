/**
 * The verification worker: decodes, hashes and checks signatures, a whole batch at a time.
 *
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads'
import {
  type Batch,
  decodeBatch,
  equalBytes,
  isBatchSigned,
  judgeTransaction,
  listLeafHash,
  listRootOfLeaves,
  transactionLeaf,
  transactionPriority
} from '../../protocol/index.ts'
import {
  type Answer,
  type BatchFault,
  type Question,
  ROW_BYTES,
  readRow,
  writeRow
} from './judged-batch.ts'

const networkTag = new Uint8Array(workerData as ArrayBuffer)
const NOTHING = new Uint8Array(32)
/** Lengths from which on the head of a byte string takes one, two, three and five bytes. */
const CBOR_HEAD_LIMITS: readonly number[] = [0, 24, 256, 65_536, 65_536]

parentPort?.on('message', (question: Question) => {
  const answer = question.kind === 'batch' ? judgeBatch(question) : judgeTransactions(question)
  parentPort?.postMessage(answer, [answer.bytes.buffer, answer.rows.buffer])
})

function judgeBatch({ number, bytes }: Extract<Question, { kind: 'batch' }>): Answer {
  const batch = decodeBatch(bytes)
  if (batch === undefined)
    return { number, bytes, rows: new Uint8Array(0), fault: 'BATCH_MALFORMED' }
  const rows = new Uint8Array(batch.transactions.length * ROW_BYTES)
  return { number, bytes, rows, fault: judgeWhole(batch, bytes, rows) }
}

/** The header's signature first: what its author did not sign is nobody's fault but the sender's. */
function judgeWhole(batch: Batch, bytes: Uint8Array, rows: Uint8Array): BatchFault | null {
  if (!isBatchSigned(networkTag, batch)) return 'BATCH_SIGNATURE_WRONG'
  const places = placesOf(batch.transactions, bytes.length)
  for (const [index, wire] of batch.transactions.entries()) {
    const fault = judgeOne(rows, index, {
      wire,
      start: places[index] as number,
      priority: batch.header.priority
    })
    if (fault !== null) return fault
  }
  const leaves = batch.transactions.map((_, index) => readRow(rows, index).leafHash)
  return equalBytes(listRootOfLeaves(leaves), batch.header.transactionsRoot)
    ? null
    : 'BATCH_ROOT_WRONG'
}

function judgeTransactions(question: Extract<Question, { kind: 'transactions' }>): Answer {
  const { number, bytes, ends } = question
  const rows = new Uint8Array(ends.length * ROW_BYTES)
  let start = 0
  for (const [index, end] of ends.entries()) {
    judgeOne(rows, index, { wire: bytes.subarray(start, end), start, priority: null })
    start = end
  }
  return { number, bytes, rows, fault: null }
}

function judgeOne(
  rows: Uint8Array,
  index: number,
  {
    wire,
    start,
    priority
  }: { readonly wire: Uint8Array; readonly start: number; readonly priority: number | null }
): BatchFault | null {
  const judged = judgeTransaction(wire, networkTag)
  if (!judged.ok) {
    writeRow(rows, index, {
      fault: judged.fault,
      start,
      length: wire.length,
      transactionId: NOTHING,
      leafHash: NOTHING
    })
    return judged.fault
  }
  const transaction = judged.value
  const leafHash = listLeafHash(transactionLeaf(transaction))
  writeRow(rows, index, {
    fault: null,
    start,
    length: wire.length,
    transactionId: transaction.id,
    leafHash
  })
  if (priority === null || transactionPriority(transaction) === priority) return null
  return 'BATCH_PRIORITY_WRONG'
}

/** Where the transactions lie in the bytes of their batch, whose last part is the list of them. */
function placesOf(transactions: readonly Uint8Array[], batchBytes: number): number[] {
  const headOf = ({ length }: Uint8Array): number =>
    CBOR_HEAD_LIMITS.filter((limit) => length >= limit).length
  let start = batchBytes
  for (const wire of transactions) start -= headOf(wire) + wire.length
  return transactions.map((wire) => {
    start += headOf(wire)
    const place = start
    start += wire.length
    return place
  })
}

/**
 * The verification worker: decodes, hashes and checks signatures, a whole batch at a time.
 *
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads'
import {
  type Batch,
  decodeBatch,
  decodeTransaction,
  equalBytes,
  isBatchSigned,
  judgeSignatures,
  listLeafHash,
  listRootOfLeaves,
  type StatelessFault,
  type Transaction,
  transactionLeaf,
  transactionPriority,
  type Verdict
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

function judgeBatch(question: Extract<Question, { kind: 'batch' }>): Answer {
  const { number, bytes, isFinal } = question
  const batch = decodeBatch(bytes)
  if (batch === undefined)
    return { number, bytes, rows: new Uint8Array(0), fault: 'BATCH_MALFORMED' }
  const rows = new Uint8Array(batch.transactions.length * ROW_BYTES)
  return { number, bytes, rows, fault: judgeWhole(batch, { bytes, rows, isFinal }) }
}

/**
 * The header's signature and root first: what its author did not sign is nobody's fault but the
 * sender's. A transaction that does not even decode has no leaf, so it cannot be laid at the author's door.
 *
 * The root covers every byte of every transaction. So of a batch in a final block, which a quorum
 * has checked before it voted, the signatures of devices need no second look.
 */
function judgeWhole(
  batch: Batch,
  { bytes, rows, isFinal }: { bytes: Uint8Array; rows: Uint8Array; isFinal: boolean }
): BatchFault | null {
  if (!isBatchSigned(networkTag, batch)) return 'BATCH_SIGNATURE_WRONG'
  const places = placesOf(batch.transactions, bytes.length)
  const decoded = batch.transactions.map((wire, index) =>
    decodeOne(rows, index, { wire, start: places[index] as number })
  )
  const leaves = batch.transactions.map((_, index) => readRow(rows, index).leafHash)
  if (!equalBytes(listRootOfLeaves(leaves), batch.header.transactionsRoot))
    return 'BATCH_ROOT_WRONG'
  for (const one of decoded) {
    if (!one.ok) return one.fault
    if (isFinal) continue
    const judged = judgeSignatures(one.value, networkTag)
    if (!judged.ok) return judged.fault
    if (transactionPriority(one.value) !== batch.header.priority) return 'BATCH_PRIORITY_WRONG'
  }
  return null
}

function judgeTransactions(question: Extract<Question, { kind: 'transactions' }>): Answer {
  const { number, bytes, ends } = question
  const rows = new Uint8Array(ends.length * ROW_BYTES)
  let start = 0
  for (const [index, end] of ends.entries()) {
    const decoded = decodeOne(rows, index, { wire: bytes.subarray(start, end), start })
    const judged = decoded.ok ? judgeSignatures(decoded.value, networkTag) : decoded
    if (!judged.ok) writeRow(rows, index, { ...readRow(rows, index), fault: judged.fault })
    start = end
  }
  return { number, bytes, rows, fault: null }
}

/** Decodes one transaction and writes its row; one that does not decode has neither id nor leaf. */
function decodeOne(
  rows: Uint8Array,
  index: number,
  { wire, start }: { readonly wire: Uint8Array; readonly start: number }
): Verdict<StatelessFault, Transaction> {
  const decoded = decodeTransaction(wire, networkTag)
  writeRow(rows, index, {
    fault: decoded.ok ? null : decoded.fault,
    start,
    length: wire.length,
    transactionId: decoded.ok ? decoded.value.id : NOTHING,
    leafHash: decoded.ok ? listLeafHash(transactionLeaf(decoded.value)) : NOTHING
  })
  return decoded
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

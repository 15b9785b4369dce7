/**
 * Judging batches and loose transactions: decoding, hashes and signatures, all in one pass.
 *
 * It runs on the verification worker, and needs nothing but bytes.
 *
 * @module
 */

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

const NOTHING = new Uint8Array(32)
/** Lengths from which on the head of a byte string takes one, two, three and five bytes. */
const CBOR_HEAD_LIMITS: readonly number[] = [0, 24, 256, 65_536, 65_536]

/** Answers a question: the bytes come back, with a row for each transaction. */
export function answerQuestion(networkTag: Uint8Array, question: Question): Answer {
  return question.kind === 'batch'
    ? judgeBatch(networkTag, question)
    : judgeTransactions(networkTag, question)
}

function judgeBatch(
  networkTag: Uint8Array,
  { number, bytes, isFinal }: Extract<Question, { kind: 'batch' }>
): Answer {
  const batch = decodeBatch(bytes)
  if (batch === undefined)
    return { number, bytes, rows: new Uint8Array(0), fault: 'BATCH_MALFORMED' }
  const rows = new Uint8Array(batch.transactions.length * ROW_BYTES)
  return { number, bytes, rows, fault: judgeWhole(networkTag, batch, { bytes, rows, isFinal }) }
}

/**
 * The header's signature and root first: what its author did not sign is nobody's fault but the
 * sender's. A transaction that does not even decode has no leaf, so it cannot be laid at the author's door.
 *
 * The root covers every byte of every transaction. So of a batch in a final block, which a quorum
 * has checked before it voted, the signatures of devices need no second look.
 */
function judgeWhole(
  networkTag: Uint8Array,
  batch: Batch,
  {
    bytes,
    rows,
    isFinal
  }: { readonly bytes: Uint8Array; readonly rows: Uint8Array; readonly isFinal: boolean }
): BatchFault | null {
  if (!isBatchSigned(networkTag, batch)) return 'BATCH_SIGNATURE_WRONG'
  const places = placesOf(batch.transactions, bytes.length)
  const decoded = batch.transactions.map((wire, index) =>
    decodeOne(networkTag, { rows, index }, { wire, start: places[index] as number })
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

function judgeTransactions(
  networkTag: Uint8Array,
  question: Extract<Question, { kind: 'transactions' }>
): Answer {
  const { number, bytes, ends } = question
  const rows = new Uint8Array(ends.length * ROW_BYTES)
  let start = 0
  for (const [index, end] of ends.entries()) {
    const decoded = decodeOne(
      networkTag,
      { rows, index },
      { wire: bytes.subarray(start, end), start }
    )
    const judged = decoded.ok ? judgeSignatures(decoded.value, networkTag) : decoded
    if (!judged.ok) writeRow(rows, index, { ...readRow(rows, index), fault: judged.fault })
    start = end
  }
  return { number, bytes, rows, fault: null }
}

/** Decodes one transaction and writes its row; one that does not decode has neither id nor leaf. */
function decodeOne(
  networkTag: Uint8Array,
  { rows, index }: { readonly rows: Uint8Array; readonly index: number },
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

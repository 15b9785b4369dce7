/**
 * The verifier: one worker thread for everything that needs a signature check.
 *
 * Loose transactions that arrive while the worker is busy are asked about
 * together. The queue is bounded: who asks beyond the bound is told to wait.
 *
 * @module
 */

import { Worker } from 'node:worker_threads'
import { invariant } from '../../protocol/index.ts'
import {
  type Answer,
  type BatchFault,
  type Question,
  ROW_BYTES,
  type Row,
  readRow
} from './judged-batch.ts'

/** Bytes that may wait for the worker. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024
/** Loose transactions that are asked about together at most. */
const TOGETHER_MAX = 256

/** What was found about a batch. */
export interface BatchFinding {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly fault: BatchFault | null
  readonly transactionIds: readonly Uint8Array[]
}

/** Asks a worker; every answer comes in the order of the questions. */
export interface Verifier {
  /** Judges a batch; its bytes are handed over and come back. Undefined when there is no room. */
  readonly judgeBatch: (bytes: Uint8Array) => Promise<BatchFinding> | undefined
  /** Judges one loose transaction. Undefined when there is no room. */
  readonly judgeTransaction: (wire: Uint8Array) => Promise<Row> | undefined
  readonly close: () => Promise<void>
}

interface Loose {
  readonly wire: Uint8Array
  readonly settle: (row: Row) => void
}

/**
 * Starts the worker.
 *
 * @param onFailure - called when the worker dies: nothing can be checked any more
 */
export function createVerifier(
  networkTag: Uint8Array,
  onFailure: (error: Error) => void
): Verifier {
  const worker = new Worker(new URL('./verification-worker.js', import.meta.url), {
    workerData: networkTag.slice().buffer
  })
  const asked = new Map<number, (answer: Answer) => void>()
  let loose: Loose[] = []
  let looseAsked = 0
  let queuedBytes = 0
  let number = 0
  let isClosing = false

  worker.on('message', (answer: Answer) => {
    const settle = asked.get(answer.number)
    invariant(settle !== undefined, 'the worker answers what it was asked')
    asked.delete(answer.number)
    queuedBytes -= answer.bytes.length
    settle(answer)
  })
  worker.on('error', onFailure)
  worker.on('exit', (code) => {
    if (!isClosing) onFailure(new Error(`the verification worker ended with code ${code}`))
  })

  const ask = (question: Question, settle: (answer: Answer) => void): void => {
    asked.set(question.number, settle)
    const transferred = question.kind === 'batch' ? [] : [question.ends.buffer]
    worker.postMessage(question, [question.bytes.buffer, ...transferred])
  }

  const askLoose = (): void => {
    if (loose.length === 0 || looseAsked > 1) return
    const together = loose.slice(0, TOGETHER_MAX)
    loose = loose.slice(TOGETHER_MAX)
    looseAsked++
    const ends = new Uint32Array(together.length)
    let length = 0
    for (const [index, { wire }] of together.entries()) ends[index] = length += wire.length
    const bytes = new Uint8Array(length)
    for (const [index, { wire }] of together.entries())
      bytes.set(wire, (ends[index] as number) - wire.length)
    ask({ kind: 'transactions', number: number++, bytes, ends }, ({ rows }) => {
      looseAsked--
      for (const [index, { settle }] of together.entries()) settle(readRow(rows, index))
      askLoose()
    })
  }

  return {
    judgeBatch: (encoded) => {
      if (queuedBytes + encoded.length > QUEUED_BYTES_MAX) return undefined
      queuedBytes += encoded.length
      return new Promise((resolve) => {
        const bytes = ownBytes(encoded)
        ask({ kind: 'batch', number: number++, bytes }, (answer) => {
          const { bytes: judged, fault } = answer
          resolve({ bytes: judged, fault, transactionIds: idsOf(answer) })
        })
      })
    },
    judgeTransaction: (wire) => {
      if (queuedBytes + wire.length > QUEUED_BYTES_MAX) return undefined
      queuedBytes += wire.length
      return new Promise((resolve) => {
        loose.push({ wire, settle: resolve })
        // Those that come in the same turn of the loop are asked about together.
        if (loose.length === 1) setImmediate(askLoose)
      })
    },
    close: async () => {
      isClosing = true
      await worker.terminate()
    }
  }
}

/** A batch with a fault in it has no transactions to speak of. */
function idsOf({ fault, rows }: Answer): Uint8Array[] {
  const rowCount = fault === null ? rows.length / ROW_BYTES : 0
  return Array.from({ length: rowCount }, (_, index) => readRow(rows, index).transactionId)
}

/** Bytes in a buffer of their own, which can be handed to a thread. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // Not `slice`: of a Buffer that is a view of the same memory.
  return new Uint8Array(bytes)
}

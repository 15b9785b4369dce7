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
import { type Answer, type BatchFault, ROW_BYTES, type Row, readRow } from './judged-batch.ts'
import { QuestionQueue } from './question-queue.ts'

/** Bytes that may wait for the worker. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024

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

/** Questions the worker has at once: one to work on, one so that it never waits. */
const ASKED_MAX = 2

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
  const queue = new QuestionQueue()
  let queuedBytes = 0
  let isClosing = false
  let isScheduled = false

  worker.on('message', (answer: Answer) => {
    const settle = asked.get(answer.number)
    invariant(settle !== undefined, 'the worker answers what it was asked')
    asked.delete(answer.number)
    queuedBytes -= answer.bytes.length
    askNext()
    settle(answer)
  })
  worker.on('error', onFailure)
  worker.on('exit', (code) => {
    if (!isClosing) onFailure(new Error(`the verification worker ended with code ${code}`))
  })

  const askNext = (): void => {
    while (asked.size < ASKED_MAX) {
      const next = queue.next()
      if (next === undefined) return
      const { question, settle } = next
      asked.set(question.number, settle)
      const ends = question.kind === 'batch' ? [] : [question.ends.buffer]
      worker.postMessage(question, [question.bytes.buffer, ...ends])
    }
  }

  /** What comes in the same turn of the loop is asked about together. */
  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      askNext()
    })
  }

  const hasRoom = ({ length }: Uint8Array): boolean => {
    if (queuedBytes + length > QUEUED_BYTES_MAX) return false
    queuedBytes += length
    return true
  }

  return {
    judgeBatch: (encoded) => {
      if (!hasRoom(encoded)) return undefined
      return new Promise((resolve) => {
        queue.addBatch(ownBytes(encoded), (answer) => resolve(findingOf(answer)))
        askNext()
      })
    },
    judgeTransaction: (wire) => {
      if (!hasRoom(wire)) return undefined
      return new Promise((resolve) => {
        queue.addLoose({ wire, settle: resolve })
        schedule()
      })
    },
    close: async () => {
      isClosing = true
      await worker.terminate()
    }
  }
}

function findingOf({ bytes, rows, fault }: Answer): BatchFinding {
  const count = fault === null ? rows.length / ROW_BYTES : 0
  const transactionIds = Array.from(
    { length: count },
    (_, index) => readRow(rows, index).transactionId
  )
  return { bytes, fault, transactionIds }
}

/** Bytes in a buffer of their own, which can be handed to a thread. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // Not `slice`: of a Buffer that is a view of the same memory.
  return new Uint8Array(bytes)
}

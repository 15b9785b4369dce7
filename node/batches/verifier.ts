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
  /** Ids and places of its transactions; empty when it is faulty. */
  readonly rows: readonly Row[]
}

/** Asks a worker; every answer comes in the order of the questions. */
export interface Verifier {
  /**
   * Judges a batch; its bytes are handed over and come back. Undefined when there is no room.
   *
   * @param isFinal - a final block names it: the signatures of its transactions were checked by a
   * quorum, and its root covers their bytes
   */
  readonly judgeBatch: (bytes: Uint8Array, isFinal?: boolean) => Promise<BatchFinding> | undefined
  /** Judges one loose transaction. Undefined when there is no room. */
  readonly judgeTransaction: (wire: Uint8Array) => Promise<Row> | undefined
  readonly close: () => Promise<void>
}

interface Loose {
  readonly wire: Uint8Array
  readonly settle: (row: Row) => void
}

interface Asked {
  readonly question: Question
  readonly settle: (answer: Answer) => void
}

/** Questions the worker has at once: one to work on, one so that it never waits. */
const ASKED_MAX = 2

/**
 * Asks the worker.
 *
 * Batches go before loose transactions: what other members wait for to agree comes before what
 * would only make them wait for more. So an overloaded node takes less in, and still agrees.
 */
export class VerificationQueue implements Verifier {
  readonly #worker: Worker
  readonly #asked = new Map<number, (answer: Answer) => void>()
  readonly #batches: Asked[] = []
  #loose: Loose[] = []
  #queuedBytes = 0
  #number = 0
  #isClosing = false
  #isScheduled = false

  /**
   * Starts the worker.
   *
   * @param onFailure - called when the worker dies: nothing can be checked any more
   */
  constructor(networkTag: Uint8Array, onFailure: (error: Error) => void) {
    this.#worker = new Worker(new URL('./verification-worker.js', import.meta.url), {
      workerData: new Uint8Array(networkTag).buffer
    })
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    this.#worker.on('error', onFailure)
    this.#worker.on('exit', (code) => {
      if (!this.#isClosing) onFailure(new Error(`the verification worker ended with code ${code}`))
    })
  }

  judgeBatch(encoded: Uint8Array, isFinal = false): Promise<BatchFinding> | undefined {
    if (!this.#hasRoom(encoded)) return undefined
    const question: Question = {
      kind: 'batch',
      number: this.#number++,
      bytes: ownBytes(encoded),
      isFinal
    }
    return new Promise((resolve) => {
      this.#batches.push({ question, settle: (answer) => resolve(findingOf(answer)) })
      this.#askNext()
    })
  }

  judgeTransaction(wire: Uint8Array): Promise<Row> | undefined {
    if (!this.#hasRoom(wire)) return undefined
    return new Promise((resolve) => {
      this.#loose.push({ wire, settle: resolve })
      this.#schedule()
    })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#worker.terminate()
  }

  #settle(answer: Answer): void {
    const settle = this.#asked.get(answer.number)
    invariant(settle !== undefined, 'the worker answers what it was asked')
    this.#asked.delete(answer.number)
    this.#queuedBytes -= answer.bytes.length
    this.#askNext()
    settle(answer)
  }

  #askNext(): void {
    while (this.#asked.size < ASKED_MAX) {
      const next = this.#batches.shift() ?? this.#takeLoose()
      if (next === undefined) return
      const { question, settle } = next
      this.#asked.set(question.number, settle)
      const ends = question.kind === 'batch' ? [] : [question.ends.buffer]
      this.#worker.postMessage(question, [question.bytes.buffer, ...ends])
    }
  }

  /** Loose transactions that have gathered are asked about together. */
  #takeLoose(): Asked | undefined {
    if (this.#loose.length === 0) return undefined
    const together = this.#loose.slice(0, TOGETHER_MAX)
    this.#loose = this.#loose.slice(TOGETHER_MAX)
    const settle = ({ rows }: Answer): void => {
      for (const [index, one] of together.entries()) one.settle(readRow(rows, index))
    }
    return { question: joinLoose(together, this.#number++), settle }
  }

  /** What comes in the same turn of the loop is asked about together. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#askNext()
    })
  }

  #hasRoom({ length }: Uint8Array): boolean {
    if (this.#queuedBytes + length > QUEUED_BYTES_MAX) return false
    this.#queuedBytes += length
    return true
  }
}

function joinLoose(together: readonly Loose[], number: number): Question {
  const ends = new Uint32Array(together.length)
  let length = 0
  for (const [index, { wire }] of together.entries()) {
    length += wire.length
    ends[index] = length
  }
  const bytes = new Uint8Array(length)
  for (const [index, { wire }] of together.entries())
    bytes.set(wire, (ends[index] as number) - wire.length)
  return { kind: 'transactions', number, bytes, ends }
}

function findingOf({ bytes, rows, fault }: Answer): BatchFinding {
  const count = fault === null ? rows.length / ROW_BYTES : 0
  return { bytes, fault, rows: Array.from({ length: count }, (_, index) => readRow(rows, index)) }
}

/** Bytes in a buffer of their own, which can be handed to a thread. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // Not `slice`: of a Buffer that is a view of the same memory.
  return new Uint8Array(bytes)
}

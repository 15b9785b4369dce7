/**
 * The verifier's queue: what waits for the worker, and what is asked next.
 *
 * Batches go before loose transactions: what other members wait for to agree comes before what
 * would only make them wait for more. So an overloaded node takes less in, and still agrees. Who
 * fills the queue bounds it.
 *
 * @module
 */

import { type Answer, type Question, type Row, readRow } from './judged-batch.ts'

/** Loose transactions that are asked about together at most. */
const TOGETHER_MAX = 256

/** A transaction by itself, and who waits for its row. */
export interface Loose {
  readonly wire: Uint8Array
  readonly settle: (row: Row) => void
}

/** A question to the worker, and who waits for the answer. */
export interface Asked {
  readonly question: Question
  readonly settle: (answer: Answer) => void
}

/** Holds what waits. */
export class QuestionQueue {
  readonly #batches: Asked[] = []
  #loose: Loose[] = []
  #number = 0

  /** @param bytes - handed over with the question */
  addBatch(bytes: Uint8Array<ArrayBuffer>, settle: (answer: Answer) => void): void {
    this.#batches.push({ question: { kind: 'batch', number: this.#number++, bytes }, settle })
  }

  /** Adds a transaction, which is asked about with others. */
  addLoose(loose: Loose): void {
    this.#loose.push(loose)
  }

  /** Takes out what is asked next. */
  next(): Asked | undefined {
    return this.#batches.shift() ?? this.#takeLoose()
  }

  #takeLoose(): Asked | undefined {
    if (this.#loose.length === 0) return undefined
    const together = this.#loose.slice(0, TOGETHER_MAX)
    this.#loose = this.#loose.slice(TOGETHER_MAX)
    const settle = ({ rows }: Answer): void => {
      for (const [index, one] of together.entries()) one.settle(readRow(rows, index))
    }
    return { question: joinLoose(together, this.#number++), settle }
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

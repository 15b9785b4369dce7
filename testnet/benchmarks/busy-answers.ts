/**
 * Answers that told somebody to come again: how soon they came, why, and when to come again.
 *
 * @module
 */

import { quantile } from '../fleet/fleet-record.ts'
import { ascending } from './net-figures.ts'
import type { SubmitAnswer } from './submit.ts'

/** What there is to say of them. */
export interface BusyReport {
  /** Requests of which something was told to wait. */
  readonly answers: number
  /** From the request to the answer. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
  /** Transactions that were told to wait, by the code. */
  readonly codes: Readonly<Record<string, number>>
  readonly retryAfterSeconds: {
    readonly least: number
    readonly median: number
    readonly most: number
  } | null
  /** Transactions that were told to wait, and not for how long. */
  readonly withoutRetryAfter: number
}

/** Times that are kept; a load that is longer is told of by its first ones. */
const TIMES_MAX = 100_000

/** Counts them. */
export class BusyAnswers {
  readonly #timesMs: number[] = []
  readonly #codes = new Map<string, number>()
  /** By seconds: nodes say whole ones, so these are few. */
  readonly #retries = new Map<number, number>()
  #answers = 0
  #withoutRetryAfter = 0

  /** Takes down the answer to one request. */
  hear(answers: readonly SubmitAnswer[], tookMs: number): void {
    const busy = answers.filter(({ result }) => result === 'busy')
    if (busy.length === 0) return
    this.#answers++
    if (this.#timesMs.length < TIMES_MAX) this.#timesMs.push(tookMs)
    for (const { code, retryAfterSeconds } of busy) {
      countOne(this.#codes, code ?? 'NO_CODE')
      if (retryAfterSeconds === null) this.#withoutRetryAfter++
      else countOne(this.#retries, retryAfterSeconds)
    }
  }

  /** What was heard. */
  report(): BusyReport {
    const timesMs = ascending(this.#timesMs)
    return {
      answers: this.#answers,
      p50Ms: quantile(timesMs, 0.5),
      p99Ms: quantile(timesMs, 0.99),
      maxMs: timesMs.at(-1) ?? null,
      codes: Object.fromEntries(this.#codes),
      retryAfterSeconds: this.#retryAfter(),
      withoutRetryAfter: this.#withoutRetryAfter
    }
  }

  #retryAfter(): BusyReport['retryAfterSeconds'] {
    const told = [...this.#retries].sort(([one], [other]) => one - other)
    const [first, last] = [told[0], told.at(-1)]
    if (first === undefined || last === undefined) return null
    const half = told.reduce((sum, [, count]) => sum + count, 0) / 2
    const isPast = (place: number): boolean =>
      told.slice(0, place + 1).reduce((sum, [, count]) => sum + count, 0) >= half
    const median = told.find((_, place) => isPast(place)) ?? last
    return { least: first[0], median: median[0], most: last[0] }
  }
}

function countOne<Name>(counts: Map<Name, number>, name: Name): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/**
 * Waits that end: each names what it waits for and how long at most.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { RowFailure } from './row.ts'

/** What is waited for. */
export interface Wait<Answer> {
  /** Behind "waited in vain for". */
  readonly what: string
  readonly withinMs: number
  readonly pollMs?: number
  /** Undefined as long as it is not there. */
  readonly ask: () => Promise<Answer | undefined> | Answer | undefined
  /** What there was instead, for the failure. */
  readonly last?: () => string
}

/** An answer, and how long it took to come. */
export interface Waited<Answer> {
  readonly answer: Answer
  readonly tookMs: number
}

const POLL_MS = 100

/**
 * Asks until there is an answer.
 *
 * @throws RowFailure naming what did not come
 */
export async function waitUntil<Answer>(wait: Wait<Answer>): Promise<Waited<Answer>> {
  const { what, withinMs, pollMs = POLL_MS, ask, last } = wait
  const startMs = performance.now()
  for (;;) {
    const answer = await ask()
    const tookMs = performance.now() - startMs
    if (answer !== undefined) return { answer, tookMs }
    if (tookMs > withinMs)
      throw new RowFailure(
        `waited ${Math.round(withinMs / 1000)} s in vain for ${what}${last === undefined ? '' : `; ${last()}`}`
      )
    await sleep(pollMs)
  }
}

/**
 * Gives a promise so much time and no more.
 *
 * @throws RowFailure naming what did not come
 */
export async function within<Answer>(
  what: string,
  withinMs: number,
  promise: Promise<Answer>
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new RowFailure(`waited ${Math.round(withinMs / 1000)} s in vain for ${what}`)),
      withinMs
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
